"""The figures of complaints, and who handles them, in the REST API (article 21)."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from complaints.api.shared import SeesComplaints, path_of, person_of
from complaints.models import Category, Complaint, ComplaintReview
from complaints.serializers.figures import (
    HANDLERS,
    ComplaintFiguresSerializer,
    ComplaintHandlerQuery,
    ComplaintHandlerSerializer,
    FigureQuery,
)
from complaints.services import figures
from complaints.services.people import find_handlers
from core import clock
from core.rest.access import ScopePermission
from core.rest.lists import ListEndpoint
from core.rest.schema import page_of
from core.rest.views import Endpoint
from customers.models import Customer
from staff.models import Unit
from staff.querysets import UnitQuerySet


class ComplaintFigures(Endpoint):
    """What the complaints of a period come to."""

    resource = "complaint-figures"
    permission_classes = (ScopePermission, SeesComplaints)

    @extend_schema(
        operation_id="complaint_figures",
        parameters=[FigureQuery],
        responses={200: ComplaintFiguresSerializer},
    )
    def get(self, request: Request) -> Response:
        """Answer times, causes, justified complaints and repeats of a year or a quarter.

        Of the complaints (article 21) that the asker may see, by when they came in. Double
        reports are not counted.
        """
        person = person_of(request)
        given = FigureQuery.of(request).validated_data
        year = given.get("year") or clock.today(person.time_zone).year
        since, until = figures.span_of(year, given.get("quarter"), person.time_zone)
        lookups = self._lookups(request, given)
        days = figures.repeat_days(person.time_zone)
        found = figures.figures_of(
            Complaint.objects.counted_for(person).filter(**lookups),
            since=since,
            until=until,
            by=given["by"],
            repeat_days=days,
        )
        reviews = ComplaintReview.objects.counted_for(person).filter(
            complaint__received_at__gte=since,
            complaint__received_at__lt=until,
            **{f"complaint__{name}": value for name, value in lookups.items()},
        )
        seen = Customer.objects.visible_to(person).filter(pk__in=found.repeats.people)
        body = {
            "since": since,
            "until": until,
            "by": given["by"],
            "complaints": found.complaints,
            "all": found.all,
            "lines": found.lines,
            "causes": [
                {"cause": cause.code, "complaints": bar.count, "running": bar.running}
                for cause, bar in figures.causes_of(reviews)
            ],
            "justified_by_manager": [
                {"manager": person.pk if person else None, "complaints": number}
                for person, number in figures.justified_by_manager(reviews)
            ],
            "justified_by_unit": [
                {"unit": unit.pk, "complaints": number}
                for unit, number in figures.justified_by_unit(reviews)
            ],
            "repeats": {
                "days": days,
                "customers": found.repeats.customers,
                "again": found.repeats.again,
                "people": list(seen.order_by("pk").values_list("pk", flat=True)),
            },
        }
        return Response(ComplaintFiguresSerializer(body).data)

    def _lookups(self, request: Request, given: dict[str, Any]) -> dict[str, Any]:
        """What the parameters ask of a complaint; what the asker may not see is not found."""
        lookups: dict[str, Any] = {}
        if "tier" in given:
            lookups["tier"] = given["tier"]
        if "category" in given:
            categories = Category.objects.visible_to(person_of(request))
            path = get_object_or_404(categories, code=given["category"]).path
            lookups["category__path__startswith"] = path
        if "unit" in given:
            lookups["unit__path__startswith"] = path_of(request, given["unit"])
        return lookups


class ComplaintHandlerList(ListEndpoint):
    """Who handles the complaints of the units that the asker may see."""

    resource = "duty"
    permission_classes = (ScopePermission, SeesComplaints)
    query_class = ComplaintHandlerQuery
    serializer_class = ComplaintHandlerSerializer

    def get_queryset(self) -> UnitQuerySet:
        """Return the units in scope."""
        return Unit.objects.visible_to(person_of(self.request))

    def narrow(self, rows: UnitQuerySet, given: dict[str, Any]) -> UnitQuerySet:
        """Apply the filter; a unit that the asker may not see is not found."""
        if "unit" not in given:
            return rows
        return rows.filter(path__startswith=path_of(self.request, given["unit"]))

    def shown(self, rows: list[Unit]) -> Any:
        """Return the units with who handles their complaints now. Three statements."""
        context = {**self.get_serializer_context(), HANDLERS: find_handlers(rows)}
        return ComplaintHandlerSerializer(rows, many=True, context=context).data

    @extend_schema(
        operation_id="complaint_handler_list",
        parameters=[ComplaintHandlerQuery],
        responses={200: page_of(ComplaintHandlerSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of who handles complaints (article 21), unit by unit, now."""
        return super().get(request)
