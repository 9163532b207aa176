"""Plans of inspections, and who was inspected, in the REST API (article 6). To read."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.rest.access import ScopePermission
from core.rest.lists import ListEndpoint
from core.rest.schema import page_of
from core.rest.views import Endpoint
from staff.models import Unit
from staff.querysets import scope_of
from workplans.api.shared import path_of, person_of
from workplans.models import InspectionPlan, InspectionPlanLine
from workplans.querysets import InspectionPlanQuerySet
from workplans.serializers.coverage import (
    CoverageQuery,
    InspectionCoverageSerializer,
    InspectionPlanQuery,
    InspectionPlanSerializer,
)
from workplans.services.inspection_plans import coverage_of


class Oversees(BasePermission):
    """Who is inspected when stays with supervisors and head office; to others nothing is here."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer 404 to managers, handlers, administrators."""
        scope = scope_of(request.user)
        if scope.unit_path is None and not scope.everything:
            raise Http404
        return True


class OverseenEndpoint(Endpoint):
    """What these endpoints share."""

    resource = "plans"
    permission_classes = (ScopePermission, Oversees)


class InspectionPlanList(OverseenEndpoint, ListEndpoint):
    """The monthly plans of the units that the asker supervises or reads."""

    query_class = InspectionPlanQuery
    serializer_class = InspectionPlanSerializer

    def get_queryset(self) -> InspectionPlanQuerySet:
        """Return the plans in scope with their lines."""
        return _whole(self.request)

    def narrow(self, rows: InspectionPlanQuerySet, given: dict[str, Any]) -> InspectionPlanQuerySet:
        """Apply the filters; a unit that the asker may not see is not found."""
        if "month" in given:
            rows = rows.filter(month=given["month"])
        if "unit" in given:
            rows = rows.filter(unit__path__startswith=path_of(self.request, given["unit"]))
        return rows

    @extend_schema(
        operation_id="inspection_plan_list",
        parameters=[InspectionPlanQuery],
        responses={200: page_of(InspectionPlanSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of monthly plans of inspections (article 6), the first made first."""
        return super().get(request)


class InspectionPlanDetail(OverseenEndpoint):
    """One monthly plan."""

    @extend_schema(operation_id="inspection_plan_detail", responses={200: InspectionPlanSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one monthly plan of inspections with whom it names, by day."""
        plan = get_object_or_404(_whole(request), pk=pk)
        return Response(InspectionPlanSerializer(plan).data)


class InspectionCoverage(OverseenEndpoint):
    """Who was inspected in this month and quarter."""

    @extend_schema(
        operation_id="inspection_coverage",
        parameters=[CoverageQuery],
        responses={200: InspectionCoverageSerializer},
    )
    def get(self, request: Request) -> Response:
        """Answer how many managers were inspected to the end, by unit, and who was not yet."""
        person = person_of(request)
        given = CoverageQuery.of(request).validated_data
        today = clock.today(person.time_zone)
        unit = None
        if "unit" in given:
            unit = get_object_or_404(Unit.objects.visible_to(person), pk=given["unit"])
        found = coverage_of(person, today, unit=unit)
        most = given["most_waiting"]
        body = {
            "as_of": today,
            "managers": found.managers,
            "in_month": found.in_month,
            "in_quarter": found.in_quarter,
            "units": found.units,
            "waiting": found.waiting[:most],
            "waiting_more": max(0, len(found.waiting) - most),
        }
        return Response(InspectionCoverageSerializer(body).data)


def _whole(request: Request) -> InspectionPlanQuerySet:
    person = person_of(request)
    lines = InspectionPlanLine.objects.visible_to(person).order_by("planned_on", "pk")
    plans = InspectionPlan.objects.visible_to(person)
    return plans.prefetch_related(Prefetch("lines", queryset=lines))
