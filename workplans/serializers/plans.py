"""Work plans as the API shows them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.rest.fields import LARGEST_ID, DayField, InstantField, NumberParameter
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from workplans.models import PlanItem, PlanTarget, WorkPlan
from workplans.models.plans import PlanKind


class PlanTargetSerializer(ShownSerializer[PlanTarget]):
    """How many of one kind of work a plan aims at."""

    class Meta:
        model = PlanTarget
        fields = ("kind", "value")
        read_only_fields = fields


class PlanItemSerializer(ShownSerializer[PlanItem]):
    """One thing to do on one day. ``is_done``: a counted contact of the plan's period did it."""

    is_done = serializers.BooleanField(read_only=True)

    class Meta:
        model = PlanItem
        fields = (
            "id",
            "customer",
            "text",
            "day",
            "position",
            "minutes",
            "matter",
            "needs_visit",
            "channel",
            "occasion",
            "purpose",
            "origin",
            "due_on",
            "is_done",
            "cancelled_at",
        )
        read_only_fields = fields


class WorkPlanSerializer(ShownSerializer[WorkPlan]):
    """One manager's plan of a year, a month or a week (article 4)."""

    targets = PlanTargetSerializer(many=True, read_only=True)

    class Meta:
        model = WorkPlan
        fields = (
            "id",
            "manager",
            "kind",
            "starts_on",
            "ends_on",
            "state",
            "note",
            "due_at",
            "submitted_at",
            "is_late",
            "decided_at",
            "decided_by",
            "targets",
            "updated_at",
        )
        read_only_fields = fields


class WorkPlanWithItemsSerializer(WorkPlanSerializer):
    """A plan with its items in order; the view gives them in the context."""

    items = serializers.SerializerMethodField()

    class Meta(WorkPlanSerializer.Meta):
        fields = (*WorkPlanSerializer.Meta.fields, "items")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(PlanItemSerializer(many=True))
    def get_items(self, plan: WorkPlan) -> list[Any]:
        """Return the items that the asker sees."""
        return list(PlanItemSerializer(self.context["items"], many=True).data)


class WorkPlanQuery(ListQuery):
    """The filters of the plans."""

    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    unit = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("Plans of the managers of this unit and all below it."),
    )
    kind = serializers.ChoiceField(choices=PlanKind.choices, required=False)
    state = serializers.ChoiceField(choices=WorkPlan.State.choices, required=False)
    starts_on = DayField(required=False)
    since = DayField(required=False, help_text=_("Only plans that begin on this day or later."))
    updated_since = InstantField(
        required=False, help_text=_("Only what was changed at this moment or later.")
    )
