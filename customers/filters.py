"""The customer list's filters, read from the query string so that a view can be passed on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.columns import Columns
from customers.models import ServiceStandard, Status
from customers.querysets import DUE_FIELD, CustomerQuerySet
from customers.rules import BirthdayKey, Cadence, Figure
from customers.services.birthdays import birthday_keys
from customers.services.listing import FILTERS, USUAL_SORT, customer_columns
from staff.filters import AskedOnly, ListFilter
from staff.models import ListName

BIRTHDAY_DAYS = 7
"""A birthday is near from this many days before, the day itself included."""


def _choice(name: str) -> forms.ChoiceField:
    words = FILTERS[name]
    return forms.ChoiceField(label=words.label, required=False, choices=words.choices)


def _id_choice(name: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=FILTERS[name].label, required=False, coerce=int, empty_value=None
    )


def _mark(name: str) -> forms.BooleanField:
    return forms.BooleanField(label=FILTERS[name].label, required=False)


class CustomerFilterForm(forms.Form):
    """What the list can be narrowed by. An empty field narrows nothing."""

    q = forms.CharField(
        label=FILTERS["q"].label,
        required=False,
        max_length=60,
        widget=forms.SearchInput(attrs={"placeholder": _("Name, pinyin, phone, number")}),
    )
    tier = forms.MultipleChoiceField(
        label=FILTERS["tier"].label,
        required=False,
        choices=FILTERS["tier"].choices,
        widget=forms.CheckboxSelectMultiple,
    )
    due = _choice("due")
    cadence = _choice("cadence")
    contacted = _choice("contacted")
    unit = _id_choice("unit")
    manager = _id_choice("manager")
    status = _choice("status")
    key = _mark("key")
    pool = _mark("pool")
    birthday = _mark("birthday")
    sort = _choice("sort")


class CustomerFilter(ListFilter):
    """The customer list's filters of one request by one person."""

    list_name = ListName.CUSTOMERS
    form_class = CustomerFilterForm
    usual_values = {
        "cadence": Cadence.CONTACT.value,
        "status": Status.ACTIVE.value,
        "sort": USUAL_SORT,
    }

    @property
    def columns(self) -> Columns:
        """The columns of the list: what is due is that of the list's clock."""
        return customer_columns(
            self.cadence,
            today=self.today,
            shows_owner=self.shows_owner,
            shows_left=not self.is_of_active,
        )

    @property
    def cadence(self) -> Cadence:
        """The clock that the list is about."""
        return Cadence(self.chosen.get("cadence", Cadence.CONTACT.value))

    @property
    def is_of_active(self) -> bool:
        """Whether only customers who are with us are listed: for others no clock runs."""
        return "status" not in self.chosen

    @property
    def sort(self) -> str:
        """The order in force: by due day where clocks run, else by number."""
        wanted: str = self.form.cleaned_data.get("sort") or USUAL_SORT
        return self._usual_sort if wanted == USUAL_SORT else wanted

    @property
    def _usual_sort(self) -> str:
        return USUAL_SORT if self.is_of_active else "number"

    @property
    def order(self) -> tuple[str, ...]:
        """The fields of the order, never null in what ``apply`` returns, the last one unique."""
        return {
            USUAL_SORT: (DUE_FIELD[self.cadence], "pk"),
            "name": ("name", "pk"),
            "number": ("number",),
        }[self.sort]

    def apply(self, customers: CustomerQuerySet) -> CustomerQuerySet:
        """Narrow ``customers`` to those asked for."""
        if self.is_of_active:
            customers = customers.clocked(self.cadence)
        elif self.chosen["status"] == Status.LEFT:
            customers = customers.filter(status=Status.LEFT)
        for name, value in self.chosen.items():
            if narrow := self._narrowings.get(name):
                customers = narrow(customers, value)
        return customers

    # --- Narrowing ------------------------------------------------------------------------

    @property
    def _narrowings(self) -> Mapping[str, Callable[[CustomerQuerySet, Any], CustomerQuerySet]]:
        return {
            "q": lambda rows, text: rows.matching(text, self.user),
            "tier": lambda rows, tiers: rows.filter(tier__in=tiers),
            "unit": lambda rows, pk: rows.within_unit(self._units[pk].path),
            "manager": lambda rows, pk: rows.filter(manager=pk),
            "due": self._by_due,
            "contacted": self._by_contact,
            "key": lambda rows, _set: rows.key(),
            "pool": lambda rows, _set: rows.in_pool(),
            "birthday": lambda rows, _set: rows.with_birthday(self._near_birthdays()),
        }

    def _by_due(self, customers: CustomerQuerySet, due: str) -> CustomerQuerySet:
        if due == "overdue":
            return customers.overdue(self.cadence, self.today)
        if due == "exempt":
            return customers.exempt(self.cadence, self.today)
        standards = ServiceStandard.objects.visible_to(self.user).load()
        soon_days = standards.value(Figure.DUE_SOON_DAYS, self.today)
        return customers.due_soon(self.cadence, self.today, soon_days)

    def _by_contact(self, customers: CustomerQuerySet, contacted: str) -> CustomerQuerySet:
        month = first_of_month(self.today)
        if contacted == "this_month":
            return customers.contacted_since(month)
        return customers.not_contacted_since(month)

    def _near_birthdays(self) -> list[BirthdayKey]:
        return birthday_keys(self.today, self.today + timedelta(days=BIRTHDAY_DAYS))


class AskedFilter(AskedOnly, CustomerFilter):
    """The same filters where nothing is offered: only what is asked for is looked up."""


def first_of_month(day: date) -> date:
    """Return the first day of the month of ``day``."""
    return day.replace(day=1)
