"""Inspections and findings in the REST API: to read."""

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
from workplans.api.shared import SeesManagers, person_of
from workplans.models import Finding, Inspection, RecordSignal
from workplans.querysets import FindingQuerySet, InspectionQuerySet, RecordSignalQuerySet
from workplans.serializers.inspections import (
    FindingQuery,
    FindingSerializer,
    InspectionQuery,
    InspectionSerializer,
    RecordSignalQuery,
    RecordSignalSerializer,
)


class PlansEndpoint(Endpoint):
    """What the endpoints of plans, logs and inspections share."""

    resource = "plans"
    permission_classes = (ScopePermission, SeesManagers)


class InspectionList(PlansEndpoint, ListEndpoint):
    """The inspections of the managers whom the asker supervises or reads."""

    query_class = InspectionQuery
    serializer_class = InspectionSerializer
    order = ("updated_at", "pk")

    def get_queryset(self) -> InspectionQuerySet:
        """Return the inspections in scope, with what was drawn."""
        return Inspection.objects.visible_to(person_of(self.request)).prefetch_related("items")

    def narrow(self, rows: InspectionQuerySet, given: dict[str, Any]) -> InspectionQuerySet:
        """Apply the filters."""
        lookups = {"manager": "manager", "updated_since": "updated_at__gte"}
        rows = rows.filter(**{lookups[name]: given[name] for name in lookups if name in given})
        if "is_closed" in given:
            rows = rows.filter(closed_at__isnull=not given["is_closed"])
        return rows

    @extend_schema(
        operation_id="inspection_list",
        parameters=[InspectionQuery],
        responses={200: page_of(InspectionSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of inspections (article 6), the longest unchanged first.

        Managers are shown none of their own: which records were drawn stays with the supervisors.
        """
        return super().get(request)


class InspectionDetail(PlansEndpoint):
    """One inspection."""

    @extend_schema(operation_id="inspection_detail", responses={200: InspectionSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one inspection with what was drawn and judged."""
        rows = Inspection.objects.visible_to(person_of(request)).prefetch_related("items")
        return Response(InspectionSerializer(get_object_or_404(rows, pk=pk)).data)


class FindingList(PlansEndpoint, ListEndpoint):
    """What inspections found, of the managers in scope; to managers their own."""

    query_class = FindingQuery
    serializer_class = FindingSerializer
    order = ("pk",)

    def get_queryset(self) -> FindingQuerySet:
        """Return the findings in scope."""
        return Finding.objects.visible_to(person_of(self.request)).select_related("inspection")

    def narrow(self, rows: FindingQuerySet, given: dict[str, Any]) -> FindingQuerySet:
        """Apply the filters."""
        lookups = {"manager": "inspection__manager", "inspection": "inspection"}
        rows = rows.filter(**{lookups[name]: given[name] for name in lookups if name in given})
        if "is_open" in given:
            rows = rows.filter(closed_at__isnull=given["is_open"])
        return rows

    @extend_schema(
        operation_id="finding_list",
        parameters=[FindingQuery],
        responses={200: page_of(FindingSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of findings (article 6), the oldest first."""
        return super().get(request)


class RecordSignalList(PlansEndpoint, ListEndpoint):
    """What looks odd about contact records of the people whom the asker supervises or reads."""

    query_class = RecordSignalQuery
    serializer_class = RecordSignalSerializer
    order = ("pk",)

    def get_queryset(self) -> RecordSignalQuerySet:
        """Return the signs in scope."""
        return RecordSignal.objects.visible_to(person_of(self.request))

    def narrow(self, rows: RecordSignalQuerySet, given: dict[str, Any]) -> RecordSignalQuerySet:
        """Apply the filters."""
        lookups = {"person": "person", "kind": "kind", "since": "happened_on__gte"}
        return rows.filter(**{lookups[name]: given[name] for name in lookups if name in given})

    @extend_schema(
        operation_id="record_signal_list",
        parameters=[RecordSignalQuery],
        responses={200: page_of(RecordSignalSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of signs (article 6), the first found first; ``facts`` explain each.

        A sign is a question to look into, never an accusation. Managers are shown none.
        """
        return super().get(request)
