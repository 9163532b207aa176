"""Retention cases as the API shows them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.rest.fields import LARGEST_ID, InstantField, NumberParameter
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from retention.models import CaseFollowUp, MeasureOffer, RetentionCase
from retention.models.cases import LeavingReason


class MeasureOfferSerializer(ShownSerializer[MeasureOffer]):
    """One measure in a case."""

    measure = serializers.CharField(source="measure.code", read_only=True)

    class Meta:
        model = MeasureOffer
        fields = (
            "id",
            "measure",
            "value",
            "state",
            "note",
            "chosen_by",
            "chosen_at",
            "needs_unit",
            "decided_by",
            "decided_at",
            "decision_note",
            "answered_at",
        )
        read_only_fields = fields


class CaseFollowUpSerializer(ShownSerializer[CaseFollowUp]):
    """One follow-up of a saved customer."""

    class Meta:
        model = CaseFollowUp
        fields = ("id", "kind", "due_on", "done_at", "done_by", "contact_record", "result", "note")
        read_only_fields = fields


class RetentionCaseSerializer(ShownSerializer[RetentionCase]):
    """A customer who wanted to leave, what was offered, and whether it held (article 18)."""

    offers = MeasureOfferSerializer(many=True, read_only=True)
    follow_ups = CaseFollowUpSerializer(many=True, read_only=True)

    class Meta:
        model = RetentionCase
        fields = (
            "id",
            "customer",
            "warning",
            "manager",
            "unit",
            "state",
            "opened_at",
            "opened_by",
            "reason",
            "reason_note",
            "competitor",
            "competitor_offer",
            "code_received_at",
            "deadline_at",
            "decided_at",
            "decided_by",
            "outcome_note",
            "offers",
            "follow_ups",
            "updated_at",
        )
        read_only_fields = fields


class RetentionCaseQuery(ListQuery):
    """The filters of the cases."""

    state = serializers.ChoiceField(choices=RetentionCase.State.choices, required=False)
    reason = serializers.ChoiceField(choices=LeavingReason.choices, required=False)
    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what was changed at this moment or later.")
    )
