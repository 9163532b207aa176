"""The filter of the list of signs."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import DayInput
from workplans.forms.inspections import OfUnitFilterForm
from workplans.models import RecordSignal


class SignalFilterForm(OfUnitFilterForm):
    """Which signs are listed."""

    kind = forms.ChoiceField(
        label=_("What looks odd"),
        choices=[("", _("All signs")), *RecordSignal.Kind.choices],
        required=False,
    )
    since = forms.DateField(
        label=pgettext_lazy("days of a list", "From"), required=False, widget=DayInput()
    )
    until = forms.DateField(
        label=pgettext_lazy("days of a list", "Until"), required=False, widget=DayInput()
    )
