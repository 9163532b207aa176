"""Work plans in the REST API: to read."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.lists import ListEndpoint
from core.rest.schema import page_of
from workplans.api.shared import PlansEndpoint, person_of
from workplans.models import PlanItem, WorkPlan
from workplans.querysets import WorkPlanQuerySet
from workplans.serializers.plans import (
    WorkPlanQuery,
    WorkPlanSerializer,
    WorkPlanWithItemsSerializer,
)

FILTERS = {
    "manager": "manager",
    "kind": "kind",
    "state": "state",
    "starts_on": "starts_on",
    "since": "starts_on__gte",
    "updated_since": "updated_at__gte",
}
"""Lookups by parameter."""


class WorkPlanList(PlansEndpoint, ListEndpoint):
    """The plans of the managers that the asker may see."""

    query_class = WorkPlanQuery
    serializer_class = WorkPlanSerializer
    order = ("updated_at", "pk")

    def get_queryset(self) -> WorkPlanQuerySet:
        """Return the plans in scope, with their targets."""
        plans = WorkPlan.objects.visible_to(person_of(self.request))
        return plans.prefetch_related("targets")

    def narrow(self, rows: WorkPlanQuerySet, given: dict[str, Any]) -> WorkPlanQuerySet:
        """Apply the filters."""
        rows = rows.filter(**{FILTERS[name]: given[name] for name in FILTERS if name in given})
        return rows.of_unit(given["unit"]) if "unit" in given else rows

    @extend_schema(
        operation_id="work_plan_list",
        parameters=[WorkPlanQuery],
        responses={200: page_of(WorkPlanSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of work plans (article 4), the longest unchanged first."""
        return super().get(request)


class WorkPlanDetail(PlansEndpoint):
    """One work plan."""

    @extend_schema(operation_id="work_plan_detail", responses={200: WorkPlanWithItemsSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one work plan with its items, and of each whether it is done.

        Items of customers whom the asker does not see are left out.
        """
        person = person_of(request)
        plans = WorkPlan.objects.visible_to(person).prefetch_related("targets")
        plan = get_object_or_404(plans, pk=pk)
        items = PlanItem.objects.visible_to(person).filter(plan=plan).with_done()
        shown = WorkPlanWithItemsSerializer(plan, context={"items": list(items)})
        return Response(shown.data)
