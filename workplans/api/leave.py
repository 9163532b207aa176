"""Leave in the REST API: read; entered and called off, as by the personnel system."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.access import ScopePermission
from core.rest.lists import ListEndpoint
from core.rest.problems import refused
from core.rest.schema import page_of
from core.rest.views import Endpoint
from staff.models import StaffUser
from staff.querysets import scope_of
from workplans.api.shared import SeesManagers, path_of, person_of
from workplans.models import Leave
from workplans.querysets import LeaveQuerySet
from workplans.serializers.leave import (
    LeaveEndSerializer,
    LeaveQuery,
    LeaveSerializer,
    NewLeaveSerializer,
)
from workplans.services.leave import call_off_leave, enter_leave_once

FILTERS = {"manager": "manager", "since": "ends_on__gte", "until": "starts_on__lte"}
"""Lookups by parameter."""


class LeaveEndpoint(Endpoint):
    """What the endpoints of leave share."""

    resource = "leaves"
    permission_classes = (ScopePermission, SeesManagers)


class LeaveList(LeaveEndpoint, ListEndpoint):
    """The leave of the managers whose work the asker may see."""

    query_class = LeaveQuery
    serializer_class = LeaveSerializer

    def get_queryset(self) -> LeaveQuerySet:
        """Return the leave in scope, what was called off too."""
        return Leave.objects.visible_to(person_of(self.request)).select_related("manager")

    def narrow(self, rows: LeaveQuerySet, given: dict[str, Any]) -> LeaveQuerySet:
        """Apply the filters; a unit that the asker may not see is not found."""
        rows = rows.filter(**{FILTERS[name]: given[name] for name in FILTERS if name in given})
        if "cancelled" in given:
            rows = rows.filter(cancelled_at__isnull=not given["cancelled"])
        if "unit" in given:
            path = path_of(self.request, given["unit"])
            rows = rows.filter(manager__unit__path__startswith=path)
        return rows

    @extend_schema(
        operation_id="leave_list",
        parameters=[LeaveQuery],
        responses={200: page_of(LeaveSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of leave, the first entered first.

        No plan is drafted and no log asked for on these days (articles 4 and 5). A cover is leave
        without a row here.
        """
        return super().get(request)

    @extend_schema(
        operation_id="leave_create",
        request=NewLeaveSerializer,
        responses={200: LeaveSerializer, 201: LeaveSerializer},
    )
    def post(self, request: Request) -> Response:
        """Enter days on which a manager does not work; what they excuse is excused at once.

        201 with the new leave; 200 with the first one where the same days come again. Of people,
        supervisors may, for the managers of their units.
        """
        person = _enterer_of(request)
        sent = NewLeaveSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        people = StaffUser.objects.visible_to(person).managers().active().exclude(pk=person.pk)
        manager = get_object_or_404(sent.named_in(people.select_related("unit")))
        try:
            leave, is_new = enter_leave_once(actor=person, manager=manager, **sent.arguments())
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return Response(_shown(request, leave.pk), status=201 if is_new else 200)


class LeaveDetail(LeaveEndpoint):
    """One leave."""

    @extend_schema(operation_id="leave_detail", responses={200: LeaveSerializer})
    def get(self, request: Request, pk: int) -> Response:
        """Answer one leave."""
        return Response(_shown(request, pk))


class LeaveCallOff(LeaveEndpoint):
    """Calling leave off, or ending it."""

    @extend_schema(
        operation_id="leave_call_off",
        request=LeaveEndSerializer,
        responses={200: LeaveSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Call leave off as if it had not been entered; with `back_on`, end it before that day.

        What is asked for again is flagged again. Safe twice: leave that was called off, or ends
        before that day, stays as it is.
        """
        person = _enterer_of(request)
        rows = Leave.objects.editable_by(person).select_related("manager__unit")
        leave = get_object_or_404(rows, pk=pk)
        sent = LeaveEndSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            call_off_leave(actor=person, leave=leave, back_on=sent.validated_data.get("back_on"))
        except ValidationError as refusal:
            raise refused(refusal) from refusal
        return Response(_shown(request, pk))


def _enterer_of(request: Request) -> StaffUser:
    """Return who asks, where that one supervises anybody; for others it is not there."""
    person = person_of(request)
    if scope_of(person).unit_path is None:
        raise Http404
    return person


def _shown(request: Request, pk: int) -> Any:
    rows = Leave.objects.visible_to(person_of(request)).select_related("manager")
    return LeaveSerializer(get_object_or_404(rows, pk=pk)).data
