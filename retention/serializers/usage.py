"""Usage snapshots and churn events as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.rest.fields import (
    LARGEST_ID,
    DayField,
    FilledTextField,
    InstantField,
    MoneyField,
    MonthField,
    NumberParameter,
    RowsField,
    SignedMoneyField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from retention.models import ChurnEvent, UsageSnapshot
from retention.services.events import EventRow
from retention.services.usage import USAGE_FIELDS, SnapshotRow, Usage

SNAPSHOT_OUTCOMES = ["new", "changed", "same", "rejected"]
EVENT_OUTCOMES = ["new", "same", "rejected"]
MOST_SNAPSHOTS = 1000
MOST_EVENTS = 200
LARGEST_COUNT = 2**31 - 1


def count_field(most: int = LARGEST_COUNT) -> WholeNumberField:
    """Return a figure that may be unknown."""
    return WholeNumberField(required=False, allow_null=True, min_value=0, max_value=most)


class UsageSnapshotSerializer(ShownSerializer[UsageSnapshot]):
    """One customer's usage and bill of one month. Money in yuan."""

    month = MonthField(read_only=True)

    class Meta:
        model = UsageSnapshot
        fields = ("id", "customer", "month", *USAGE_FIELDS, "source", "received_at")
        read_only_fields = fields


class SnapshotSerializer(StrictSerializer):
    """The usage of one customer in one month; what is left out is not known."""

    number = FilledTextField(max_length=32, help_text=_("The customer number."))
    month = MonthField()
    bill = MoneyField(required=False, allow_null=True)
    voice_minutes = count_field()
    data_mb = count_field()
    sms_count = count_field()
    roaming_days = count_field(31)
    balance = SignedMoneyField(required=False, allow_null=True, help_text=_("Below zero: arrears."))
    days_without_use = count_field(32_767)
    plan = TextField(required=False, allow_blank=True, max_length=80)
    contract_end = DayField(required=False, allow_null=True)
    suspensions = count_field(32_767)
    care_calls = count_field(32_767)

    @staticmethod
    def row(given: dict[str, Any], customer: int) -> SnapshotRow:
        """Return what was sent about ``customer``."""
        figures = {name: given[name] for name in USAGE_FIELDS if name in given}
        return SnapshotRow(customer, given["month"], Usage(**figures))


class SnapshotsSerializer(StrictSerializer):
    """Many snapshots at once."""

    rows = RowsField(child=SnapshotSerializer(), min_length=1, max_length=MOST_SNAPSHOTS)


class SnapshotResultSerializer(serializers.Serializer[Any]):
    """What became of one row, in the order in which they were sent."""

    number = serializers.CharField()
    month = MonthField()
    outcome = serializers.ChoiceField(choices=SNAPSHOT_OUTCOMES)
    detail = serializers.CharField(required=False, help_text=_("Why the row was rejected."))


class SnapshotsTakenSerializer(serializers.Serializer[Any]):
    """What became of the rows."""

    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()
    rejected = serializers.IntegerField()
    rows = SnapshotResultSerializer(many=True)


class UsageSnapshotQuery(ListQuery):
    """The filters of the usage snapshots."""

    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    month = MonthField(required=False)
    updated_since = InstantField(
        required=False,
        help_text=_("Only what came in or was corrected at this moment or later."),
    )


class ChurnEventSerializer(ShownSerializer[ChurnEvent]):
    """Something that says at once that a customer may leave."""

    class Meta:
        model = ChurnEvent
        fields = (
            "id",
            "customer",
            "kind",
            "happened_at",
            "received_at",
            "competitor",
            "note",
            "source",
            "external_id",
            "contact_record",
        )
        read_only_fields = fields


class EventSerializer(StrictSerializer):
    """One event. Sent again with the same ``external_id`` it stays one event."""

    number = FilledTextField(max_length=32, help_text=_("The customer number."))
    kind = serializers.ChoiceField(choices=ChurnEvent.Kind.choices)
    happened_at = InstantField(help_text=_("Never in the future."))
    external_id = FilledTextField(max_length=64)
    competitor = TextField(required=False, allow_blank=True, max_length=60)
    note = TextField(required=False, allow_blank=True, max_length=300)

    @staticmethod
    def row(given: dict[str, Any], customer: int) -> EventRow:
        """Return what was sent about ``customer``."""
        return EventRow(
            customer=customer,
            kind=ChurnEvent.Kind(given["kind"]),
            happened_at=given["happened_at"],
            external_id=given["external_id"],
            competitor=given.get("competitor", "").strip(),
            note=given.get("note", "").strip(),
        )


class EventsSerializer(StrictSerializer):
    """Many events at once."""

    rows = RowsField(child=EventSerializer(), min_length=1, max_length=MOST_EVENTS)


class EventResultSerializer(serializers.Serializer[Any]):
    """What became of one event, in the order in which they were sent."""

    external_id = serializers.CharField()
    outcome = serializers.ChoiceField(choices=EVENT_OUTCOMES)
    event = serializers.IntegerField(required=False, help_text=_("The id of the event here."))
    detail = serializers.CharField(required=False, help_text=_("Why the row was rejected."))


class EventsTakenSerializer(serializers.Serializer[Any]):
    """What became of the events."""

    new = serializers.IntegerField()
    same = serializers.IntegerField()
    rejected = serializers.IntegerField()
    rows = EventResultSerializer(many=True)


class ChurnEventQuery(ListQuery):
    """The filters of the churn events."""

    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    kind = serializers.ChoiceField(choices=ChurnEvent.Kind.choices, required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what came in at this moment or later.")
    )
