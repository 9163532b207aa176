"""Work logs as the API shows them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.rest.fields import LARGEST_ID, InstantField, NumberParameter
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from customers.models import Channel
from workplans.models import LogRemark, WorkLog
from workplans.services.daily import figures_of


class LogRemarkSerializer(ShownSerializer[LogRemark]):
    """What a supervisor answered in a log, or the manager said to it."""

    class Meta:
        model = LogRemark
        fields = ("id", "author", "text", "at", "read_at")
        read_only_fields = fields


class WorkLogSerializer(ShownSerializer[WorkLog]):
    """One manager's log of one day (article 5)."""

    remarks = LogRemarkSerializer(many=True, read_only=True)

    class Meta:
        model = WorkLog
        fields = (
            "id",
            "manager",
            "log_date",
            "learnt",
            "problems",
            "help_needed",
            "tomorrow",
            "due_at",
            "submitted_at",
            "is_late",
            "read_at",
            "read_by",
            "remarks",
            "updated_at",
        )
        read_only_fields = fields


class ChannelCountSerializer(serializers.Serializer[Any]):
    """How many contacts by one channel were tried, and how many reached the customer."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    tried = serializers.IntegerField()
    reached = serializers.IntegerField()


class DayFiguresSerializer(serializers.Serializer[Any]):
    """A day in numbers; what was voided is in none of them."""

    contacts = serializers.IntegerField(help_text=_("Contacts that count."))
    attempts = serializers.IntegerField(help_text=_("Records, those that do not count too."))
    by_stand_in = serializers.IntegerField(
        help_text=_("Records of others for the manager's customers.")
    )
    promises_made = serializers.IntegerField()
    promises_kept = serializers.IntegerField()
    cases = serializers.IntegerField(help_text=_("Retention cases opened or decided."))
    warnings = serializers.IntegerField(help_text=_("Churn warnings followed up or closed."))
    facts = serializers.IntegerField(help_text=_("Customers of whom something was learnt."))
    planned = serializers.IntegerField()
    planned_done = serializers.IntegerField()
    late_additions = serializers.IntegerField(
        help_text=_("Records entered after the log was submitted.")
    )
    channels = ChannelCountSerializer(many=True)


class WorkLogWithDaySerializer(WorkLogSerializer):
    """A log with the figures of what came in for its day."""

    figures = serializers.SerializerMethodField()

    class Meta(WorkLogSerializer.Meta):
        fields = (*WorkLogSerializer.Meta.fields, "figures")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(DayFiguresSerializer)
    def get_figures(self, log: WorkLog) -> dict[str, Any]:
        """Return the day in numbers."""
        figures, channels = figures_of(log.manager, log)
        shown: dict[str, Any] = dict(vars(figures))
        shown["channels"] = channels
        return dict(DayFiguresSerializer(shown).data)


class WorkLogQuery(ListQuery):
    """The filters of the logs."""

    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    since = serializers.DateField(required=False, help_text=_("Only logs of this day and later."))
    until = serializers.DateField(required=False, help_text=_("Only logs of this day and earlier."))
    submitted = serializers.BooleanField(required=False, help_text=_("Submitted, or not yet."))
    late = serializers.BooleanField(required=False, help_text=_("Submitted late, or not."))
    updated_since = InstantField(
        required=False, help_text=_("Only what was changed at this moment or later.")
    )
