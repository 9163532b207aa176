"""Fields that several apps' forms share, and how a form shows what a service refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.once import SentBeforeError

M = TypeVar("M", bound=models.Model)


class RowChoices(forms.models.ModelChoiceIterator[Any]):
    """Rows to choose from, read by one statement.

    Django's own way opens a cursor for them, which is three: open, fetch, close.
    """

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for row in self.queryset:
            yield self.choice(row)


class RowField(forms.ModelChoiceField[M]):
    """One row out of a short list, such as the units of a supervisor."""

    iterator = RowChoices


class DayInput(forms.DateInput):
    """A date in the browser's own picker, which wants ISO dates whatever the language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class MomentField(forms.SplitDateTimeField):
    """A date and a time as a clock in ``zone`` shows them."""

    zone = ZoneInfo("UTC")

    def __init__(self, **kwargs: Any) -> None:
        day: dict[str, Any] = {"type": "date", "class": "form-control", "aria-label": _("Date")}
        time: dict[str, Any] = {"type": "time", "class": "form-control", "aria-label": _("Time")}
        widget = forms.SplitDateTimeWidget(
            date_attrs=day, time_attrs=time, date_format="%Y-%m-%d", time_format="%H:%M"
        )
        super().__init__(
            widget=widget,
            input_date_formats=["%Y-%m-%d"],
            input_time_formats=["%H:%M", "%H:%M:%S"],
            error_messages={
                "invalid_date": _("Enter a day, such as 2026-11-23."),
                "invalid_time": _("Enter a time, such as 14:30."),
            },
            **kwargs,
        )

    def compress(self, data_list: Any) -> datetime | None:
        """Return the aware moment; both parts or neither."""
        day, time = (data_list or [None, None])[:2]
        if day in self.empty_values and time in self.empty_values:
            return None
        if day in self.empty_values:
            raise ValidationError(self.error_messages["invalid_date"], code="invalid_date")
        if time in self.empty_values:
            raise ValidationError(self.error_messages["invalid_time"], code="invalid_time")
        return datetime.combine(day, time, tzinfo=self.zone)


class SendOnceForm(forms.Form):
    """A form that makes a row: it carries a key of its own, and what was asked about it.

    ``asks``: the question of ``core.once`` that stands above the form; its button sends ``again``.
    """

    submission_key = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)
    again = forms.BooleanField(required=False, widget=forms.HiddenInput)
    asks = ""

    def ask(self, question: SentBeforeError) -> None:
        """Show the question; who says yes sends under a new key."""
        self.asks = " ".join(question.messages)
        self.add_error("again", question)
        sent: Any = self.data
        data = sent.copy()
        data[self.add_prefix("submission_key")] = str(uuid4())
        self.data = data


def add_refusal(
    form: forms.BaseForm,
    refusal: ValidationError,
    prefixes: tuple[str, ...] = ("",),
    **renamed: str,
) -> None:
    """Show what a service refuses beside the field it speaks of, else above the form.

    ``renamed``: the form's names of the service's fields, where they differ; ``prefixes``: what
    they may begin with.
    """
    if isinstance(refusal, SentBeforeError) and isinstance(form, SendOnceForm):
        form.ask(refusal)
        return
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, found in refusal.error_dict.items():
        known = [n for p in prefixes if (n := p + renamed.get(name, name)) in form.fields]
        form.add_error(known[0] if known else None, found)
