"""Plans of inspections, and who was inspected, as the API shows them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.rest.fields import LARGEST_ID, MonthField, NumberParameter
from core.rest.lists import LARGEST_PAGE, ListQuery, Query
from core.rest.views import ShownSerializer
from workplans.models import InspectionPlan, InspectionPlanLine


class InspectionPlanLineSerializer(ShownSerializer[InspectionPlanLine]):
    """One manager in a unit's monthly plan, and by which day."""

    class Meta:
        model = InspectionPlanLine
        fields = ("id", "manager", "planned_on")
        read_only_fields = fields


class InspectionPlanSerializer(ShownSerializer[InspectionPlan]):
    """Whom a unit means to inspect in one month (article 6)."""

    month = MonthField(read_only=True)
    lines = InspectionPlanLineSerializer(many=True, read_only=True)

    class Meta:
        model = InspectionPlan
        fields = ("id", "unit", "month", "made_by", "made_at", "lines")
        read_only_fields = fields


class InspectionPlanQuery(ListQuery):
    """The filters of the plans of inspections."""

    unit = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("This unit and all below it."),
    )
    month = MonthField(required=False)


class UnitCoverageSerializer(serializers.Serializer[Any]):
    """How many managers of one unit were inspected in the month and in the quarter."""

    unit = serializers.IntegerField(source="unit.pk")
    managers = serializers.IntegerField()
    in_month = serializers.IntegerField()
    in_quarter = serializers.IntegerField()


class UninspectedSerializer(serializers.Serializer[Any]):
    """A manager who was not inspected in the month; ``signals``: signs of the last 40 days."""

    manager = serializers.IntegerField(source="manager.pk")
    unit = serializers.IntegerField(source="manager.unit_id")
    inspected_on = serializers.DateField(allow_null=True)
    signals = serializers.IntegerField()


class InspectionCoverageSerializer(serializers.Serializer[Any]):
    """Who was inspected to the end in the present month and quarter (article 6).

    ``waiting``: who was not in the month, the most wanted first; ``waiting_more``: how many more.
    """

    as_of = serializers.DateField()
    managers = serializers.IntegerField()
    in_month = serializers.IntegerField()
    in_quarter = serializers.IntegerField()
    units = UnitCoverageSerializer(many=True)
    waiting = UninspectedSerializer(many=True)
    waiting_more = serializers.IntegerField()


class CoverageQuery(Query):
    """Of which managers, and how many of those who wait are named."""

    unit = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("Managers of this unit and of all below it."),
    )
    most_waiting = NumberParameter(
        min_value=0,
        max_value=LARGEST_PAGE,
        default=50,
        help_text=_("How many of those who wait are named."),
    )
