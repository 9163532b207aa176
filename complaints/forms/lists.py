"""Which complaints are listed, and which customer complains."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.reports import CategoryField
from complaints.models import Category, State
from core.forms import RowField
from customers.models import Tier
from staff.models import Unit

OPEN, ALL = "", "all"


class ComplaintFilterForm(forms.Form):
    """The filters of the queue. ``unit`` takes in the units below it; None offers no units."""

    state = forms.ChoiceField(
        label=_("State"),
        choices=[(OPEN, _("Open ones")), *State.choices, (ALL, _("All"))],
        required=False,
    )
    whose = forms.ChoiceField(
        label=_("Handled by"),
        choices=[("", _("Everybody")), ("mine", _("Me")), ("nobody", _("Nobody yet"))],
        required=False,
    )
    time = forms.ChoiceField(
        label=_("Time"),
        choices=[("", _("Any")), ("overdue", _("Overdue")), ("appeal", _("Appeals"))],
        required=False,
    )
    tier = forms.ChoiceField(
        label=_("Tier"), choices=[("", _("All tiers")), *Tier.choices], required=False
    )
    category = CategoryField(label=_("Category"), queryset=Category.objects.none(), required=False)
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    manager = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)
    handler = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, categories: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category, unit = self.fields["category"], self.fields["unit"]
        if isinstance(category, CategoryField):
            category.offer(categories, none=_("All categories"))
        if units is None:
            del self.fields["unit"]
        elif isinstance(unit, forms.ModelChoiceField):
            unit.queryset = units
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = "form-select"
