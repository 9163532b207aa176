"""Units and people as the API shows them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.rest.fields import LARGEST_ID, NumberParameter, YesNoParameter
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from staff.models import Role, StaffUser, Unit
from staff.rules import Scope

SCOPE = "scope"
"""Name in the serializers' context: what the asker may see; None for who sees every unit."""


class UnitSerializer(ShownSerializer[Unit]):
    """One unit; ``parent`` only where the asker may see that, too."""

    parent = serializers.SerializerMethodField()  # type: ignore[assignment]

    class Meta:
        model = Unit
        fields = ("id", "name", "full_name", "parent", "time_zone")
        read_only_fields = fields

    def get_parent(self, unit: Unit) -> int | None:
        """Return the parent's id; None at the top of what the asker may see."""
        scope: Scope | None = self.context.get(SCOPE)
        if scope is None or scope.everything:
            return unit.parent_id
        above = unit.path.removesuffix(f"{unit.pk}/")
        is_below = scope.unit_path is not None and above.startswith(scope.unit_path)
        return unit.parent_id if is_below else None


class StaffSerializer(ShownSerializer[StaffUser]):
    """One person, without anything private."""

    class Meta:
        model = StaffUser
        fields = ("id", "staff_number", "name", "role", "unit", "is_active")
        read_only_fields = fields


class StaffQuery(ListQuery):
    """The filters of the people."""

    role = serializers.ChoiceField(
        choices=[choice for choice in Role.choices if choice[0] != Role.SYSTEM], required=False
    )
    unit = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("The people of this unit and of all below it."),
    )
    active = YesNoParameter(required=False)
