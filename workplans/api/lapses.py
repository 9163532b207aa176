"""Missing plans and logs in the REST API: to read."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.lists import ListEndpoint
from core.rest.schema import page_of
from workplans.api.shared import PlansEndpoint, person_of
from workplans.models import Lapse
from workplans.querysets import LapseQuerySet
from workplans.serializers.lapses import PlanLapseQuery, PlanLapseSerializer

FILTERS = {
    "manager": "manager",
    "subject": "subject",
    "since": "starts_on__gte",
    "until": "starts_on__lte",
}
"""Lookups by parameter."""


class PlanLapseList(PlansEndpoint, ListEndpoint):
    """The plans and logs that were not handed in in time."""

    query_class = PlanLapseQuery
    serializer_class = PlanLapseSerializer
    order = ("pk",)

    def get_queryset(self) -> LapseQuerySet:
        """Return the lapses in scope."""
        return Lapse.objects.visible_to(person_of(self.request))

    def narrow(self, rows: LapseQuerySet, given: dict[str, Any]) -> LapseQuerySet:
        """Apply the filters."""
        rows = rows.filter(**{FILTERS[name]: given[name] for name in FILTERS if name in given})
        if "open" in given:
            rows = rows.filter(closed_at__isnull=given["open"])
        return rows

    @extend_schema(
        operation_id="plan_lapse_list",
        parameters=[PlanLapseQuery],
        responses={200: page_of(PlanLapseSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of missing plans and logs (articles 4 to 6), the oldest first."""
        return super().get(request)
