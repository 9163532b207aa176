"""Forms of promises: made, told of, called off, handed on, and the list's filter."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.services.requests import Promise
from contacts.models import ContactRecord
from core.forms import DayInput, RowField, SendOnceForm
from staff.models import StaffUser, Unit


class RequestForm(SendOnceForm):
    """A promise: what, by when, by whom. ``people``: who can be responsible; none: not asked."""

    what = forms.CharField(
        label=_("What was promised"),
        max_length=300,
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "off", "autofocus": True}
        ),
        error_messages={"required": _("Say what was promised.")},
    )
    due_on = forms.DateField(
        label=_("By when"),
        required=False,
        widget=DayInput(attrs={"class": "form-control"}),
        help_text=_("Without a day: by the end of the next working day."),
    )
    due_time = forms.TimeField(
        label=_("Time, if one was named"),
        required=False,
        widget=forms.TimeInput(attrs={"class": "form-control", "type": "time"}, format="%H:%M"),
    )
    responsible = forms.ModelChoiceField(
        label=_("Responsible"),
        queryset=StaffUser.objects.none(),
        required=False,
        empty_label=_("The customer manager"),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    record = forms.ModelChoiceField(
        queryset=ContactRecord.objects.none(), required=False, widget=forms.HiddenInput
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, records: Any, people: Any = None, zone: ZoneInfo, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.fields["submission_key"].initial = uuid4
        _offer(self, "record", records)
        if people is None:
            del self.fields["responsible"]
        else:
            _offer(self, "responsible", people)

    def clean(self) -> dict[str, Any]:
        """A time without a day says nothing."""
        given = super().clean() or self.cleaned_data
        if given.get("due_time") and not given.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", _("Choose the day, too."))
        return given

    def promise(self) -> Promise:
        """Return what was entered."""
        given = self.cleaned_data
        day: date | None = given["due_on"]
        at: time | None = given["due_time"]
        moment = datetime.combine(day, at, tzinfo=self.zone) if day and at else None
        return Promise(
            what=given["what"],
            due_on=day,
            due_at=moment,
            responsible=given.get("responsible"),
        )


class TellForm(forms.Form):
    """That the customer knows. ``records``: the contacts that may have told it."""

    note = forms.CharField(
        label=_("Remark"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    record = forms.ModelChoiceField(
        queryset=ContactRecord.objects.none(), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, records: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "record", records)


class CancelRequestForm(forms.Form):
    """Why a promise is called off."""

    reason = forms.CharField(
        label=_("Why is it called off?"),
        max_length=300,
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "off", "autofocus": True}
        ),
        error_messages={"required": _("Say why it is called off.")},
    )


class ResponsibleForm(forms.Form):
    """Who keeps a promise from now on."""

    responsible = forms.ModelChoiceField(
        label=_("Responsible"),
        queryset=StaffUser.objects.none(),
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "responsible", people)


class RequestFilterForm(forms.Form):
    """Which promises are listed. ``unit`` takes in the units below it; None offers no units."""

    state = forms.ChoiceField(
        label=_("State"),
        choices=[
            ("", _("Open")),
            ("today", _("Due today")),
            ("overdue", _("Overdue")),
            ("untold", _("Done, customer not told")),
            ("escalated", _("Brought to the supervisor")),
            ("ended", _("Ended")),
        ],
        required=False,
    )
    whose = forms.ChoiceField(
        label=_("Whose"),
        choices=[("", _("All I see")), ("mine", _("Mine"))],
        required=False,
    )
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    manager = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if units is None:
            del self.fields["unit"]
        else:
            _offer(self, "unit", units)
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = "form-select"


def _offer(form: forms.Form, name: str, rows: Any) -> None:
    """Let the field ``name`` choose among ``rows``."""
    field = form.fields[name]
    if isinstance(field, forms.ModelChoiceField):
        field.queryset = rows
