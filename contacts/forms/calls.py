"""Forms of calls: which are shown, why one is no contact, whose one was."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.models import DiscardReason
from core.forms import DayInput, RowField
from customers.models import Customer
from staff.models import Unit

if TYPE_CHECKING:
    from customers.querysets import CustomerQuerySet

LONGEST_SPAN_DAYS = 366


class CallFilterForm(forms.Form):
    """Which calls are listed. ``unit`` takes in the units below it; None offers no units."""

    show = forms.ChoiceField(
        choices=[(one, one) for one in ("missed", "confirm", "all", "unknown")],
        required=False,
        widget=forms.HiddenInput,
    )
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    manager = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)
    overdue = forms.ChoiceField(
        choices=[("", ""), ("yes", "yes")], required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_units(self, units)


class CallFigureForm(forms.Form):
    """Of which days and units the figures are. Days are local days, both included."""

    since = forms.DateField(
        label=pgettext_lazy("days of a list", "From"),
        required=False,
        widget=DayInput(attrs={"class": "form-control"}),
    )
    until = forms.DateField(
        label=pgettext_lazy("days of a list", "Until"),
        required=False,
        widget=DayInput(attrs={"class": "form-control"}),
    )
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )

    def __init__(self, *args: Any, units: Any, first: date, last: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first, self.last = first, last
        _offer_units(self, units)

    def clean(self) -> dict[str, Any]:
        """Fill in the days that were left out; refuse a span that ends before it begins."""
        given = super().clean() or self.cleaned_data
        given["since"] = given.get("since") or self.first
        given["until"] = given.get("until") or self.last
        days = (given["until"] - given["since"]).days
        if not 0 <= days < LONGEST_SPAN_DAYS:
            raise ValidationError(_("Choose a first and a last day within one year."))
        return given


class DiscardForm(forms.Form):
    """Why a call is no service contact."""

    reason = forms.ChoiceField(
        label=_("What was it?"), choices=DiscardReason, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Remark"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )


class ExplainForm(forms.Form):
    """Whose call it was, of the customers with that number whom the person supervises."""

    customer = forms.ModelChoiceField(
        label=_("Customer"), queryset=Customer.objects.none(), widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, customers: CustomerQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["customer"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = customers
            field.empty_label = None


def _offer_units(form: forms.Form, units: Any) -> None:
    unit = form.fields["unit"]
    if units is None:
        del form.fields["unit"]
    elif isinstance(unit, forms.ModelChoiceField):
        unit.queryset = units
        unit.widget.attrs["class"] = "form-select"
