"""Calls and missed calls as the API shows and takes them (article 7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from contacts.models import (
    CallEvent,
    CallResult,
    Confirmation,
    Direction,
    MissedCall,
    NumberMatch,
)
from contacts.services.calls import Call
from core.phones import plain_number
from core.rest.fields import (
    LARGEST_ID,
    FilledTextField,
    InstantField,
    NumberParameter,
    StrictSerializer,
    TextField,
    YesNoParameter,
)
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer

MOST_CALLS = 500
CALL_OUTCOMES = ["new", "same", "conflict", "rejected"]
WHOLE_PHONES = "whole_phones"


class MaskedNumberMixin:
    """Shows the number, its middle hidden unless the asker may see it whole."""

    def get_number(self, row: CallEvent | MissedCall) -> str:
        """Return the number as the asker may see it."""
        context: dict[str, Any] = self.context  # type: ignore[attr-defined]
        return row.number if context.get(WHOLE_PHONES) else row.masked_number


class CallEventSerializer(MaskedNumberMixin, ShownSerializer[CallEvent]):
    """One call. ``unit`` of a call without a customer: whose supervisors look after it."""

    number = serializers.SerializerMethodField()

    class Meta:
        model = CallEvent
        fields = (
            "id",
            "event_id",
            "direction",
            "result",
            "number",
            "line",
            "started_at",
            "answered_at",
            "ended_at",
            "received_at",
            "match",
            "customer",
            "manager",
            "served_by",
            "handled_by",
            "unit",
            "missed_call",
            "confirmation",
            "contact_record",
            "discard_reason",
            "updated_at",
        )
        read_only_fields = fields


class MissedCallSerializer(MaskedNumberMixin, ShownSerializer[MissedCall]):
    """A call of a customer that is or was to be returned."""

    number = serializers.SerializerMethodField()

    class Meta:
        model = MissedCall
        fields = (
            "id",
            "customer",
            "manager",
            "holder",
            "unit",
            "number",
            "opened_at",
            "due_at",
            "calls",
            "last_call_at",
            "attempts",
            "last_attempt_at",
            "escalated_at",
            "closed_at",
            "close_reason",
            "closed_by_record",
            "closed_by_event",
            "updated_at",
        )
        read_only_fields = fields


class CallSerializer(StrictSerializer):
    """One call that is over. Sent again with the same ``event_id`` it stays one call."""

    event_id = FilledTextField(max_length=64, help_text=_("The call centre's own id of the call."))
    direction = serializers.ChoiceField(choices=Direction.choices)
    result = serializers.ChoiceField(
        choices=CallResult.choices,
        help_text=_("An incoming call that was not answered is a missed one, whatever is told."),
    )
    number = FilledTextField(
        max_length=40, help_text=_("The customer's side, as it is written: +86 138 1234 5678.")
    )
    line = TextField(
        required=False, allow_blank=True, max_length=40, help_text=_("Our side: the line.")
    )
    staff_number = TextField(
        required=False,
        allow_blank=True,
        max_length=32,
        help_text=_("Who of us spoke or dialled; left out where the desk did."),
    )
    started_at = InstantField(
        help_text=_("Never in the future, but for the few minutes that two clocks differ.")
    )
    answered_at = InstantField(required=False, allow_null=True)
    ended_at = InstantField(required=False, allow_null=True)

    @staticmethod
    def fault_of(given: dict[str, Any], now: datetime, ahead_minutes: int) -> str:
        """Say why a row cannot be taken; empty where it can.

        ``ahead_minutes``: by so much the sender's clock may be ahead of ours.
        """
        told = [given["started_at"], given.get("answered_at"), given.get("ended_at")]
        moments = [moment for moment in told if moment is not None]
        if not plain_number(given["number"]):
            return gettext("This is no phone number.")
        if max(moments) > now + timedelta(minutes=ahead_minutes):
            return gettext(
                "That is more than %(minutes)s minutes in the future. Is the sender's clock right?"
            ) % {"minutes": ahead_minutes}
        if moments != sorted(moments):
            return gettext("A call is begun, answered and ended in this order.")
        if (given["result"] == CallResult.ANSWERED) != (given.get("answered_at") is not None):
            return gettext("An answered call, and no other, has the moment of the answer.")
        return ""

    @staticmethod
    def call(given: dict[str, Any]) -> Call:
        """Return what was sent."""
        return Call(
            event_id=given["event_id"],
            direction=Direction(given["direction"]),
            result=CallResult(given["result"]),
            number=plain_number(given["number"]),
            line=given.get("line", "").strip(),
            staff_number=given.get("staff_number", "").strip(),
            started_at=given["started_at"],
            answered_at=given.get("answered_at"),
            ended_at=given.get("ended_at"),
        )


class CallsSerializer(StrictSerializer):
    """Many calls at once."""

    rows = serializers.ListField(child=CallSerializer(), min_length=1, max_length=MOST_CALLS)


class CallResultSerializer(serializers.Serializer[Any]):
    """What became of one call, in the order in which they were sent."""

    event_id = serializers.CharField()
    outcome = serializers.ChoiceField(choices=CALL_OUTCOMES)
    event = serializers.IntegerField(required=False, help_text=_("The id of the call here."))
    match = serializers.ChoiceField(choices=NumberMatch.choices, required=False)
    customer = serializers.IntegerField(required=False, allow_null=True)
    missed_call = serializers.IntegerField(required=False, allow_null=True)
    detail = serializers.CharField(required=False, help_text=_("Why the row was rejected."))


class CallsTakenSerializer(serializers.Serializer[Any]):
    """What became of the calls."""

    new = serializers.IntegerField()
    same = serializers.IntegerField()
    conflict = serializers.IntegerField()
    rejected = serializers.IntegerField()
    rows = CallResultSerializer(many=True)


class CallEventQuery(ListQuery):
    """The filters of the calls."""

    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    direction = serializers.ChoiceField(choices=Direction.choices, required=False)
    result = serializers.ChoiceField(choices=CallResult.choices, required=False)
    match = serializers.ChoiceField(choices=NumberMatch.choices, required=False)
    confirmation = serializers.ChoiceField(choices=Confirmation.choices, required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what came in or changed at this moment or later.")
    )


class MissedCallQuery(ListQuery):
    """The filters of the missed calls."""

    state = serializers.ChoiceField(choices=["open", "closed", "all"], default="open")
    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    overdue = YesNoParameter(required=False)
    escalated = YesNoParameter(required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what came in or changed at this moment or later.")
    )
