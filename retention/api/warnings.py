"""Endpoints of churn warnings and risk scores."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.access import ScopePermission
from core.rest.lists import ListEndpoint
from core.rest.schema import page_of
from core.rest.views import Endpoint
from retention.api.shared import SeesCustomers, person_of
from retention.models import ChurnWarning, RiskScore, SignalVersion, WarningReason
from retention.querysets import ChurnWarningQuerySet, RiskScoreQuerySet
from retention.serializers.warnings import (
    ChurnWarningQuery,
    ChurnWarningSerializer,
    RiskScoreQuery,
    RiskScoreSerializer,
)

WARNING_FILTERS = {
    "customer": "customer",
    "manager": "customer__manager",
    "hard": "is_hard",
    "opened_since": "opened_at__gte",
    "updated_since": "updated_at__gte",
}
SCORE_FILTERS = {
    "customer": "customer",
    "scored_from": "scored_on__gte",
    "scored_to": "scored_on__lte",
    "at_least": "score__gte",
}
"""Lookups by parameter."""


class ChurnWarningEndpoint(Endpoint):
    """What the endpoints of churn warnings share."""

    resource = "churn-warnings"
    permission_classes = (ScopePermission, SeesCustomers)

    def warnings(self) -> ChurnWarningQuerySet:
        """Return the warnings in scope with their reasons."""
        user = person_of(self.request)
        reasons = WarningReason.objects.visible_to(user).select_related(
            "signal_version__signal", "event"
        )
        seen = ChurnWarning.objects.visible_to(user)
        return seen.prefetch_related(Prefetch("reasons", queryset=reasons))


class ChurnWarningList(ChurnWarningEndpoint, ListEndpoint):
    """The churn warnings of the customers that the asker may see (article 17)."""

    query_class = ChurnWarningQuery
    serializer_class = ChurnWarningSerializer
    order = ("updated_at", "pk")

    def get_queryset(self) -> ChurnWarningQuerySet:
        """Return the warnings in scope."""
        return self.warnings()

    def narrow(self, rows: ChurnWarningQuerySet, given: dict[str, Any]) -> ChurnWarningQuerySet:
        """Apply the filters."""
        if given["state"] != "all":
            rows = rows.filter(closed_at__isnull=given["state"] == "open")
        wanted = {WARNING_FILTERS[name]: given[name] for name in WARNING_FILTERS if name in given}
        if "escalated" in given:
            wanted["escalated_at__isnull"] = not given["escalated"]
        return rows.filter(**wanted)

    @extend_schema(
        operation_id="churn_warning_list",
        parameters=[ChurnWarningQuery],
        responses={200: page_of(ChurnWarningSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of churn warnings, the longest unchanged first; open ones by default."""
        return super().get(request)


class ChurnWarningDetail(ChurnWarningEndpoint):
    """One churn warning."""

    @extend_schema(operation_id="churn_warning_detail", responses={200: ChurnWarningSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one churn warning with its reasons."""
        return Response(ChurnWarningSerializer(get_object_or_404(self.warnings(), pk=pk)).data)


class RiskScoreList(ListEndpoint):
    """The risk scores of the customers that the asker may see: a row for each change."""

    resource = "risk-scores"
    permission_classes = (ScopePermission, SeesCustomers)
    query_class = RiskScoreQuery
    serializer_class = RiskScoreSerializer

    def get_queryset(self) -> RiskScoreQuerySet:
        """Return the scores in scope."""
        return RiskScore.objects.visible_to(person_of(self.request))

    def narrow(self, rows: RiskScoreQuerySet, given: dict[str, Any]) -> RiskScoreQuerySet:
        """Apply the filters."""
        return rows.filter(
            **{SCORE_FILTERS[name]: given[name] for name in SCORE_FILTERS if name in given}
        )

    def shown(self, rows: list[Any]) -> Any:
        """Return the scores with the words of their reasons. One statement."""
        user = person_of(self.request)
        versions = SignalVersion.objects.visible_to(user).select_related("signal")
        wanted = {pk for row in rows for pk, _points, _value in row.reasons}
        wanted |= {pk for row in rows for pk in row.missing}
        by_pk = versions.in_bulk(wanted)
        return RiskScoreSerializer(rows, many=True, context={"versions": by_pk}).data

    @extend_schema(
        operation_id="risk_score_list",
        parameters=[RiskScoreQuery],
        responses={200: page_of(RiskScoreSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of risk scores; a score holds until the customer's next one."""
        return super().get(request)
