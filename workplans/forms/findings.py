"""Forms of findings: written, answered, settled or asked again."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import DayInput, SendOnceForm


class FindingForm(SendOnceForm):
    """What was found, and by when the manager answers."""

    text = forms.CharField(
        label=pgettext_lazy("a finding", "What was found"),
        max_length=1000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 4, "autofocus": True}),
        error_messages={"required": _("Say what you found.")},
    )
    due_on = forms.DateField(
        label=_("To be answered by"), widget=DayInput(attrs={"class": "form-control"})
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, due_on: date) -> None:
        super().__init__(data, initial={"due_on": due_on, "submission_key": uuid4()})


class AnswerForm(forms.Form):
    """The manager's answer."""

    answer = forms.CharField(
        label=_("Your answer"),
        max_length=1000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
        error_messages={"required": _("Write your answer.")},
    )


class NoteForm(forms.Form):
    """What the supervisor says to an answer."""

    note = forms.CharField(
        label=pgettext_lazy("of an inspection", "Remark"), max_length=500, required=False
    )
