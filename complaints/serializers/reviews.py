"""What follows the closing of complaints, as the API shows and takes it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from complaints.models import Cause, ComplaintReview
from complaints.services.aftermath import Answer, Judgement
from contacts.models import ContactRecord
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

ANSWERS = [(answer.value, answer.value) for answer in Answer]
REVIEW_STATES = [
    (state, state)
    for state in ("to_call", "call_overdue", "called", "to_judge", "judged", "justified")
]


class ComplaintReviewSerializer(ShownSerializer[ComplaintReview]):
    """The call-back after one closing of a complaint, and the judgement (article 21).

    ``round`` is how often the complaint had been reopened by then. ``dropped_at``: it was
    reopened before anybody had called back.
    """

    customer = serializers.IntegerField(source="complaint.customer_id", read_only=True)
    unit = serializers.IntegerField(source="complaint.unit_id", read_only=True)
    manager = serializers.IntegerField(
        source="complaint.manager_id", read_only=True, allow_null=True
    )
    is_appeal = serializers.BooleanField(source="complaint.is_appeal", read_only=True)
    cause = serializers.CharField(source="cause.code", read_only=True, allow_null=True)

    class Meta:
        model = ComplaintReview
        fields = (
            "id",
            "complaint",
            "customer",
            "unit",
            "manager",
            "is_appeal",
            "round",
            "call_back_due_on",
            "called_at",
            "called_by",
            "contact_record",
            "is_satisfied",
            "note",
            "is_justified",
            "responsibility",
            "cause",
            "cause_note",
            "prevention",
            "clumsy_contact",
            "judged_at",
            "judged_by",
            "dropped_at",
            "updated_at",
        )
        read_only_fields = fields


class ComplaintCauseSerializer(ShownSerializer[Cause]):
    """A root cause of complaints, as a judgement names it."""

    class Meta:
        model = Cause
        fields = ("id", "code", "name_en", "name_zh", "is_active")
        read_only_fields = fields


class CallBackSerializer(StrictSerializer):
    """What the customer said when called back. Sent again, who was called back stays so."""

    answer = serializers.ChoiceField(choices=ANSWERS)
    note = TextField(
        required=False,
        allow_blank=True,
        max_length=500,
        help_text=_("Wanted where the customer is not satisfied."),
    )
    reopens = YesNoField(
        default=False, help_text=_("Reopen the complaint of who is not satisfied.")
    )
    submission_key = KeyField()
    called_by = WholeNumberField(
        required=False,
        min_value=1,
        max_value=LARGEST_ID,
        help_text=_("Who called; another system has to say it."),
    )

    def arguments(self) -> dict[str, Any]:
        """Return what the service takes, but for the person."""
        given: dict[str, Any] = self.validated_data
        return {
            "answer": Answer(given["answer"]),
            "note": given.get("note", ""),
            "reopens": given["reopens"],
            "submission_key": given["submission_key"],
        }


class JudgementSerializer(StrictSerializer):
    """Whether a complaint was justified, and what was learnt; what is left out stays."""

    is_justified = YesNoField(required=False)
    responsibility = serializers.ChoiceField(
        choices=ComplaintReview.Responsibility.choices, required=False, allow_blank=True
    )
    cause = FilledTextField(
        required=False,
        allow_null=True,
        max_length=40,
        help_text=_("The code of a root cause, as of complaint-causes."),
    )
    cause_note = TextField(required=False, allow_blank=True, max_length=500)
    prevention = TextField(required=False, allow_blank=True, max_length=500)
    clumsy_contact = WholeNumberField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LARGEST_ID,
        help_text=_("The contact record that caused the complaint; null: none did."),
    )

    def judgement(
        self, review: ComplaintReview, cause: Cause | None, contact: ContactRecord | None
    ) -> Judgement:
        """Return what was sent over what stands."""
        given: dict[str, Any] = self.validated_data
        return Judgement(
            is_justified=given.get("is_justified", bool(review.is_justified)),
            responsibility=given.get("responsibility", review.responsibility),
            cause=cause,
            cause_note=given.get("cause_note", review.cause_note),
            prevention=given.get("prevention", review.prevention),
            clumsy_contact=contact,
        )


class ComplaintReviewQuery(ListQuery):
    """The filters of call-backs and judgements."""

    state = serializers.ChoiceField(
        choices=REVIEW_STATES,
        required=False,
        help_text=_("Judgements are those of the last closing."),
    )
    complaint = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    manager = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    unit = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("Complaints of this unit and of all below it."),
    )
    cause = serializers.CharField(required=False, max_length=40, help_text=_("A code."))
    responsibility = serializers.ChoiceField(
        choices=ComplaintReview.Responsibility.choices, required=False
    )
    is_appeal = YesNoParameter(required=False)
    clumsy = YesNoParameter(required=False, help_text=_("Caused by a clumsy contact."))
    updated_since = InstantField(
        required=False, help_text=_("Only what was changed at this moment or later.")
    )
