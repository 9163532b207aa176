"""Forms for a new customer and for a customer's standing: tier, key mark, manager."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import RowField
from core.identity import plain
from customers.forms.fields import DateInput, PhoneField
from customers.models import Customer, Tier
from customers.services.enrolment import NewCustomer
from staff.models import StaffUser, Unit


class PlacedForm(forms.Form):
    """Choosing a manager of the supervisor's units, or the pool of one of the units."""

    manager = forms.ModelChoiceField(
        label=_("Customer manager"),
        queryset=StaffUser.objects.none(),
        required=False,
        empty_label=_("Nobody: the unit's pool"),
    )
    unit = RowField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        help_text=_("With a manager it is the manager's unit."),
        required=False,
    )

    def __init__(self, *args: Any, user: StaffUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        managers = StaffUser.objects.visible_to(user).managers().active()
        path = user.scope.unit_path or ""
        manager, unit = self.fields["manager"], self.fields["unit"]
        manager.queryset = (  # type: ignore[attr-defined]
            managers.filter(unit__path__startswith=path).select_related("unit").order_by("name")
        )
        manager.label_from_instance = _name_and_unit  # type: ignore[attr-defined]
        unit.queryset = Unit.objects.visible_to(user)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A customer belongs to the manager's unit; without a manager, to the unit's pool."""
        cleaned = super().clean() or self.cleaned_data
        if "manager" in self.errors or "unit" in self.errors:
            return cleaned
        if cleaned["manager"] is not None:
            cleaned["unit"] = cleaned["manager"].unit
        elif cleaned["unit"] is None:
            self.add_error("unit", _("Choose a manager, or the unit whose pool it is."))
        return cleaned


def _name_and_unit(person: StaffUser) -> str:
    return f"{person.name} · {person.unit}"


class NewCustomerForm(PlacedForm):
    """A customer taken in by hand."""

    number = forms.CharField(label=_("Customer number"), max_length=32)
    name = forms.CharField(label=_("Name"), max_length=80)
    gender = Customer._meta.get_field("gender").formfield()
    tier = forms.ChoiceField(label=_("Tier"), choices=Tier)
    vip_since = forms.DateField(label=_("VIP since"), widget=DateInput)
    joined_on = forms.DateField(label=_("With us since"), widget=DateInput, required=False)
    phone = PhoneField(label=_("Phone number"), required=False)
    is_key = forms.BooleanField(label=_("Key customer"), required=False)

    field_order = (
        "number",
        "name",
        "gender",
        "phone",
        "tier",
        "vip_since",
        "joined_on",
        "is_key",
        "manager",
        "unit",
    )

    def clean_number(self) -> str:
        """Return the number in one width and without what nobody sees, as imports do."""
        number = plain(self.cleaned_data["number"])
        if not number:
            raise forms.ValidationError(self.fields["number"].error_messages["required"])
        return number

    def new_customer(self) -> NewCustomer:
        """Return what was said."""
        cleaned = self.cleaned_data
        return NewCustomer(**{**cleaned, "tier": Tier(cleaned["tier"])})


class TierForm(forms.Form):
    """Another tier from a day on."""

    tier = forms.ChoiceField(label=_("Tier"), choices=Tier)
    on = forms.DateField(label=_("From day"), widget=DateInput)
    reason = forms.CharField(label=_("Reason"), max_length=200)


class KeyForm(forms.Form):
    """The key mark, set or taken off."""

    is_key = forms.TypedChoiceField(
        label=_("Key customer"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda answer: answer == "yes",
    )
    on = forms.DateField(label=_("From day"), widget=DateInput)


class ManagerForm(PlacedForm):
    """Another manager, or the pool."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
