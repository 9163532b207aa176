"""Departures and churn goals as the API shows and takes them."""

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
    NumberParameter,
    RowsField,
    StrictSerializer,
    TextField,
    WholeNumberField,
    YesNoField,
    YesNoParameter,
)
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from customers.models import Tier
from retention.models import ChurnGoal, Departure, DepartureCause, DepartureReview, TierGroup
from retention.services.departures import DepartureRow

MOST_AT_ONCE = 500


class ReviewSerializer(ShownSerializer[DepartureReview]):
    """What was learnt of a departure (article 19). ``cause`` is the code."""

    cause: serializers.SlugRelatedField[DepartureCause] = serializers.SlugRelatedField(
        slug_field="code", read_only=True
    )

    class Meta:
        model = DepartureReview
        fields = (
            "cause",
            "competitor",
            "foreseeable",
            "lesson",
            "win_back_on",
            "reviewed_by",
            "reviewed_at",
        )
        read_only_fields = fields


class DepartureSerializer(ShownSerializer[Departure]):
    """A customer who left, with the tier, manager and unit of that day (articles 1 and 19)."""

    is_counted = serializers.BooleanField(read_only=True)
    review = ReviewSerializer(read_only=True, allow_null=True, default=None)

    class Meta:
        model = Departure
        fields = (
            "id",
            "external_id",
            "customer",
            "kind",
            "left_on",
            "is_voluntary",
            "is_counted",
            "tier",
            "manager",
            "unit",
            "competitor",
            "monthly_bill",
            "note",
            "source",
            "reported_at",
            "reported_by",
            "review_due_on",
            "review",
            "returned_on",
            "cancelled_at",
            "cancel_reason",
            "updated_at",
        )
        read_only_fields = fields


class DepartureQuery(ListQuery):
    """The filters of the departures."""

    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    kind = serializers.ChoiceField(choices=Departure.Kind.choices, required=False)
    tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    reviewed = YesNoParameter(required=False)
    cancelled = YesNoParameter(required=False)
    left_from = DayField(required=False)
    left_to = DayField(required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what was changed at this moment or later.")
    )


class NewDepartureSerializer(StrictSerializer):
    """One departure. Sent again with the same ``external_id`` it stays one row."""

    external_id = FilledTextField(max_length=64)
    customer = WholeNumberField(min_value=1, max_value=LARGEST_ID)
    kind = serializers.ChoiceField(choices=Departure.Kind.choices)
    left_on = DayField()
    is_voluntary = YesNoField(default=True)
    competitor = TextField(required=False, allow_blank=True, max_length=60)
    monthly_bill = MoneyField(required=False, allow_null=True)
    note = TextField(required=False, allow_blank=True, max_length=300)


def row_of(given: dict[str, Any]) -> DepartureRow:
    """Return one departure that was sent, as the service takes it."""
    return DepartureRow(
        kind=Departure.Kind(given["kind"]),
        left_on=given["left_on"],
        is_voluntary=given["is_voluntary"],
        competitor=given.get("competitor", ""),
        monthly_bill=given.get("monthly_bill"),
        note=given.get("note", ""),
        external_id=given["external_id"],
    )


class DeparturesSerializer(StrictSerializer):
    """Departures to be recorded, each for itself."""

    departures = RowsField(child=NewDepartureSerializer(), min_length=1, max_length=MOST_AT_ONCE)


class RefusedSerializer(serializers.Serializer[Any]):
    """A departure that was not recorded, and why."""

    external_id = serializers.CharField()
    detail = serializers.CharField()


class RecordedSerializer(serializers.Serializer[Any]):
    """What became of the departures that were sent: recorded now or before, or refused."""

    results = DepartureSerializer(many=True)
    created = serializers.IntegerField()
    refused = RefusedSerializer(many=True)


class StandingSerializer(serializers.Serializer[Any]):
    """Where a goal stands to date, of the customers whom the asker may see.

    ``rate`` in percent. ``may_still_lose`` below zero: the goal is missed by so many.
    """

    year = serializers.IntegerField()
    as_of = serializers.DateField()
    base = serializers.IntegerField()
    is_rebuilt = serializers.BooleanField()
    lost = serializers.IntegerField()
    rate = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    may_still_lose = serializers.IntegerField(allow_null=True)
    pace = serializers.ChoiceField(choices=["good", "fast", "missed"], allow_null=True)
    projected = serializers.IntegerField(allow_null=True)
    projected_low = serializers.IntegerField(allow_null=True)
    projected_high = serializers.IntegerField(allow_null=True)


class ChurnGoalSerializer(ShownSerializer[ChurnGoal]):
    """Under ``percent`` leave in each year from ``from_year`` on, until a later goal."""

    to_date = StandingSerializer(read_only=True, allow_null=True)

    class Meta:
        model = ChurnGoal
        fields = ("id", "from_year", "tier_group", "unit", "percent", "set_at", "to_date")
        read_only_fields = fields


class ChurnGoalQuery(ListQuery):
    """The filters of the goals. ``year``: which year's figures, this one without it."""

    tier_group = serializers.ChoiceField(choices=TierGroup.choices, required=False)
    unit = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    year = NumberParameter(min_value=2000, max_value=2100, required=False)
