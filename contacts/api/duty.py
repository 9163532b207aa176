"""Who is on duty, in the REST API (article 7)."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.api.records import SeesContacts
from contacts.models import MissedCall
from contacts.serializers.duty import DutyQuery, DutySerializer
from contacts.services.duty import duty_roster
from core.rest.access import ScopePermission
from core.rest.lists import ListEndpoint
from core.rest.schema import page_of
from staff.models import StaffUser, Unit
from staff.querysets import StaffQuerySet


class DutyList(ListEndpoint):
    """Who takes the calls of each manager's customers now."""

    resource = "duty"
    permission_classes = (ScopePermission, SeesContacts)
    query_class = DutyQuery
    serializer_class = DutySerializer
    order = ("staff_number", "pk")

    def get_queryset(self) -> StaffQuerySet:
        """Return the managers in scope who work here."""
        seen = StaffUser.objects.visible_to(_person(self.request))
        return seen.active().managers().select_related("unit")

    def narrow(self, rows: StaffQuerySet, given: dict[str, Any]) -> StaffQuerySet:
        """Apply the filters; a unit that the asker may not see is not found."""
        if "manager" in given:
            rows = rows.filter(pk=given["manager"])
        if "unit" in given:
            units = Unit.objects.visible_to(_person(self.request))
            path = get_object_or_404(units, pk=given["unit"]).path
            rows = rows.filter(unit__path__startswith=path)
        return rows

    def shown(self, rows: list[StaffUser]) -> Any:
        """Return the managers with who is on duty for each. Three statements."""
        missed = MissedCall.objects.visible_to(_person(self.request))
        return DutySerializer(duty_roster(rows, missed), many=True).data

    @extend_schema(
        operation_id="duty_list",
        parameters=[DutyQuery],
        responses={200: page_of(DutySerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of the duty roster (article 7) as it is now, by staff number."""
        return super().get(request)


def _person(request: Request) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise Http404
    return request.user
