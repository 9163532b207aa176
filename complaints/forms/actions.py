"""What is done with a complaint: moved, answered, handed over, its files and sub-tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint, ResponseTemplate
from complaints.rules.states import Move
from contacts.models import Direction, Outcome
from contacts.rules import OUTCOMES_OF_CHANNEL
from contacts.services.records import Contact
from core.forms import MomentField, SendOnceForm
from customers.models import Channel
from staff.models import StaffUser

CHANNELS = [channel for channel in Channel if channel.value in OUTCOMES_OF_CHANNEL]


def _text(label: Any, most: int, rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=False,
        widget=forms.Textarea(attrs={"rows": rows, "class": "form-control"}),
    )


class MoveForm(forms.Form):
    """One move of a complaint, with the words it wants."""

    move = forms.TypedChoiceField(
        choices=[(move.value, move.value) for move in Move],
        coerce=Move,
        widget=forms.HiddenInput,
    )
    reason = _text(_("Why?"), 500)
    resolution = _text(_("How was it resolved?"), 2000, 3)


class RespondForm(SendOnceForm):
    """A contact of the handler with the complainant."""

    channel = forms.ChoiceField(
        label=_("Channel"),
        choices=[(channel.value, channel.label) for channel in CHANNELS],
        initial=Channel.PHONE,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=Outcome,
        initial=Outcome.REACHED,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    summary = _text(_("What was said"), 2000, 3)

    def contact(self) -> Contact:
        """Return what was entered."""
        given = self.cleaned_data
        return Contact(
            channel=Channel(given["channel"]),
            outcome=Outcome(given["outcome"]),
            direction=Direction.OUTGOING,
            summary=given["summary"],
        )


class NoteForm(forms.Form):
    """A remark."""

    text = _text(_("Remark"), 500)


class ReassignForm(forms.Form):
    """To whom a complaint is handed, and why. ``people``: who may have it."""

    handler = forms.TypedChoiceField(
        label=_("Hand it to"),
        coerce=int,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    reason = _text(_("Why?"), 500)

    def __init__(self, *args: Any, people: Sequence[StaffUser], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = {person.pk: person for person in people}
        handler = self.fields["handler"]
        if isinstance(handler, forms.TypedChoiceField):
            handler.choices = [
                (person.pk, f"{person.name} · {person.unit.name if person.unit else ''}")
                for person in people
            ]

    def clean_handler(self) -> StaffUser:
        """Return the person."""
        return self._people[self.cleaned_data["handler"]]


class FileForm(forms.Form):
    """A file to keep with a complaint."""

    file = forms.FileField(label=_("File"), widget=forms.FileInput(attrs={"class": "form-control"}))


class SubTaskForm(SendOnceForm):
    """What another department is asked to do."""

    department = forms.CharField(
        label=_("Department"),
        max_length=80,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    what = forms.CharField(
        label=_("What to do"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )
    due_at = MomentField(label=_("By when"))

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        due = self.fields["due_at"]
        if isinstance(due, MomentField):
            due.zone = zone


class SubTaskEndForm(forms.Form):
    """What a department answered, or that the task is called off."""

    answer = forms.CharField(max_length=500, required=False)
    done = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")], coerce=lambda answer: answer == "yes"
    )


class MergeForm(forms.Form):
    """With which other report a complaint is made one. ``others``: open ones of the customer."""

    other = forms.ModelChoiceField(
        label=_("The same as"),
        queryset=Complaint.objects.none(),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    reason = forms.CharField(
        label=_("Remark"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, others: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        other = self.fields["other"]
        if isinstance(other, forms.ModelChoiceField):
            other.queryset = others


class TemplateForm(forms.ModelForm[ResponseTemplate]):
    """Words to answer with."""

    class Meta:
        model = ResponseTemplate
        fields = ("title", "category", "text", "is_active")
        widgets = {
            "title": forms.TextInput(attrs={"class": "form-control"}),
            "category": forms.Select(attrs={"class": "form-select"}),
            "text": forms.Textarea(attrs={"class": "form-control", "rows": 6}),
            "is_active": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }

    def __init__(self, *args: Any, categories: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category = self.fields["category"]
        if isinstance(category, forms.ModelChoiceField):
            category.queryset = categories
            category.empty_label = str(_("All complaints"))
