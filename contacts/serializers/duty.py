"""Who takes the calls now, as the API shows it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.rest.fields import LARGEST_ID, NumberParameter
from core.rest.lists import ListQuery


class DutySerializer(serializers.Serializer[Any]):
    """One manager, and who takes the calls of that one's customers now (article 7).

    ``chain``: who stands in, the nearest first; the last of them is on duty. ``waiting`` and
    ``late``: missed calls of the manager's customers that are open, and over their time.
    """

    id = serializers.IntegerField(source="manager.pk")
    manager = serializers.IntegerField(source="manager.pk")
    manager_staff_number = serializers.CharField(source="manager.staff_number")
    unit = serializers.IntegerField(source="manager.unit_id", allow_null=True)
    on_duty = serializers.IntegerField(source="on_duty.pk")
    on_duty_staff_number = serializers.CharField(source="on_duty.staff_number")
    on_duty_name = serializers.CharField(source="on_duty.name")
    is_reachable = serializers.BooleanField(help_text=_("Whether who is on duty still works here."))
    chain = serializers.SerializerMethodField()
    waiting = serializers.IntegerField()
    late = serializers.IntegerField()

    def get_chain(self, row: Any) -> list[int]:
        """Who stands in, the nearest first."""
        return [person.pk for person in row.chain]


class DutyQuery(ListQuery):
    """The filters of the duty roster."""

    unit = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("Managers of this unit and of all below it."),
    )
    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
