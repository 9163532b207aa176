"""Service requests as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from complaints.models import ServiceRequest
from complaints.services.requests import Promise
from core.rest.fields import (
    LARGEST_ID,
    DayField,
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


class ServiceRequestSerializer(ShownSerializer[ServiceRequest]):
    """One promise to a customer: what, by when, by whom (article 20)."""

    class Meta:
        model = ServiceRequest
        fields = (
            "id",
            "customer",
            "manager",
            "unit",
            "contact_record",
            "what",
            "due_at",
            "promised_at",
            "promised_by",
            "responsible",
            "state",
            "reminded_at",
            "broken_at",
            "escalated_at",
            "done_at",
            "told_at",
            "told_record",
            "ended_at",
            "ended_by",
            "note",
            "complaint",
            "submission_key",
            "updated_at",
        )
        read_only_fields = fields


class PromiseSerializer(StrictSerializer):
    """A promise to be written down. Sent again with the same ``submission_key`` it stays one."""

    customer = WholeNumberField(min_value=1, max_value=LARGEST_ID)
    submission_key = KeyField()
    what = FilledTextField(max_length=300)
    due_on = DayField(
        required=False, help_text=_("By the end of this day; without it, the next working day.")
    )
    due_at = InstantField(required=False, help_text=_("By this moment, instead of a day."))
    contact_record = WholeNumberField(
        required=False,
        min_value=1,
        max_value=LARGEST_ID,
        help_text=_("The contact it was promised in."),
    )
    responsible = WholeNumberField(
        required=False,
        min_value=1,
        max_value=LARGEST_ID,
        help_text=_("Who keeps it; without it, the customer manager."),
    )

    def promise(self, responsible: Any) -> Promise:
        """Return what was sent, with the person."""
        given: dict[str, Any] = self.validated_data
        return Promise(
            what=given["what"],
            due_on=given.get("due_on"),
            due_at=given.get("due_at"),
            responsible=responsible,
        )


class RequestDoneSerializer(StrictSerializer):
    """That a promise is done, and whether the customer knows."""

    told = YesNoField(default=False, help_text=_("The customer knows it already."))
    note = TextField(required=False, allow_blank=True, max_length=300)


class ServiceRequestQuery(ListQuery):
    """The filters of the promises."""

    state = serializers.ChoiceField(choices=ServiceRequest.State.choices, required=False)
    overdue = YesNoParameter(required=False)
    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    responsible = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    updated_since = InstantField(
        required=False, help_text=_("Only what was changed at this moment or later.")
    )
