"""Departures and churn goals in the REST API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.rest.access import ScopePermission, access_of, reads_back
from core.rest.lists import ListEndpoint
from core.rest.problems import words_of
from core.rest.schema import page_of
from core.rest.views import Endpoint
from customers.models import Customer
from customers.querysets import serves_anybody
from retention.models import (
    ChurnBaseCount,
    ChurnBaseMember,
    ChurnGoal,
    Departure,
    Source,
)
from retention.querysets import DepartureQuerySet
from retention.serializers.departures import (
    ChurnGoalQuery,
    ChurnGoalSerializer,
    DepartureQuery,
    DepartureSerializer,
    DeparturesSerializer,
    RecordedSerializer,
    row_of,
)
from retention.services import departures
from retention.services.goals import Tally, tally
from staff.models import StaffUser, Unit
from staff.querysets import scope_of

DEPARTURE_FILTERS = {
    "customer": "customer",
    "manager": "manager",
    "kind": "kind",
    "tier": "tier",
    "left_from": "left_on__gte",
    "left_to": "left_on__lte",
    "updated_since": "updated_at__gte",
}
"""Lookups by parameter."""


class SeesCustomers(BasePermission):
    """For who has nothing to do with customers nothing is here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer 404 to handlers, administrators and the like."""
        if not serves_anybody(scope_of(request.user)):
            raise Http404
        return True


class DepartureEndpoint(Endpoint):
    """What the endpoints of departures share."""

    resource = "departures"
    permission_classes = (ScopePermission, SeesCustomers)


class DepartureList(DepartureEndpoint, ListEndpoint):
    """The customers who left, as the asker may see them."""

    query_class = DepartureQuery
    serializer_class = DepartureSerializer
    order = ("updated_at", "pk")

    def get_queryset(self) -> DepartureQuerySet:
        """Return the departures in scope, with their reviews."""
        rows = Departure.objects.visible_to(_person(self.request))
        return rows.select_related("review__cause")

    def narrow(self, rows: DepartureQuerySet, given: dict[str, Any]) -> DepartureQuerySet:
        """Apply the filters."""
        wanted = {
            lookup: given[name] for name, lookup in DEPARTURE_FILTERS.items() if name in given
        }
        if "reviewed" in given:
            wanted["review__isnull"] = not given["reviewed"]
        if "cancelled" in given:
            wanted["cancelled_at__isnull"] = not given["cancelled"]
        return rows.filter(**wanted)

    @extend_schema(
        operation_id="departure_list",
        parameters=[DepartureQuery],
        responses={200: page_of(DepartureSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of departures, the longest unchanged first."""
        return super().get(request)

    @extend_schema(
        operation_id="departure_create",
        request=DeparturesSerializer,
        responses={200: RecordedSerializer, 201: RecordedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Record departures, up to 500 at once, each for itself.

        201 where any is new. `results` has those recorded now or before (the same `external_id`,
        or customer, kind and day); `refused` says of the others why. Of people, supervisors may.
        """
        person = _person(request)
        if scope_of(person).unit_path is None:
            raise Http404
        sent = DeparturesSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        rows = sent.validated_data["departures"]
        ids = [row["customer"] for row in rows]
        supervised = Customer.objects.editable_by(person).supervised_by(person)
        customers = supervised.select_related("unit").in_bulk(ids)
        made: dict[int, bool] = {}
        refused = []
        for row in rows:
            try:
                departure, is_new = self._record(request, row, customers.get(row["customer"]))
            except ValidationError as refusal:
                detail = words_of(refusal, tells=reads_back(request, self))
                refused.append({"external_id": row["external_id"], "detail": detail})
            else:
                made[departure.pk] = made.get(departure.pk, False) or is_new
        seen = self.get_queryset().filter(pk__in=made).order_by("pk")
        body = {"results": list(seen), "created": sum(made.values()), "refused": refused}
        status = 201 if any(made.values()) else 200
        return Response(RecordedSerializer(body).data, status=status)

    def _record(
        self, request: Request, row: dict[str, Any], customer: Customer | None
    ) -> tuple[Departure, bool]:
        if customer is None:
            raise ValidationError(_("There is no such customer."))
        return departures.report_departure_once(
            actor=_person(request),
            customer=customer,
            departure=row_of(row),
            source=Source.MANUAL if access_of(request) is None else Source.API,
        )


class DepartureDetail(DepartureEndpoint):
    """One departure."""

    @extend_schema(operation_id="departure_detail", responses={200: DepartureSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one departure with its review."""
        rows = Departure.objects.visible_to(_person(request)).select_related("review__cause")
        return Response(DepartureSerializer(get_object_or_404(rows, pk=pk)).data)


class ChurnGoalList(ListEndpoint):
    """The goals of article 1, with where each stands to date."""

    resource = "churn-goals"
    query_class = ChurnGoalQuery
    serializer_class = ChurnGoalSerializer

    def get_queryset(self) -> Any:
        """Return the goals; everybody who works here may know them."""
        return ChurnGoal.objects.visible_to(_person(self.request)).select_related("unit")

    def narrow(self, rows: Any, given: dict[str, Any]) -> Any:
        """Apply the filters, and remember the year asked for."""
        self.year = given.get("year") or clock.today(_person(self.request).time_zone).year
        wanted = {name: given[name] for name in ("tier_group", "unit") if name in given}
        return rows.filter(**wanted)

    def shown(self, rows: list[Any]) -> Any:
        """Return the goals, each with the figures of the customers whom the asker may see."""
        person = _person(self.request)
        found = tally(
            year=self.year,
            as_of=clock.today(person.time_zone),
            members=ChurnBaseMember.objects.visible_to(person),
            counts=ChurnBaseCount.objects.visible_to(person),
        )
        paths = dict(Unit.objects.visible_to(person).values_list("pk", "path"))
        for goal in rows:
            goal.to_date = _to_date(goal, found, paths)
        return super().shown(rows)

    @extend_schema(
        operation_id="churn_goal_list",
        parameters=[ChurnGoalQuery],
        responses={200: page_of(ChurnGoalSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of goals with the rates of a year, this one without `year`.

        `to_date` is null without a frozen base, or where the goal is of later years.
        """
        return super().get(request)


def _to_date(goal: ChurnGoal, found: Tally, paths: dict[int, str]) -> dict[str, Any] | None:
    if goal.from_year > found.year:
        return None
    path = goal.unit.path if goal.unit else ""
    cells = [cell for cell in found.base if paths.get(cell[0], "").startswith(path)]
    standing = found.standing_against(goal.percent, goal.tier_group, cells)
    if not standing.base:
        return None
    projected = standing.projected
    return {
        "year": found.year,
        "as_of": found.as_of,
        "base": standing.base,
        "is_rebuilt": found.is_rebuilt,
        "lost": standing.lost,
        "rate": standing.rate,
        "may_still_lose": standing.left_to_lose,
        "pace": standing.pace,
        "projected": projected.likely if projected else None,
        "projected_low": projected.low if projected else None,
        "projected_high": projected.high if projected else None,
    }


def _person(request: Any) -> StaffUser:
    """Return who asks: the person who is signed in, or the account of the client."""
    if not isinstance(request.user, StaffUser):
        raise Http404
    return request.user
