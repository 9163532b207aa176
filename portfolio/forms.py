"""What the portfolio's pages read from the query string; the forms of handover and merge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.sealed import is_sealed, shown_search
from customers.models import Likeness
from customers.services.lookups import LONGEST_KEY
from portfolio.models import Reassignment
from portfolio.rules import Matter
from portfolio.services.handover import WantedHandovers
from portfolio.services.merging import Comparison, Field
from portfolio.services.reassignment import managers_for
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
        max_length=LONGEST_KEY,
        widget=forms.SearchInput(
            attrs={"placeholder": _("Name or customer number"), "maxlength": 60}
        ),
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
        self.asked = self.data.get("customer", "")
        if is_sealed(self.asked):
            # The field shows a number masked; what is looked for is in the key.
            self.data = self.data.copy()
            self.data["customer"] = shown_search(self.asked)
        if not reads_customers(user):
            del self.fields["customer"]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if name == "group" else "form-control"

    def clean_person(self) -> list[int] | None:
        """Return whom the words find; None where nothing was asked."""
        return self._found("person", people_called)

    def clean_customer(self) -> list[int] | None:
        """Return whom the words find; None where nothing was asked."""
        if is_sealed(self.asked) and not self.cleaned_data["customer"]:
            raise forms.ValidationError(_("This search is too old. Enter it again."))
        if is_sealed(self.asked):
            self.cleaned_data["customer"] = self.asked
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


class HandoverFilterForm(forms.Form):
    """What the list of handovers is narrowed to; by person for who sees those of several."""

    person = forms.CharField(
        label=_("Manager"),
        required=False,
        max_length=60,
        widget=forms.SearchInput(attrs={"placeholder": _("Name or staff number")}),
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *Reassignment.State.choices],
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
        if user.is_manager:
            del self.fields["person"]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if name == "state" else "form-control"

    def clean_person(self) -> list[int] | None:
        """Return whom the words find; None where nothing was asked."""
        if not self.cleaned_data["person"]:
            return None
        found = people_called(self.user, self.cleaned_data["person"])
        if len(found) > MOST_FOUND:
            raise forms.ValidationError(_("Too many have this name. Enter the whole number."))
        return found

    def wanted(self) -> WantedHandovers:
        """Return what is wanted; what is not understood narrows nothing and is an error."""
        self.is_valid()
        given = self.cleaned_data
        return WantedHandovers(
            people=given.get("person"),
            state=given.get("state") or None,
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


LONGEST_ID = 18


def ids_in(texts: list[str]) -> list[int]:
    """Return the ids among ``texts``; what is none is left out."""
    return [
        int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID
    ]


class CustomersField(forms.CharField):
    """The customers of a preview, so that exactly they are handed over: ids with commas."""

    widget = forms.HiddenInput

    def prepare_value(self, value: Any) -> Any:
        """Write the ids as one text."""
        return ",".join(str(pk) for pk in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[int]:
        """Return the ids."""
        found = ids_in(str(super().clean(value)).split(","))
        if not found:
            raise ValidationError(self.error_messages["required"], code="required")
        return found


class ReassignForm(forms.Form):
    """To whom, from when, and what the new manager should know."""

    customers = CustomersField(error_messages={"required": _("Choose the customers first.")})
    submission_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    manager = forms.ModelChoiceField(
        label=_("New manager"), queryset=StaffUser.objects.none(), empty_label=_("Choose")
    )
    effective_on = forms.DateField(
        label=_("From day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Today or later. A later handover takes place by itself on that day."),
    )
    note = forms.CharField(
        label=_("Handover note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What the new manager should know of all these customers."),
    )

    def __init__(self, *args: Any, user: StaffUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        managers = managers_for(user).select_related("unit").order_by("name", "pk")
        self.fields["manager"].queryset = managers  # type: ignore[attr-defined]
        self.fields["manager"].label_from_instance = _name_and_unit  # type: ignore[attr-defined]


def _name_and_unit(person: StaffUser) -> str:
    return f"{person.name} · {person.unit}"


class ViewForm(forms.Form):
    """What a saved view is called, who sees it, and whether the list opens with it.

    ``owner`` is None where somebody else's view is looked at: only the last is theirs to say.
    """

    name = forms.CharField(
        label=pgettext_lazy("of a view", "Name"),
        max_length=60,
        widget=forms.TextInput(attrs={"class": "form-control", "autofocus": True}),
    )
    shared = forms.BooleanField(label=_("Share with the unit"), required=False)
    is_default = forms.BooleanField(label=_("Open the list with this view"), required=False)

    def __init__(self, *args: Any, owner: StaffUser | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if owner is None:
            del self.fields["name"]
        if owner is None or owner.unit is None:
            del self.fields["shared"]
        else:
            self.fields["shared"].help_text = _("Everybody in %(unit)s and below sees it.") % {
                "unit": owner.unit.name
            }


class LikenessFilterForm(forms.Form):
    """Which possible duplicates are shown: by what they have in common, open or decided."""

    kind = forms.ChoiceField(choices=[("", _("Any likeness")), *Likeness.choices], required=False)
    decided = forms.BooleanField(required=False)

    def chosen(self) -> tuple[str, bool]:
        """Return the kind (empty: any) and whether those decided; what is not known is any."""
        self.is_valid()
        return self.cleaned_data.get("kind", ""), self.cleaned_data.get("decided", False)


class MergeForm(forms.Form):
    """Who survives, and for each field that differs whose value stays."""

    def __init__(self, data: Any = None, *, comparison: Comparison) -> None:
        super().__init__(data)
        self.comparison = comparison
        self.fields["survivor"] = self._choice(comparison.survivor)
        for field in comparison.differing:
            self.fields[f"choice-{field.name}"] = self._choice(field.chosen)

    def _choice(self, initial: int) -> forms.TypedChoiceField:
        ids = (self.comparison.first.pk, self.comparison.second.pk)
        return forms.TypedChoiceField(
            choices=[(pk, str(pk)) for pk in ids], coerce=int, initial=initial
        )

    def rows(self) -> list[tuple[Field, int]]:
        """Return every field with the id that is ticked (0 where nothing is chosen)."""
        return [(field, self._ticked(field)) for field in self.comparison.fields]

    @property
    def survivor_id(self) -> int:
        """The id of the survivor that is ticked."""
        return self._id(self["survivor"].value())

    def _ticked(self, field: Field) -> int:
        name = f"choice-{field.name}"
        return self._id(self[name].value()) if name in self.fields else 0

    @staticmethod
    def _id(value: Any) -> int:
        found = ids_in([str(value)])
        return found[0] if found else 0

    def choices(self) -> dict[str, int]:
        """Return by field whose value stays."""
        return {
            name.removeprefix("choice-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("choice-")
        }
