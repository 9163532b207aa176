"""Work logs in the REST API: to read."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.lists import ListEndpoint
from core.rest.schema import page_of
from workplans.api.shared import PlansEndpoint, person_of
from workplans.models import WorkLog
from workplans.querysets import WorkLogQuerySet
from workplans.serializers.logs import WorkLogQuery, WorkLogSerializer, WorkLogWithDaySerializer

FILTERS = {
    "manager": "manager",
    "since": "log_date__gte",
    "until": "log_date__lte",
    "late": "is_late",
    "updated_since": "updated_at__gte",
}
"""Lookups by parameter."""


class WorkLogList(PlansEndpoint, ListEndpoint):
    """The work logs of the managers whose work the asker may see."""

    query_class = WorkLogQuery
    serializer_class = WorkLogSerializer
    order = ("updated_at", "pk")

    def get_queryset(self) -> WorkLogQuerySet:
        """Return the logs in scope, with what was answered."""
        return WorkLog.objects.visible_to(person_of(self.request)).prefetch_related("remarks")

    def narrow(self, rows: WorkLogQuerySet, given: dict[str, Any]) -> WorkLogQuerySet:
        """Apply the filters."""
        rows = rows.filter(**{FILTERS[name]: given[name] for name in FILTERS if name in given})
        if "submitted" in given:
            rows = rows.filter(submitted_at__isnull=not given["submitted"])
        return rows

    @extend_schema(
        operation_id="work_log_list",
        parameters=[WorkLogQuery],
        responses={200: page_of(WorkLogSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of work logs (article 5), the longest unchanged first."""
        return super().get(request)


class WorkLogDetail(PlansEndpoint):
    """One work log."""

    @extend_schema(operation_id="work_log_detail", responses={200: WorkLogWithDaySerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one work log with the figures of what came in for its day."""
        rows = WorkLog.objects.visible_to(person_of(request)).select_related("manager__unit")
        log = get_object_or_404(rows.prefetch_related("remarks"), pk=pk)
        return Response(WorkLogWithDaySerializer(log).data)
