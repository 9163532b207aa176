"""The filters of the list of contact records, read from the query string."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from contacts.querysets import ContactRecordQuerySet
from contacts.services.listing import FILTERS, contact_columns
from core.columns import Columns
from customers.models import Customer
from staff.filters import AskedOnly, ListFilter
from staff.models import ListName

NEWEST_FIRST = ("-happened_at", "-pk")


def _choice(name: str) -> forms.ChoiceField:
    words = FILTERS[name]
    return forms.ChoiceField(label=words.label, required=False, choices=words.choices)


def _choices(name: str) -> forms.MultipleChoiceField:
    words = FILTERS[name]
    return forms.MultipleChoiceField(
        label=words.label,
        required=False,
        choices=words.choices,
        widget=forms.CheckboxSelectMultiple,
    )


def _id_choice(name: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=FILTERS[name].label, required=False, coerce=int, empty_value=None
    )


def _day(name: str) -> forms.DateField:
    return forms.DateField(
        label=FILTERS[name].label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a day, such as 2026-11-23.")},
    )


class ContactFilterForm(forms.Form):
    """What the list can be narrowed by. An empty field narrows nothing."""

    q = forms.CharField(
        label=FILTERS["q"].label,
        required=False,
        max_length=60,
        widget=forms.SearchInput(attrs={"placeholder": _("Name, pinyin, phone, number")}),
    )
    text = forms.CharField(
        label=FILTERS["text"].label,
        required=False,
        min_length=2,
        max_length=60,
        error_messages={"min_length": _("Enter at least two characters.")},
    )
    channel = _choices("channel")
    outcome = _choices("outcome")
    occasion = _choice("occasion")
    counted = _choice("counted")
    voided = _choice("voided")
    since = _day("since")
    until = _day("until")
    unit = _id_choice("unit")
    manager = _id_choice("manager")
    late = forms.BooleanField(label=FILTERS["late"].label, required=False)


class ContactFilter(ListFilter):
    """The filters of the contact records of one request by one person.

    Unit and manager are those of the record: whose customer it was at the time. Days are local
    days of the unit.
    """

    list_name = ListName.CONTACTS
    form_class = ContactFilterForm
    searches = ("q", "text")

    @property
    def columns(self) -> Columns:
        """The columns of the list."""
        return contact_columns(shows_owner=self.shows_owner)

    @property
    def order(self) -> tuple[str, ...]:
        """Newest first."""
        return NEWEST_FIRST

    def apply(self, records: ContactRecordQuerySet) -> ContactRecordQuerySet:
        """Narrow ``records`` to those asked for."""
        # The text last: it may have to be looked for in what the others leave.
        for name, value in sorted(self.chosen.items(), key=lambda pair: pair[0] == "text"):
            records = self._narrowings[name](records, value)
        return records

    @property
    def _narrowings(
        self,
    ) -> Mapping[str, Callable[[ContactRecordQuerySet, Any], ContactRecordQuerySet]]:
        return {
            "q": self._of_customer,
            "text": lambda rows, text: rows.saying(text),
            "channel": lambda rows, channels: rows.filter(channel__in=channels),
            "outcome": lambda rows, outcomes: rows.filter(outcome__in=outcomes),
            "occasion": lambda rows, occasion: rows.filter(occasion=occasion),
            "counted": lambda rows, yes: rows.filter(is_counted=yes == "yes"),
            "voided": lambda rows, yes: rows.filter(voided_at__isnull=yes == "no"),
            "since": lambda rows, day: rows.since(day),
            "until": lambda rows, day: rows.until(day),
            "unit": lambda rows, pk: rows.of_unit(self._units[pk].path),
            "manager": lambda rows, pk: rows.filter(manager=pk),
            "late": lambda rows, _set: rows.filter(is_late=True),
        }

    def _of_customer(self, records: ContactRecordQuerySet, text: str) -> ContactRecordQuerySet:
        # Of customers out of sight there are no records here.
        found = Customer.objects.matching(text, self.user)
        return records.filter(customer__in=found.values("pk"))

    def _words_of(self, value: Any) -> str:
        if isinstance(value, date):
            return date_format(value, "SHORT_DATE_FORMAT")
        return super()._words_of(value)


class AskedContactFilter(AskedOnly, ContactFilter):
    """The same filters where nothing is offered: only what is asked for is looked up."""
