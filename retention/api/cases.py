"""Retention cases in the REST API: to read."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.access import ScopePermission
from core.rest.lists import ListEndpoint
from core.rest.schema import page_of
from core.rest.views import Endpoint
from retention.api.shared import SeesCustomers, person_of
from retention.models import RetentionCase
from retention.querysets import RetentionCaseQuerySet
from retention.serializers.cases import RetentionCaseQuery, RetentionCaseSerializer

FILTERS = {
    "state": "state",
    "reason": "reason",
    "customer": "customer",
    "manager": "customer__manager",
    "updated_since": "updated_at__gte",
}
"""Lookups by parameter."""


class RetentionCaseEndpoint(Endpoint):
    """What the endpoints of retention cases share."""

    resource = "retention-cases"
    permission_classes = (ScopePermission, SeesCustomers)


class RetentionCaseList(RetentionCaseEndpoint, ListEndpoint):
    """The cases of the customers that the asker may see."""

    query_class = RetentionCaseQuery
    serializer_class = RetentionCaseSerializer
    order = ("updated_at", "pk")

    def get_queryset(self) -> RetentionCaseQuerySet:
        """Return the cases in scope, with their measures and follow-ups."""
        return _whole(RetentionCase.objects.visible_to(person_of(self.request)))

    def narrow(self, rows: RetentionCaseQuerySet, given: dict[str, Any]) -> RetentionCaseQuerySet:
        """Apply the filters."""
        return rows.filter(**{FILTERS[name]: given[name] for name in FILTERS if name in given})

    @extend_schema(
        operation_id="retention_case_list",
        parameters=[RetentionCaseQuery],
        responses={200: page_of(RetentionCaseSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of retention cases (article 18), the longest unchanged first."""
        return super().get(request)


class RetentionCaseDetail(RetentionCaseEndpoint):
    """One retention case."""

    @extend_schema(operation_id="retention_case_detail", responses={200: RetentionCaseSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one retention case with its measures and follow-ups."""
        rows = _whole(RetentionCase.objects.visible_to(person_of(request)))
        return Response(RetentionCaseSerializer(get_object_or_404(rows, pk=pk)).data)


def _whole(rows: RetentionCaseQuerySet) -> RetentionCaseQuerySet:
    return rows.prefetch_related("offers__measure", "follow_ups")
