"""Forms of work logs: the four texts, an answer, the filters of the supervisor's day."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import DayInput, RowField, SendOnceForm
from staff.models import Unit
from workplans.models import WorkLog
from workplans.services.logs import TEXTS, LogTexts

LONGEST_TEXT = 2000
LONGEST_REMARK = 1000


def _text(label: Any, placeholder: Any, rows: int = 3) -> forms.CharField:
    attrs = {"rows": rows, "class": "form-control", "placeholder": placeholder}
    return forms.CharField(
        label=label,
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs=attrs),
    )


class LogForm(forms.Form):
    """What only the manager can say of the day."""

    learnt = _text(_("What was learnt"), _("Of customers, competitors, the market"))
    problems = _text(_("Problems"), _("What did not work, and why"))
    help_needed = _text(_("Help needed"), _("From whom, for what"), rows=2)
    tomorrow = _text(_("For tomorrow"), _("What comes first"), rows=2)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def texts(self) -> LogTexts:
        """Return what was written."""
        return LogTexts(**{name: self.cleaned_data[name] for name in TEXTS})


def written_in(log: WorkLog) -> dict[str, Any]:
    """Return the form's values of ``log``."""
    return {**{name: getattr(log, name) for name in TEXTS}, "version": log.version}


class RemarkForm(SendOnceForm):
    """A supervisor's answer, or the manager's reply."""

    text = forms.CharField(
        label=_("Your answer"),
        max_length=LONGEST_REMARK,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
        error_messages={"required": _("Write what you want to say.")},
    )


class LogQueueForm(forms.Form):
    """Which managers of a day are listed. ``unit`` takes in the units below it."""

    day = forms.DateField(label=_("Date"), required=False, widget=DayInput())
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    state = forms.ChoiceField(
        label=_("State"),
        choices=[
            ("", _("All states")),
            ("missing", pgettext_lazy("work log", "Missing")),
            ("late", _("Late")),
            ("on_time", _("On time")),
            ("leave", _("On leave")),
            ("unread", _("Not read yet")),
        ],
        required=False,
    )
    manager = forms.CharField(
        label=_("Customer manager"),
        required=False,
        max_length=60,
        widget=forms.SearchInput(attrs={"placeholder": _("Name or staff number")}),
    )

    def __init__(self, *args: Any, units: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = self.fields["unit"]
        if isinstance(unit, forms.ModelChoiceField):
            unit.queryset = units
        self.fields["day"].widget.attrs["max"] = today.isoformat()
        for bound in self.visible_fields():
            is_select = isinstance(bound.field, forms.ChoiceField)
            bound.field.widget.attrs["class"] = "form-select" if is_select else "form-control"
