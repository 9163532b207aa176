"""Sub-tasks and files of complaints as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from complaints.models import Attachment, SubTask
from core.rest.fields import (
    LARGEST_ID,
    FilledTextField,
    InstantField,
    KeyField,
    NumberParameter,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from core.rest.lists import ListQuery
from core.rest.views import ShownSerializer

TASK_STATES = [(state, state) for state in ("open", "overdue", "done", "called_off")]


class SubTaskSerializer(ShownSerializer[SubTask]):
    """What another department does for a complaint: what, by when, and what it answered."""

    customer = serializers.IntegerField(source="complaint.customer_id", read_only=True)
    unit = serializers.IntegerField(source="complaint.unit_id", read_only=True)

    class Meta:
        model = SubTask
        fields = (
            "id",
            "complaint",
            "customer",
            "unit",
            "department",
            "what",
            "person",
            "due_at",
            "made_at",
            "made_by",
            "done_at",
            "done_by",
            "cancelled_at",
            "answer",
            "submission_key",
        )
        read_only_fields = fields


class NewSubTaskSerializer(StrictSerializer):
    """What a department is asked to do. Sent again with the same ``submission_key`` it is one."""

    submission_key = KeyField()
    department = FilledTextField(max_length=80)
    what = FilledTextField(max_length=500)
    due_at = InstantField(help_text=_("Later than now."))
    person = WholeNumberField(
        required=False, min_value=1, max_value=LARGEST_ID, help_text=_("Who of us sees to it.")
    )

    def arguments(self) -> dict[str, Any]:
        """Return what the service takes, but for the person."""
        names = ("submission_key", "department", "what", "due_at")
        return {name: self.validated_data[name] for name in names}


class SubTaskDoneSerializer(StrictSerializer):
    """What the department answered."""

    answer = FilledTextField(max_length=500)


class SubTaskCallOffSerializer(StrictSerializer):
    """Why nothing is to be done any more."""

    answer = TextField(required=False, allow_blank=True, max_length=500)


class OfComplaintsQuery(ListQuery):
    """The filters of what belongs to complaints."""

    complaint = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    customer = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    unit = NumberParameter(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text=_("Complaints of this unit and of all below it."),
    )


class SubTaskQuery(OfComplaintsQuery):
    """The filters of the sub-tasks."""

    state = serializers.ChoiceField(choices=TASK_STATES, required=False)
    person = NumberParameter(min_value=1, max_value=LARGEST_ID, required=False)
    department = serializers.CharField(required=False, max_length=80)
    updated_since = InstantField(
        required=False, help_text=_("Only what was made or ended at this moment or later.")
    )


class AttachmentSerializer(ShownSerializer[Attachment]):
    """A file of a complaint; ``content_type`` is what its content showed."""

    class Meta:
        model = Attachment
        fields = (
            "id",
            "complaint",
            "name",
            "content_type",
            "size",
            "sha256",
            "added_at",
            "added_by",
        )
        read_only_fields = fields


class NewAttachmentSerializer(StrictSerializer):
    """A file to keep with a complaint, as multipart/form-data."""

    file = serializers.FileField(
        allow_empty_file=True,
        help_text=_("At most 20 MB: a picture, a PDF, Word, Excel, plain text, or a recording."),
    )


class AttachmentQuery(OfComplaintsQuery):
    """The filters of the files."""

    added_since = InstantField(
        required=False, help_text=_("Only what was added at this moment or later.")
    )
