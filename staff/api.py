"""Units and people in the REST API."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.lists import ListEndpoint, ListQuery
from core.rest.schema import page_of
from staff.models import StaffUser, Unit
from staff.querysets import StaffQuerySet, UnitQuerySet, scope_of
from staff.serializers import SCOPE, StaffQuery, StaffSerializer, UnitSerializer


class UnitList(ListEndpoint):
    """The units that the asker may see."""

    resource = "units"
    serializer_class = UnitSerializer

    def get_queryset(self) -> UnitQuerySet:
        """Return the units in scope."""
        return Unit.objects.visible_to(self.request.user)

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the serializer what the asker may see."""
        user = self.request.user
        sees_all = getattr(user, "is_administrator", False)
        scope = None if sees_all else scope_of(user)
        return {**super().get_serializer_context(), SCOPE: scope}

    @extend_schema(
        operation_id="unit_list", parameters=[ListQuery], responses={200: page_of(UnitSerializer)}
    )
    def get(self, request: Request) -> Response:
        """Answer one page of units."""
        return super().get(request)


class StaffList(ListEndpoint):
    """The people that the asker may see."""

    resource = "staff"
    query_class = StaffQuery
    serializer_class = StaffSerializer

    def get_queryset(self) -> StaffQuerySet:
        """Return the people in scope."""
        return StaffUser.objects.visible_to(self.request.user).people()

    def narrow(self, rows: StaffQuerySet, given: dict[str, Any]) -> StaffQuerySet:
        """Apply the filters; a unit that the asker may not see is not found."""
        if "role" in given:
            rows = rows.filter(role=given["role"])
        if "active" in given:
            rows = rows.filter(is_active=given["active"])
        if "unit" in given:
            units = Unit.objects.visible_to(self.request.user)
            path = get_object_or_404(units, pk=given["unit"]).path
            rows = rows.filter(unit__path__startswith=path)
        return rows

    @extend_schema(
        operation_id="staff_list",
        parameters=[StaffQuery],
        responses={200: page_of(StaffSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of people."""
        return super().get(request)
