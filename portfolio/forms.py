"""What the pages of the portfolio app read from the query string."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portfolio.rules import Matter
from portfolio.services.trail import (
    MOST_FOUND,
    Wanted,
    customers_called,
    people_called,
    reads_customers,
)
from portfolio.services.trail_words import GROUP_NAMES, Group
from staff.models import StaffUser

SNOOZED = "snoozed"
ISO = "%Y-%m-%d"


class DayFilterForm(forms.Form):
    """Which rows of My day are shown: all, those of one matter, or the hidden ones."""

    show = forms.ChoiceField(
        choices=[("", ""), *((m.value, m.value) for m in Matter), (SNOOZED, SNOOZED)],
        required=False,
    )
    all = forms.BooleanField(required=False)

    def chosen(self) -> tuple[str, bool]:
        """Return what to show and whether without a limit; everything for what is not known."""
        self.is_valid()
        given = self.cleaned_data
        return given.get("show", ""), given.get("all", False)


class TrailFilterForm(forms.Form):
    """What the audit trail is narrowed to; not by customer for who may not know customers."""

    person = forms.CharField(
        label=_("Person"),
        required=False,
        max_length=60,
        widget=forms.SearchInput(attrs={"placeholder": _("Name or staff number")}),
    )
    customer = forms.CharField(
        label=_("Customer"),
        required=False,
        max_length=60,
        widget=forms.SearchInput(attrs={"placeholder": _("Name or customer number")}),
    )
    group = forms.ChoiceField(
        label=_("What was done"),
        required=False,
        choices=[("", _("Everything")), *((group.value, GROUP_NAMES[group]) for group in Group)],
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format=ISO)
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format=ISO)
    )

    def __init__(self, data: Any, *, user: StaffUser) -> None:
        super().__init__(data)
        self.user = user
        if not reads_customers(user):
            del self.fields["customer"]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if name == "group" else "form-control"

    def clean_person(self) -> list[int] | None:
        """Return whom the words find; None where nothing was asked."""
        return self._found("person", people_called)

    def clean_customer(self) -> list[int] | None:
        """Return whom the words find; None where nothing was asked."""
        return self._found("customer", customers_called)

    def _found(self, name: str, search: Callable[[StaffUser, str], list[int]]) -> list[int] | None:
        if not self.cleaned_data[name]:
            return None
        found = search(self.user, self.cleaned_data[name])
        if len(found) > MOST_FOUND:
            raise forms.ValidationError(_("Too many have this name. Enter the whole number."))
        return found

    def wanted(self) -> Wanted:
        """Return what is wanted; what is not understood narrows nothing and is an error."""
        self.is_valid()
        given = self.cleaned_data
        return Wanted(
            people=given.get("person"),
            customers=given.get("customer"),
            group=Group(given["group"]) if given.get("group") else None,
            since=given.get("since"),
            until=given.get("until"),
        )


class MonthForm(forms.Form):
    """The month of a report, as 2026-11."""

    month = forms.DateField(
        label=_("Month"),
        required=False,
        input_formats=["%Y-%m"],
        widget=forms.DateInput(attrs={"type": "month", "class": "form-control"}, format="%Y-%m"),
    )
