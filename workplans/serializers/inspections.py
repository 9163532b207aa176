"""Inspections and findings as the API shows them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.rest.fields import LARGEST_ID, InstantField, NumberParameter, YesNoParameter
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from workplans.models import Finding, InspectedItem, Inspection, RecordSignal


class InspectedItemSerializer(ShownSerializer[InspectedItem]):
    """One contact record, plan or log drawn for an inspection, with the verdict."""

    class Meta:
        model = InspectedItem
        fields = (
            "position",
            "record",
            "plan",
            "log",
            "verdict",
            "call_back",
            "quality",
            "judged_at",
            "judged_by",
        )
        read_only_fields = fields


class FindingSerializer(ShownSerializer[Finding]):
    """What an inspection found, and what became of it."""

    manager = serializers.IntegerField(source="inspection.manager_id", read_only=True)

    class Meta:
        model = Finding
        fields = (
            "id",
            "inspection",
            "manager",
            "text",
            "due_on",
            "made_by",
            "made_at",
            "answer",
            "answered_at",
            "reopened_at",
            "note",
            "closed_at",
            "closed_by",
        )
        read_only_fields = fields


class InspectionSerializer(ShownSerializer[Inspection]):
    """An inspection of one manager's days (article 6)."""

    items = InspectedItemSerializer(many=True, read_only=True)

    class Meta:
        model = Inspection
        fields = (
            "id",
            "manager",
            "unit",
            "inspector",
            "starts_on",
            "ends_on",
            "population",
            "opened_at",
            "closed_at",
            "conclusion",
            "items",
            "updated_at",
        )
        read_only_fields = fields


class InspectionQuery(ListQuery):
    """The filters of the inspections."""

    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    is_closed = YesNoParameter(required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what was changed at this moment or later.")
    )


class FindingQuery(ListQuery):
    """The filters of the findings."""

    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    inspection = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    is_open = YesNoParameter(required=False)


class RecordSignalSerializer(ShownSerializer[RecordSignal]):
    """One thing that looks odd about one contact record; ``facts`` say why."""

    facts = serializers.DictField(read_only=True)

    class Meta:
        model = RecordSignal
        fields = ("id", "record", "person", "kind", "happened_on", "facts", "found_at")
        read_only_fields = fields


class RecordSignalQuery(ListQuery):
    """The filters of the signs. ``since``: the local day of the record."""

    person = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    kind = serializers.ChoiceField(choices=RecordSignal.Kind.choices, required=False)
    since = serializers.DateField(required=False)
