"""The figures of complaints, and who handles them, as the API shows them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.rest.fields import LARGEST_ID, NumberParameter
from core.rest.lists import ListQuery, Query
from core.rest.views import ShownSerializer
from customers.models import Tier
from staff.models import StaffUser, Unit

GROUPS = [(group, group) for group in ("month", "quarter", "unit", "tier", "category")]
HANDLERS = "handlers"
"""Name in the serializers' context: who handles the complaints of each unit today."""


class ClockFiguresSerializer(serializers.Serializer[Any]):
    """How long one clock took: hours of those that stopped, the percentage that kept its time."""

    number = serializers.IntegerField()
    median = serializers.FloatField(allow_null=True)
    ninetieth = serializers.FloatField(allow_null=True)
    in_time = serializers.DecimalField(max_digits=4, decimal_places=1, allow_null=True)


class FigureLineSerializer(serializers.Serializer[Any]):
    """The times of one group: a month, a quarter, a unit, a tier or a category."""

    name = serializers.CharField(allow_blank=True)
    response = ClockFiguresSerializer()
    resolution = ClockFiguresSerializer()


class CauseFigureSerializer(serializers.Serializer[Any]):
    """How many justified complaints had a cause; ``running``: it and those before, in percent."""

    cause = serializers.CharField()
    complaints = serializers.IntegerField()
    running = serializers.DecimalField(max_digits=4, decimal_places=1, allow_null=True)


class ManagerFigureSerializer(serializers.Serializer[Any]):
    """How many justified complaints a manager's customers had."""

    manager = serializers.IntegerField(allow_null=True)
    complaints = serializers.IntegerField()


class UnitFigureSerializer(serializers.Serializer[Any]):
    """How many justified complaints a unit had."""

    unit = serializers.IntegerField()
    complaints = serializers.IntegerField()


class RepeatsSerializer(serializers.Serializer[Any]):
    """How many complained, and again within ``days``; ``people``: who did, of those in scope."""

    days = serializers.IntegerField()
    customers = serializers.IntegerField()
    again = serializers.IntegerField()
    people = serializers.ListField(child=serializers.IntegerField())


class ComplaintFiguresSerializer(serializers.Serializer[Any]):
    """What the complaints of a year or quarter come to; ``until`` is the first moment after it."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    by = serializers.ChoiceField(choices=GROUPS)
    complaints = serializers.IntegerField()
    all = FigureLineSerializer()
    lines = FigureLineSerializer(many=True)
    causes = CauseFigureSerializer(many=True)
    justified_by_manager = ManagerFigureSerializer(many=True)
    justified_by_unit = UnitFigureSerializer(many=True)
    repeats = RepeatsSerializer()


class FigureQuery(Query):
    """Of which complaints, and by what the times are told."""

    year = NumberParameter(
        min_value=2000, max_value=2100, required=False, help_text=_("This one without it.")
    )
    quarter = NumberParameter(min_value=1, max_value=4, required=False)
    by = serializers.ChoiceField(choices=GROUPS, default="month")
    tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    category = serializers.CharField(
        required=False, max_length=40, help_text=_("The code; those below it are counted in.")
    )
    unit = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("Complaints of this unit and of all below it."),
    )


class ComplaintHandlerSerializer(ShownSerializer[Unit]):
    """Who handles the complaints of one unit (article 21).

    ``designated``: the unit's own handler, null where the next unit up has one. ``handler``: who
    gets a complaint that comes in now, by cover too; null where nobody is found.
    """

    unit = serializers.IntegerField(source="pk", read_only=True)
    designated = serializers.IntegerField(
        source="complaint_handler_id", read_only=True, allow_null=True
    )
    handler = serializers.SerializerMethodField()
    handler_staff_number = serializers.SerializerMethodField()
    handler_name = serializers.SerializerMethodField()

    class Meta:
        model = Unit
        fields = ("id", "unit", "designated", "handler", "handler_staff_number", "handler_name")
        read_only_fields = fields

    def get_handler(self, unit: Unit) -> int | None:
        """Who gets a complaint now."""
        person = self._handler(unit)
        return person.pk if person else None

    def get_handler_staff_number(self, unit: Unit) -> str | None:
        """The staff number of who gets it."""
        person = self._handler(unit)
        return person.staff_number if person else None

    def get_handler_name(self, unit: Unit) -> str | None:
        """The name of who gets it."""
        person = self._handler(unit)
        return person.name if person else None

    def _handler(self, unit: Unit) -> StaffUser | None:
        handlers: dict[int, StaffUser | None] = self.context[HANDLERS]
        return handlers[unit.pk]


class ComplaintHandlerQuery(ListQuery):
    """The filters of who handles complaints."""

    unit = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("This unit and all below it."),
    )
