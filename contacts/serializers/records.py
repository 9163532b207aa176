"""Contact records and cadence flags as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from contacts.models import (
    Cadence,
    CadenceFlag,
    ContactRecord,
    Direction,
    Occasion,
    Outcome,
)
from contacts.services.records import Contact
from core.rest.fields import (
    LARGEST_ID,
    DayField,
    FilledTextField,
    InstantField,
    KeyField,
    NumberParameter,
    StrictSerializer,
    TextField,
    WholeNumberField,
    YesNoField,
    YesNoParameter,
)
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from customers.models import Channel

LONGEST_CALL_SECONDS = 24 * 3600


class ContactRecordSerializer(ShownSerializer[ContactRecord]):
    """One contact with a customer, or one attempt at it."""

    class Meta:
        model = ContactRecord
        fields = (
            "id",
            "customer",
            "manager",
            "unit",
            "recorded_by",
            "recorded_as",
            "source",
            "channel",
            "direction",
            "outcome",
            "occasion",
            "happened_at",
            "happened_on",
            "date_only",
            "recorded_at",
            "is_late",
            "duration_seconds",
            "summary",
            "place",
            "follow_up_on",
            "follow_up_closed_at",
            "mentions_competitor",
            "competitor",
            "is_automatic",
            "is_broadcast",
            "is_counted",
            "submission_key",
            "voided_at",
            "voided_by",
            "void_reason",
            "updated_at",
        )
        read_only_fields = fields


class ContactSerializer(StrictSerializer):
    """A contact to be recorded. Sent again with the same ``submission_key`` it stays one record."""

    customer = WholeNumberField(min_value=1, max_value=LARGEST_ID)
    submission_key = KeyField()
    channel = serializers.ChoiceField(choices=Channel.choices)
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    occasion = serializers.ChoiceField(choices=Occasion.choices, default=Occasion.REGULAR)
    direction = serializers.ChoiceField(choices=Direction.choices, default=Direction.OUTGOING)
    happened_at = InstantField(
        required=False, help_text=_("Now, where it is left out; never in the future.")
    )
    duration_seconds = WholeNumberField(
        required=False, allow_null=True, min_value=0, max_value=LONGEST_CALL_SECONDS
    )
    summary = TextField(required=False, allow_blank=True, max_length=2000)
    place = TextField(required=False, allow_blank=True, max_length=200)
    follow_up_on = DayField(required=False, allow_null=True)
    mentions_competitor = YesNoField(
        default=False, help_text=_("The customer spoke of a competitor's contract.")
    )
    competitor = TextField(required=False, allow_blank=True, max_length=60)
    recorded_by = WholeNumberField(
        required=False,
        min_value=1,
        max_value=LARGEST_ID,
        help_text=_("Whose contact it was: needed from other systems."),
    )

    def contact(self) -> Contact:
        """Return what was sent."""
        given: dict[str, Any] = self.validated_data
        return Contact(
            channel=Channel(given["channel"]),
            outcome=Outcome(given["outcome"]),
            occasion=Occasion(given["occasion"]),
            direction=Direction(given["direction"]),
            happened_at=given.get("happened_at"),
            duration_seconds=given.get("duration_seconds"),
            summary=given.get("summary", ""),
            place=given.get("place", ""),
            follow_up_on=given.get("follow_up_on"),
            mentions_competitor=given["mentions_competitor"],
            competitor=given.get("competitor", ""),
        )


class VoidSerializer(StrictSerializer):
    """Why a record is wrong."""

    reason = FilledTextField(max_length=200)


class ContactRecordQuery(ListQuery):
    """The filters of the contact records."""

    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    recorded_by = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False)
    counted = YesNoParameter(required=False)
    voided = YesNoParameter(required=False)
    happened_from = DayField(required=False)
    happened_to = DayField(required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what was changed at this moment or later.")
    )


class CadenceFlagSerializer(ShownSerializer[CadenceFlag]):
    """A customer overdue by one cadence."""

    class Meta:
        model = CadenceFlag
        fields = (
            "id",
            "customer",
            "cadence",
            "due_on",
            "opened_on",
            "opened_at",
            "escalated_at",
            "closed_at",
            "close_reason",
        )
        read_only_fields = fields


class CadenceFlagQuery(ListQuery):
    """The filters of the flags."""

    state = serializers.ChoiceField(choices=["open", "closed", "all"], default="open")
    cadence = serializers.ChoiceField(choices=Cadence.choices, required=False)
    escalated = YesNoParameter(required=False)
    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    updated_since = InstantField(
        required=False,
        help_text=_("Only what was opened, escalated or closed at this moment or later."),
    )
