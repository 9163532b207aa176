"""Handovers as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.rest.fields import (
    LARGEST_ID,
    DayField,
    FilledTextField,
    InstantField,
    KeyField,
    NumberParameter,
    RowsField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer
from customers.models import Customer, Tier
from portfolio.models import ReassignedCustomer, Reassignment
from portfolio.services.reassignment import MOST_AT_ONCE

LONGEST_NUMBER = Customer._meta.get_field("number").max_length


class TierCountsSerializer(serializers.Serializer[Any]):
    """Customers by tier."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """One count a tier."""
        return {tier.value: serializers.IntegerField(read_only=True) for tier in Tier}


class HandoverCountsSerializer(serializers.Serializer[Any]):
    """What goes along with some customers.

    `promises`: open follow-ups. `exemptions`: those that wait for a decision. `covers`: those of
    the present managers, of today and later.
    """

    customers = serializers.IntegerField(read_only=True)
    tiers = TierCountsSerializer(read_only=True)
    flags = serializers.IntegerField(read_only=True)
    promises = serializers.IntegerField(read_only=True)
    exemptions = serializers.IntegerField(read_only=True)
    covers = serializers.IntegerField(read_only=True)


class ReassignmentSerializer(ShownSerializer[Reassignment]):
    """One handover. `counts` is what went along when it was made."""

    state = serializers.ChoiceField(choices=Reassignment.State.choices, read_only=True)
    counts = HandoverCountsSerializer(read_only=True)

    class Meta:
        model = Reassignment
        fields = (
            "id",
            "manager",
            "effective_on",
            "state",
            "note",
            "counts",
            "made_at",
            "made_by",
            "applied_at",
            "cancelled_at",
            "submission_key",
        )
        read_only_fields = fields


class ReassignedCustomerSerializer(ShownSerializer[ReassignedCustomer]):
    """One customer of a handover; `moved_at` is empty where the customer stayed or it waits."""

    class Meta:
        model = ReassignedCustomer
        fields = ("id", "customer", "old_manager", "moved_at", "first_contact_due_on")
        read_only_fields = fields


class ChosenCustomersSerializer(StrictSerializer):
    """Which customers: by id, by number, or all of one manager; exactly one of the three."""

    customers = RowsField(
        child=WholeNumberField(min_value=1, max_value=LARGEST_ID),
        required=False,
        min_length=1,
        max_length=MOST_AT_ONCE,
    )
    customer_numbers = RowsField(
        child=FilledTextField(max_length=LONGEST_NUMBER),
        required=False,
        min_length=1,
        max_length=MOST_AT_ONCE,
    )
    from_manager = WholeNumberField(
        required=False,
        min_value=1,
        max_value=LARGEST_ID,
        help_text=_("Every active customer whom this manager serves in your units."),
    )


class HandoverPreviewSerializer(ChosenCustomersSerializer):
    """Which customers, and to whom they would go."""

    manager = WholeNumberField(
        required=False,
        min_value=1,
        max_value=LARGEST_ID,
        help_text=_("The new manager: who is with them already is not counted."),
    )


class HandoverSerializer(ChosenCustomersSerializer):
    """A handover to be made. Sent again with the same ``submission_key`` it stays one handover."""

    submission_key = KeyField()
    manager = WholeNumberField(
        min_value=1, max_value=LARGEST_ID, help_text=_("The new manager, of your units.")
    )
    effective_on = DayField(
        required=False,
        help_text=_("Today or later; today, where it is left out. A later one waits for its day."),
    )
    note = TextField(required=False, allow_blank=True, max_length=2000)


class ReassignmentQuery(ListQuery):
    """The filters of the handovers."""

    state = serializers.ChoiceField(choices=Reassignment.State.choices, required=False)
    manager = NumberParameter(
        min_value=1, max_value=LARGEST_ID, required=False, help_text=_("The new manager.")
    )
    effective_from = DayField(required=False)
    effective_to = DayField(required=False)
    updated_since = InstantField(
        required=False,
        help_text=_("Only what was made, put in force or called off at this moment or later."),
    )
