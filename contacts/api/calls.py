"""The call centre's calls, and the missed ones, in the REST API (article 7)."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.api.records import SeesContacts
from contacts.models import CallEvent, MissedCall
from contacts.querysets import CallEventQuerySet, MissedCallQuerySet
from contacts.serializers.calls import (
    CALL_OUTCOMES,
    WHOLE_PHONES,
    CallEventQuery,
    CallEventSerializer,
    CallSerializer,
    CallsSerializer,
    CallsTakenSerializer,
    MissedCallQuery,
    MissedCallSerializer,
)
from contacts.services.calls import TakenCall, note_numbers_sent, take_calls
from core import clock
from core.rest.access import ScopePermission, access_of
from core.rest.clients import PHONES
from core.rest.lists import ListEndpoint
from core.rest.schema import page_of
from customers.models import ServiceStandard
from customers.rules import Figure
from staff.models import StaffUser

EVENT_FILTERS = {
    "customer": "customer",
    "direction": "direction",
    "result": "result",
    "match": "match",
    "confirmation": "confirmation",
    "updated_since": "updated_at__gte",
}
MISSED_FILTERS = {
    "customer": "customer",
    "manager": "customer__manager",
    "updated_since": "updated_at__gte",
}


class CallsEndpoint(ListEndpoint):
    """What the endpoints of calls share."""

    resource: ClassVar[str] = "calls"
    permission_classes = (ScopePermission, SeesContacts)
    order = ("updated_at", "pk")

    def shown(self, rows: list[Any]) -> Any:
        """Show numbers whole to clients that have that scope; each page is written down."""
        access = access_of(self.request)
        whole = access is not None and PHONES in access.scopes
        if whole and rows:
            actor = _person(self.request)
            self.note_numbers = lambda texts: note_numbers_sent(actor=actor, rows=rows, texts=texts)
        context = {**self.get_serializer_context(), WHOLE_PHONES: whole}
        return self.get_serializer_class()(rows, many=True, context=context).data


class CallEventList(CallsEndpoint):
    """The calls of the customers that the asker may see, and those nobody's number explains."""

    query_class = CallEventQuery
    serializer_class = CallEventSerializer

    def get_queryset(self) -> CallEventQuerySet:
        """Return the calls in scope."""
        return CallEvent.objects.visible_to(_person(self.request))

    def narrow(self, rows: CallEventQuerySet, given: dict[str, Any]) -> CallEventQuerySet:
        """Apply the filters."""
        return rows.filter(
            **{to: given[name] for name, to in EVENT_FILTERS.items() if name in given}
        )

    @extend_schema(
        operation_id="call_event_list",
        parameters=[CallEventQuery],
        responses={200: page_of(CallEventSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of calls, the longest unchanged first."""
        return super().get(request)

    @extend_schema(
        operation_id="call_event_create",
        request=CallsSerializer,
        responses={200: CallsTakenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take in up to 500 calls of the call centre; missed calls open and close at once.

        A call with an `event_id` that you sent before stays as it is: `same`, or `conflict` where
        it says something else now. A call to come, or one that contradicts
        itself, is `rejected` alone. Whose
        number belongs to no customer in your scope, or to several, is kept apart (`match`).
        """
        if access_of(request) is None:
            raise Http404
        sent = CallsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data["rows"]
        now = clock.now()
        standards = ServiceStandard.objects.visible_to(_person(request)).load()
        ahead = standards.value(Figure.CALL_AHEAD_MINUTES, clock.local_date(now))
        faults = [CallSerializer.fault_of(row, now, ahead) for row in given]
        calls = [
            CallSerializer.call(row) for row, fault in zip(given, faults, strict=True) if not fault
        ]
        taken = iter(take_calls(actor=_person(request), calls=calls))
        rows = [
            _refusal(row["event_id"], fault) if fault else _answer(next(taken))
            for row, fault in zip(given, faults, strict=True)
        ]
        counts = Counter(row["outcome"] for row in rows)
        body = {**{outcome: counts[outcome] for outcome in CALL_OUTCOMES}, "rows": rows}
        return Response(CallsTakenSerializer(body).data)


class MissedCallList(CallsEndpoint):
    """The missed calls of the customers that the asker may see."""

    query_class = MissedCallQuery
    serializer_class = MissedCallSerializer

    def get_queryset(self) -> MissedCallQuerySet:
        """Return the missed calls in scope."""
        return MissedCall.objects.visible_to(_person(self.request))

    def narrow(self, rows: MissedCallQuerySet, given: dict[str, Any]) -> MissedCallQuerySet:
        """Apply the filters."""
        if given["state"] != "all":
            rows = rows.filter(closed_at__isnull=given["state"] == "open")
        wanted = {to: given[name] for name, to in MISSED_FILTERS.items() if name in given}
        if "escalated" in given:
            wanted["escalated_at__isnull"] = not given["escalated"]
        if "overdue" in given:
            wanted["due_at__lte" if given["overdue"] else "due_at__gt"] = clock.now()
        return rows.filter(**wanted)

    @extend_schema(
        operation_id="missed_call_list",
        parameters=[MissedCallQuery],
        responses={200: page_of(MissedCallSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Answer one page of missed calls, the longest unchanged first; the open ones as a rule."""
        return super().get(request)


def _person(request: Request) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise Http404
    return request.user


def _answer(taken: TakenCall) -> dict[str, Any]:
    """Say what became of a call; the same whenever it is sent."""
    event = taken.event
    said = {
        "event_id": event.event_id,
        "outcome": taken.outcome.value,
        "event": event.pk,
        "match": event.match,
        "customer": event.customer_id,
        "missed_call": event.missed_call_id,
    }
    if taken.outcome == "conflict":
        said["detail"] = _("You sent another call with this id before; that one stays.")
    return said


def _refusal(event_id: str, fault: str) -> dict[str, Any]:
    return {"event_id": event_id, "outcome": "rejected", "detail": fault}
