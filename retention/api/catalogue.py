"""What the company sets for retention, in the REST API: signals, measures, causes. To read."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.lists import ListEndpoint, ListQuery
from core.rest.schema import page_of
from core.rest.views import Endpoint
from retention.api.shared import person_of
from retention.models import DepartureCause, Measure, Signal, SignalVersion
from retention.querysets import DepartureCauseQuerySet
from retention.serializers.catalogue import (
    DepartureCauseSerializer,
    MeasureQuery,
    MeasureSerializer,
    RiskSignalDetailSerializer,
    RiskSignalQuery,
    RiskSignalSerializer,
)


class RiskSignalList(ListEndpoint):
    """The signals of the risk score; everybody who works here may read them."""

    resource = "risk-signals"
    query_class = RiskSignalQuery
    serializer_class = RiskSignalSerializer

    def get_queryset(self) -> Any:
        """Return the signals with their present versions."""
        versions = SignalVersion.objects.visible_to(self.request.user).filter(is_current=True)
        signals = Signal.objects.visible_to(person_of(self.request))
        return signals.prefetch_related(
            Prefetch("versions", queryset=versions.select_related("group"))
        )

    def narrow(self, rows: Any, given: dict[str, Any]) -> Any:
        """Apply the filters to the present versions."""
        lookups = {
            "is_active": "is_active",
            "group": "group__code",
            "updated_since": "changed_at__gte",
        }
        wanted = {lookups[name]: given[name] for name in lookups if name in given}
        if not wanted:
            return rows
        versions = SignalVersion.objects.visible_to(self.request.user).filter(
            is_current=True, **wanted
        )
        return rows.filter(pk__in=versions.values("signal"))

    @extend_schema(
        operation_id="risk_signal_list",
        parameters=[RiskSignalQuery],
        responses={200: page_of(RiskSignalSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of the signals of the risk score (article 17) as they are now."""
        return super().get(request)


class RiskSignalDetail(Endpoint):
    """One signal."""

    resource = "risk-signals"

    @extend_schema(operation_id="risk_signal_detail", responses={200: RiskSignalDetailSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one signal with all its versions: what a score of an earlier day went by."""
        versions = SignalVersion.objects.visible_to(request.user).select_related("group")
        rows = Signal.objects.visible_to(person_of(request)).prefetch_related(
            Prefetch("versions", queryset=versions.order_by("number"))
        )
        return Response(RiskSignalDetailSerializer(get_object_or_404(rows, pk=pk)).data)


class MeasureList(ListEndpoint):
    """The catalogue of measures; everybody who works here may read it."""

    resource = "retention-measures"
    query_class = MeasureQuery
    serializer_class = MeasureSerializer

    def get_queryset(self) -> Any:
        """Return the measures, those that are not offered any more among them."""
        return Measure.objects.visible_to(person_of(self.request))

    def narrow(self, rows: Any, given: dict[str, Any]) -> Any:
        """Apply the filters."""
        wanted = {name: given[name] for name in ("kind", "is_active") if name in given}
        if "offered_on" in given:
            day = given["offered_on"]
            begun = Q(valid_from=None) | Q(valid_from__lte=day)
            rows = rows.filter(begun, Q(valid_until=None) | Q(valid_until__gte=day), is_active=True)
        return rows.filter(**wanted)

    @extend_schema(
        operation_id="retention_measure_list",
        parameters=[MeasureQuery],
        responses={200: page_of(MeasureSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of what can be offered to customers who want to leave (article 18)."""
        return super().get(request)


class MeasureDetail(Endpoint):
    """One measure."""

    resource = "retention-measures"

    @extend_schema(operation_id="retention_measure_detail", responses={200: MeasureSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one measure of the catalogue."""
        rows = Measure.objects.visible_to(person_of(request))
        return Response(MeasureSerializer(get_object_or_404(rows, pk=pk)).data)


class DepartureCauseList(ListEndpoint):
    """The coded causes of leaving; everybody who works here may read them."""

    resource = "departure-reviews"
    query_class = ListQuery
    serializer_class = DepartureCauseSerializer

    def get_queryset(self) -> DepartureCauseQuerySet:
        """Return them all; those out of use stand in old reviews."""
        return DepartureCause.objects.visible_to(person_of(self.request))

    @extend_schema(
        operation_id="departure_cause_list",
        parameters=[ListQuery],
        responses={200: page_of(DepartureCauseSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of the coded causes of leaving (article 19)."""
        return super().get(request)
