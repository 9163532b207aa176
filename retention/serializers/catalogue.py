"""What the company sets for retention, as the API shows it: signals, measures, causes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.rest.fields import DayField, InstantField, MoneyField, YesNoParameter
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from customers.models import Tier
from retention.models import DepartureCause, Measure, Signal, SignalVersion


class SignalVersionSerializer(ShownSerializer[SignalVersion]):
    """What a signal says from ``changed_at`` on, until its next version.

    ``group``: signals that overlap, together at most ``group_cap`` points.
    """

    threshold = serializers.DecimalField(max_digits=10, decimal_places=2, read_only=True)
    group = serializers.CharField(source="group.code", read_only=True, allow_null=True)
    group_cap = serializers.IntegerField(source="group.cap", read_only=True, allow_null=True)

    class Meta:
        model = SignalVersion
        fields = (
            "number",
            "field",
            "operator",
            "threshold",
            "window_months",
            "points",
            "points_when_missing",
            "reason_en",
            "reason_zh",
            "group",
            "group_cap",
            "is_active",
            "changed_by",
            "changed_at",
        )
        read_only_fields = fields


class RiskSignalSerializer(ShownSerializer[Signal]):
    """One sign that a customer may leave (article 17), as it is judged now."""

    current = serializers.SerializerMethodField()

    class Meta:
        model = Signal
        fields: tuple[str, ...] = ("id", "code", "created_at", "current")
        read_only_fields = fields

    @extend_schema_field(SignalVersionSerializer)
    def get_current(self, signal: Signal) -> object:
        """The present version; one that is not in force does not count."""
        (version,) = [one for one in signal.versions.all() if one.is_current]
        return SignalVersionSerializer(version).data


class RiskSignalDetailSerializer(RiskSignalSerializer):
    """A signal with all its versions, the first one first."""

    versions = SignalVersionSerializer(many=True, read_only=True)

    class Meta(RiskSignalSerializer.Meta):
        fields: tuple[str, ...] = (*RiskSignalSerializer.Meta.fields, "versions")
        read_only_fields = fields


class RiskSignalQuery(ListQuery):
    """The filters of the signals."""

    is_active = YesNoParameter(required=False, help_text=_("In force now."))
    group = serializers.CharField(required=False, max_length=30, help_text=_("A code."))
    updated_since = InstantField(
        required=False, help_text=_("Only those with a version of this moment or later.")
    )


class MeasureSerializer(ShownSerializer[Measure]):
    """What can be offered to a customer who wants to leave (article 18). Money in yuan.

    Up to ``manager_limit`` a manager grants it, up to ``supervisor_limit`` the unit's
    supervisor, above that the supervisor of a unit above. ``tiers`` empty: all.
    """

    value = MoneyField(read_only=True)
    manager_limit = MoneyField(read_only=True)
    supervisor_limit = MoneyField(read_only=True)
    tiers = serializers.ListField(
        child=serializers.ChoiceField(choices=Tier.choices), read_only=True
    )

    class Meta:
        model = Measure
        fields = (
            "id",
            "code",
            "kind",
            "name_en",
            "name_zh",
            "points_en",
            "points_zh",
            "value",
            "tiers",
            "months_with_us",
            "manager_limit",
            "supervisor_limit",
            "valid_from",
            "valid_until",
            "is_active",
        )
        read_only_fields = fields


class MeasureQuery(ListQuery):
    """The filters of the measures."""

    kind = serializers.ChoiceField(choices=Measure.Kind.choices, required=False)
    is_active = YesNoParameter(required=False)
    offered_on = DayField(required=False, help_text=_("Those that are offered on this day."))


class DepartureCauseSerializer(ShownSerializer[DepartureCause]):
    """A coded cause of leaving (article 19), on two levels; a review names one of the lower."""

    class Meta:
        model = DepartureCause
        fields = ("id", "code", "parent", "name_en", "name_zh", "is_active", "position")
        read_only_fields = fields
