"""Forms of churn warnings: what was found, snoozing, the list's filter."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactRecord
from core.forms import DayInput, RowField
from retention.models import ChurnWarning
from staff.models import Unit

RESULTS = (ChurnWarning.Result.STAYS, ChurnWarning.Result.UNFOUNDED, ChurnWarning.Result.LEFT)
"""What a person closes a warning with; the other results come by themselves."""


class WarningFollowUpForm(forms.Form):
    """What was found when the customer was asked, and what comes next or how it ended."""

    found = forms.CharField(
        label=_("What was found"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control", "autofocus": True}),
        error_messages={"required": _("Say in a few words what the customer told you.")},
    )
    result = forms.ChoiceField(
        label=_("How it stands"),
        choices=[("", _("Not settled: go on")), *((r.value, r.label) for r in RESULTS)],
        required=False,
    )
    next_step = forms.CharField(
        label=_("Next step"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    next_step_on = forms.DateField(
        label=_("Next step on"), required=False, widget=DayInput(attrs={"class": "form-control"})
    )
    record = forms.ModelChoiceField(
        queryset=ContactRecord.objects.none(), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, records: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        record = self.fields["record"]
        if isinstance(record, forms.ModelChoiceField):
            record.queryset = records

    def clean(self) -> dict[str, Any]:
        """Ask for the next step, with its day, of what is not settled."""
        given = super().clean() or self.cleaned_data
        if not given.get("result"):
            if not given.get("next_step"):
                self.add_error("next_step", _("Say what comes next, or how it ended."))
            if not given.get("next_step_on") and "next_step_on" not in self.errors:
                self.add_error("next_step_on", _("Choose the day of the next step."))
        return given


class WarningSnoozeForm(forms.Form):
    """Until when a warning's row is hidden, and why."""

    until = forms.DateField(
        label=_("Show it again on"), widget=DayInput(attrs={"class": "form-control"})
    )
    reason = forms.CharField(
        label=_("Why?"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].widget.attrs["min"] = (today + timedelta(days=1)).isoformat()


class WarningFilterForm(forms.Form):
    """Which warnings are listed. ``unit`` takes in the units below it; None offers no units."""

    state = forms.ChoiceField(
        label=_("State"),
        choices=[("", _("Open")), ("overdue", _("Overdue")), ("closed", _("Closed"))],
        required=False,
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[("", _("All kinds")), ("hard", _("Hard trigger")), ("score", _("By the risk"))],
        required=False,
    )
    escalated = forms.ChoiceField(
        label=_("Escalated"),
        choices=[("", _("All warnings")), ("yes", _("Escalated")), ("no", _("Not escalated"))],
        required=False,
    )
    result = forms.ChoiceField(
        label=_("Result"),
        choices=[("", _("All results")), *ChurnWarning.Result.choices],
        required=False,
    )
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    manager = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = self.fields["unit"]
        if units is None:
            del self.fields["unit"]
        elif isinstance(unit, forms.ModelChoiceField):
            unit.queryset = units
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = "form-select"
