"""Churn warnings and risk scores as the API shows them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.rest.fields import LARGEST_ID, DayField, InstantField, NumberParameter, YesNoParameter
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from retention.models import ChurnWarning, RiskScore, SignalVersion, WarningReason
from retention.rules.scoring import WORST_SCORE, shown


class ScoreReasonSerializer(serializers.Serializer[Any]):
    """The points that a signal gives; ``value`` is what it saw, null where that was missing."""

    signal = serializers.CharField()
    version = serializers.IntegerField()
    points = serializers.IntegerField()
    value = serializers.CharField(allow_null=True)
    text = serializers.CharField()


class MissingSerializer(serializers.Serializer[Any]):
    """A signal that could not be judged for want of data."""

    signal = serializers.CharField()
    version = serializers.IntegerField()


class RiskScoreSerializer(ShownSerializer[RiskScore]):
    """A customer's risk from a day on; the points of the reasons sum exactly to it."""

    reasons = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()

    class Meta:
        model = RiskScore
        fields = ("id", "customer", "scored_on", "score", "reasons", "missing", "is_simulated")
        read_only_fields = fields

    @extend_schema_field(ScoreReasonSerializer(many=True))
    def get_reasons(self, row: RiskScore) -> list[dict[str, Any]]:
        """The reasons, the most points first."""
        versions: dict[int, SignalVersion] = self.context["versions"]
        return [
            {
                "signal": versions[pk].signal.code,
                "version": versions[pk].number,
                "points": points,
                "value": value,
                "text": versions[pk].reason,
            }
            for pk, points, value in row.reasons
        ]

    @extend_schema_field(MissingSerializer(many=True))
    def get_missing(self, row: RiskScore) -> list[dict[str, Any]]:
        """What could not be judged."""
        versions: dict[int, SignalVersion] = self.context["versions"]
        return [
            {"signal": versions[pk].signal.code, "version": versions[pk].number}
            for pk in row.missing
        ]


class WarningReasonSerializer(serializers.Serializer[Any]):
    """Why a warning was opened: a signal with its points, or an event."""

    signal = serializers.CharField(allow_null=True)
    event = serializers.IntegerField(allow_null=True)
    points = serializers.IntegerField()
    value = serializers.CharField(allow_null=True)
    text = serializers.CharField()
    added_at = serializers.DateTimeField()
    is_first = serializers.BooleanField()

    def to_representation(self, instance: WarningReason) -> dict[str, Any]:
        """Return the reason in words."""
        version, event = instance.signal_version, instance.event
        added_at = self.fields["added_at"].to_representation(instance.added_at)
        return {
            "signal": version.signal.code if version is not None else None,
            "event": event.pk if event is not None else None,
            "points": instance.points,
            "value": shown(instance.value),
            "text": version.reason if version else event.get_kind_display() if event else "",
            "added_at": added_at,
            "is_first": instance.is_first,
        }


class ChurnWarningSerializer(ShownSerializer[ChurnWarning]):
    """A customer may be about to leave. ``manager`` and ``unit`` are those at the opening."""

    reasons = WarningReasonSerializer(many=True)

    class Meta:
        model = ChurnWarning
        fields = (
            "id",
            "customer",
            "manager",
            "unit",
            "opened_at",
            "is_hard",
            "score",
            "line",
            "rank",
            "reasons",
            "follow_up_due_at",
            "contacted_at",
            "contacted_by",
            "contact_record",
            "found",
            "next_step",
            "next_step_on",
            "snoozed_until",
            "snooze_reason",
            "escalated_at",
            "closed_at",
            "closed_by",
            "result",
            "close_note",
            "is_simulated",
            "updated_at",
        )
        read_only_fields = fields


class ChurnWarningQuery(ListQuery):
    """The filters of the churn warnings."""

    state = serializers.ChoiceField(choices=["open", "closed", "all"], default="open")
    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    manager = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("Whose customers they are now."),
    )
    hard = YesNoParameter(required=False)
    escalated = YesNoParameter(required=False)
    opened_since = InstantField(required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what was changed at this moment or later.")
    )


class RiskScoreQuery(ListQuery):
    """The filters of the risk scores."""

    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    scored_from = DayField(required=False)
    scored_to = DayField(required=False)
    at_least = NumberParameter(min_value=0, max_value=WORST_SCORE, required=False)
