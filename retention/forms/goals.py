"""Forms for goals and for what the charts show."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import RowField
from customers.models import Tier
from retention.forms.departures import FIRST_YEAR, LAST_YEAR
from retention.models import TierGroup
from staff.models import Unit


class GoalForm(forms.Form):
    """A goal from a year on."""

    from_year = forms.IntegerField(label=_("From year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)
    tier_group = forms.ChoiceField(label=_("Customers"), choices=TierGroup)
    unit = RowField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=_("The whole company"),
        help_text=_("A unit's own goal also holds for the units below it."),
    )
    percent = forms.DecimalField(
        label=_("Under … percent leave"),
        min_value=Decimal("0.01"),
        max_value=100,
        max_digits=5,
        decimal_places=2,
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = self.fields["unit"]
        if isinstance(unit, forms.ModelChoiceField):
            unit.queryset = units


class YearForm(forms.Form):
    """Which year a page of figures speaks of, and of whom."""

    year = forms.IntegerField(
        label=_("Year"),
        required=False,
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        widget=forms.NumberInput(attrs={"class": "form-control departure-year"}),
    )
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )

    def __init__(self, *args: Any, units: Any, this_year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].widget.attrs["placeholder"] = str(this_year)
        unit = self.fields["unit"]
        if units is None:
            del self.fields["unit"]
        elif isinstance(unit, forms.ModelChoiceField):
            unit.queryset = units
        for field in self.visible_fields():
            field.field.widget.attrs.setdefault("class", "form-select")


class CauseChartForm(YearForm):
    """Whose departures the Pareto chart is of."""

    tier = forms.ChoiceField(
        label=_("Tier"), required=False, choices=[("", _("All tiers")), *Tier.choices]
    )
    level = forms.ChoiceField(
        label=_("Causes"),
        required=False,
        choices=[("", _("Upper level")), ("lower", _("Lower level"))],
    )
    manager = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)
