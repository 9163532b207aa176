"""What was learnt of departures, as the API shows and takes it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.rest.fields import (
    LARGEST_ID,
    DayField,
    FilledTextField,
    InstantField,
    NumberParameter,
    StrictSerializer,
    TextField,
)
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from customers.models import Tier
from retention.models import DepartureCause, DepartureReview
from retention.services.departures import ReviewRow

Foreseeable = DepartureReview.Foreseeable


class DepartureReviewSerializer(ShownSerializer[DepartureReview]):
    """What was learnt of one departure (article 19); ``id`` is that of the departure."""

    id = serializers.IntegerField(source="departure_id", read_only=True)
    customer = serializers.IntegerField(source="departure.customer_id", read_only=True)
    manager = serializers.IntegerField(
        source="departure.manager_id", read_only=True, allow_null=True
    )
    unit = serializers.IntegerField(source="departure.unit_id", read_only=True)
    left_on = serializers.DateField(source="departure.left_on", read_only=True)
    cause = serializers.CharField(source="cause.code", read_only=True)

    class Meta:
        model = DepartureReview
        fields = (
            "id",
            "customer",
            "manager",
            "unit",
            "left_on",
            "cause",
            "competitor",
            "foreseeable",
            "lesson",
            "win_back_on",
            "reviewed_by",
            "reviewed_at",
        )
        read_only_fields = fields


CAUSE_HELP = _("The code of a cause of the lower level, as of departure-causes.")


class NewReviewSerializer(StrictSerializer):
    """The review of a departure. The same words sent again stay one review."""

    cause = FilledTextField(
        max_length=40,
        help_text=CAUSE_HELP,
    )
    foreseeable = serializers.ChoiceField(choices=Foreseeable.choices)
    lesson = FilledTextField(max_length=2000)
    competitor = TextField(required=False, allow_blank=True, max_length=60)
    win_back_on = DayField(required=False, allow_null=True, help_text=_("Never in the past."))

    def row(self, cause: DepartureCause, stored: DepartureReview | None = None) -> ReviewRow:
        """Return what was sent over what stands, as the service takes it."""
        given: dict[str, Any] = self.validated_data
        names = ("foreseeable", "lesson", "competitor", "win_back_on")
        kept = {name: getattr(stored, name) for name in names} if stored is not None else {}
        said = {**kept, **{name: given[name] for name in names if name in given}}
        return ReviewRow(
            cause=cause,
            foreseeable=Foreseeable(said["foreseeable"]),
            lesson=said["lesson"].strip(),
            competitor=said.get("competitor", "").strip(),
            win_back_on=said.get("win_back_on"),
        )


class ReviewChangeSerializer(NewReviewSerializer):
    """What changes of a review; what is left out stays."""

    cause = FilledTextField(
        required=False,
        max_length=40,
        help_text=CAUSE_HELP,
    )
    foreseeable = serializers.ChoiceField(choices=Foreseeable.choices, required=False)
    lesson = FilledTextField(required=False, max_length=2000)


class DepartureReviewQuery(ListQuery):
    """The filters of the reviews."""

    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    unit = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("Departures of this unit and of all below it."),
    )
    tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    cause = serializers.CharField(
        required=False, max_length=40, help_text=_("The code; of the upper level with those below.")
    )
    foreseeable = serializers.ChoiceField(choices=Foreseeable.choices, required=False)
    left_from = DayField(required=False)
    left_to = DayField(required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what was written at this moment or later.")
    )
