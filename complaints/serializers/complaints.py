"""Complaints as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from complaints.models import Category, Complaint, ComplaintStep, Severity, Source, State
from complaints.rules.states import Move
from complaints.services.registering import Report
from core.rest.fields import (
    LARGEST_ID,
    FilledTextField,
    InstantField,
    KeyField,
    NumberParameter,
    StrictSerializer,
    TextField,
    WholeNumberField,
    YesNoField,
    YesNoParameter,
)
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from customers.models import Tier

MOVES = [(move.name.lower(), move.name.lower()) for move in Move]


class ComplaintStepSerializer(ShownSerializer[ComplaintStep]):
    """One change of a complaint."""

    class Meta:
        model = ComplaintStep
        fields = (
            "id",
            "kind",
            "at",
            "actor",
            "from_state",
            "to_state",
            "reason",
            "contact_record",
        )
        read_only_fields = fields


class ComplaintSerializer(ShownSerializer[Complaint]):
    """A complaint with its clocks (article 21)."""

    category = serializers.CharField(source="category.code", read_only=True)

    class Meta:
        model = Complaint
        fields: tuple[str, ...] = (
            "id",
            "customer",
            "unit",
            "manager",
            "tier",
            "subject",
            "description",
            "category",
            "severity",
            "wish",
            "source",
            "external_id",
            "is_appeal",
            "state",
            "handler",
            "registered_by",
            "registered_at",
            "received_at",
            "response_due_at",
            "resolution_due_at",
            "statutory_due_at",
            "responded_at",
            "paused_since",
            "paused_seconds",
            "resolved_at",
            "closed_at",
            "resolution",
            "reopened",
            "merged_into",
            "submission_key",
            "updated_at",
        )
        read_only_fields = fields


class ComplaintDetailSerializer(ComplaintSerializer):
    """A complaint with its steps, the oldest first."""

    steps = ComplaintStepSerializer(many=True, read_only=True)

    class Meta(ComplaintSerializer.Meta):
        fields: tuple[str, ...] = (*ComplaintSerializer.Meta.fields, "steps")
        read_only_fields = fields


class CategorySerializer(ShownSerializer[Category]):
    """What a complaint can be about; ``path`` holds the codes from the root down."""

    class Meta:
        model = Category
        fields = ("id", "code", "path", "name_en", "name_zh", "is_active")
        read_only_fields = fields


class ReportSerializer(StrictSerializer):
    """A complaint to register. Sent again with the same ``submission_key`` it stays one."""

    customer = WholeNumberField(min_value=1, max_value=LARGEST_ID)
    submission_key = KeyField()
    subject = FilledTextField(max_length=120)
    category = FilledTextField(
        max_length=40, help_text=_("The code of a category, as of complaint-categories.")
    )
    description = TextField(required=False, allow_blank=True, max_length=4000)
    severity = serializers.ChoiceField(choices=Severity.choices, default=Severity.NORMAL)
    wish = TextField(required=False, allow_blank=True, max_length=500)
    source = serializers.ChoiceField(choices=Source.choices, default=Source.HOTLINE)  # type: ignore[assignment]
    is_appeal = YesNoField(default=False, help_text=_("An appeal to the regulator."))
    received_at = InstantField(
        required=False, help_text=_("Now, where it is left out; never in the future.")
    )
    external_id = TextField(
        required=False,
        allow_blank=True,
        max_length=64,
        help_text=_("The number in the other system; each is registered once."),
    )

    def report(self, category: Category) -> Report:
        """Return what was sent."""
        given: dict[str, Any] = self.validated_data
        return Report(
            subject=given["subject"],
            category=category,
            description=given.get("description", ""),
            severity=Severity(given["severity"]),
            wish=given.get("wish", ""),
            source=Source(given["source"]),
            is_appeal=given["is_appeal"],
            received_at=given.get("received_at"),
            external_id=given.get("external_id", ""),
        )


class ComplaintChangeSerializer(StrictSerializer):
    """What changes of a complaint; what is left out stays. Tier and deadlines always stay."""

    subject = FilledTextField(required=False, max_length=120)
    category = FilledTextField(
        required=False,
        max_length=40,
        help_text=_("The code of a category, as of complaint-categories."),
    )
    description = TextField(required=False, allow_blank=True, max_length=4000)
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    wish = TextField(required=False, allow_blank=True, max_length=500)
    is_appeal = YesNoField(required=False, help_text=_("An appeal to the regulator."))

    def report(self, complaint: Complaint, category: Category) -> Report:
        """Return what was sent over what stands."""
        given: dict[str, Any] = self.validated_data
        return Report(
            subject=given.get("subject", complaint.subject),
            category=category,
            description=given.get("description", complaint.description),
            severity=Severity(given.get("severity", complaint.severity)),
            wish=given.get("wish", complaint.wish),
            is_appeal=given.get("is_appeal", complaint.is_appeal),
        )


class MoveSerializer(StrictSerializer):
    """One move of a complaint, with the words it wants."""

    move = serializers.ChoiceField(choices=MOVES)
    reason = TextField(
        required=False,
        allow_blank=True,
        max_length=500,
        help_text=_("Wanted to wait and to reopen."),
    )
    resolution = TextField(
        required=False, allow_blank=True, max_length=2000, help_text=_("Wanted to resolve.")
    )

    def arguments(self) -> dict[str, Any]:
        """Return what the service takes."""
        given: dict[str, Any] = self.validated_data
        return {
            "move": Move[given["move"].upper()],
            "reason": given.get("reason", ""),
            "resolution": given.get("resolution", ""),
        }


class RemarkSerializer(StrictSerializer):
    """A remark."""

    text = FilledTextField(max_length=500)


class ComplaintQuery(ListQuery):
    """The filters of the complaints."""

    state = serializers.ChoiceField(choices=State.choices, required=False)
    open = YesNoParameter(required=False)
    overdue = YesNoParameter(required=False, help_text=_("Over one of its times now."))
    appeal = YesNoParameter(
        required=False, help_text=_("An appeal to the regulator, or with one among its doubles.")
    )
    tier = serializers.ChoiceField(choices=Tier.choices, required=False)
    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    handler = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what was changed at this moment or later.")
    )
