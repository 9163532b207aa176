"""Leave as the API shows and takes it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.rest.fields import (
    LARGEST_ID,
    DayField,
    FilledTextField,
    NumberParameter,
    StrictSerializer,
    TextField,
    WholeNumberField,
    YesNoParameter,
)
from core.rest.lists import ListQuery
from core.rest.problems import RuleError
from core.rest.views import ShownSerializer
from staff.querysets import StaffQuerySet
from workplans.models import Leave


class LeaveSerializer(ShownSerializer[Leave]):
    """Days on which a manager does not work, both included."""

    manager_staff_number = serializers.CharField(source="manager.staff_number", read_only=True)

    class Meta:
        model = Leave
        fields = (
            "id",
            "manager",
            "manager_staff_number",
            "starts_on",
            "ends_on",
            "reason",
            "entered_by",
            "entered_at",
            "cancelled_at",
        )
        read_only_fields = fields


class NewLeaveSerializer(StrictSerializer):
    """Leave to enter: of whom, exactly one of ``manager`` and ``staff_number``."""

    manager = WholeNumberField(required=False, min_value=1, max_value=LARGEST_ID)
    staff_number = FilledTextField(
        required=False, max_length=20, help_text=_("As other systems know the person.")
    )
    starts_on = DayField(help_text=_("Not more than 31 days ago."))
    ends_on = DayField(help_text=_("The last day of the leave, at most 366 days ahead."))
    reason = TextField(required=False, allow_blank=True, max_length=200)

    def named_in(self, people: StaffQuerySet) -> StaffQuerySet:
        """Return who of ``people`` is named; RuleError for leave of nobody or of two people."""
        given = self.validated_data
        if ("manager" in given) == ("staff_number" in given):
            text = _("Name the manager by exactly one of manager and staff_number.")
            raise RuleError({"manager": [str(text)]})
        if "manager" in given:
            return people.filter(pk=given["manager"])
        return people.numbered([given["staff_number"]])

    def arguments(self) -> dict[str, Any]:
        """Return what the service takes, but for the manager."""
        given = self.validated_data
        return {
            "starts_on": given["starts_on"],
            "ends_on": given["ends_on"],
            "reason": given.get("reason", ""),
        }


class LeaveEndSerializer(StrictSerializer):
    """From which day on the manager is back; without it the leave was never taken."""

    back_on = DayField(
        required=False, allow_null=True, help_text=_("The first day back, one of the leave's.")
    )


class LeaveQuery(ListQuery):
    """The filters of the leave."""

    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    unit = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("Managers of this unit and of all below it."),
    )
    since = DayField(required=False, help_text=_("Leave that has a day from this one on."))
    until = DayField(required=False, help_text=_("Leave that has a day up to this one."))
    cancelled = YesNoParameter(required=False)
