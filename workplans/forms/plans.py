"""Forms of work plans: items, targets, the note, decisions, the queue's filter, working hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.models import Occasion
from core.forms import DayInput, RowField, SendOnceForm
from customers.models import Channel, Customer
from staff.models import Unit
from workplans.models import PlanItem, PlanTarget, WorkPlan
from workplans.models.plans import PlanKind
from workplans.services.plans import ItemEntry

LONGEST_REMARK = 500
MOST_MINUTES = 600
REMARK = "remark_"


def _text(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", **attrs})


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class ItemForm(SendOnceForm):
    """One item of ``plan``; ``customers``: those the person may plan for."""

    customer = forms.ModelChoiceField(
        queryset=Customer.objects.none(),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("Choose the customer again.")},
    )
    text = forms.CharField(
        label=_("What is to be done?"), max_length=200, required=False, widget=_text()
    )
    day = forms.DateField(label=_("Planned day"), widget=DayInput(attrs={"class": "form-control"}))
    matter = forms.ChoiceField(
        label=_("About"),
        choices=PlanItem.Matter,
        initial=PlanItem.Matter.CONTACT,
        widget=_select(),
    )
    channel = forms.ChoiceField(
        label=_("Channel"),
        choices=[("", _("Not chosen yet")), *Channel.choices],
        required=False,
        widget=_select(),
    )
    occasion = forms.ChoiceField(
        label=_("Occasion"),
        choices=[("", _("Not chosen yet")), *Occasion.choices],
        required=False,
        widget=_select(),
    )
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )
    minutes = forms.IntegerField(
        label=_("Minutes"),
        required=False,
        min_value=1,
        max_value=MOST_MINUTES,
        widget=forms.NumberInput(attrs={"class": "form-control", "placeholder": _("as usual")}),
    )
    needs_visit = forms.BooleanField(
        label=_("Only face to face completes it"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, plan: WorkPlan, customers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customer = self.fields["customer"]
        if isinstance(customer, forms.ModelChoiceField):
            customer.queryset = customers
        self.fields["day"].widget.attrs |= {
            "min": plan.starts_on.isoformat(),
            "max": plan.ends_on.isoformat(),
        }

    def clean(self) -> dict[str, Any]:
        """Ask for a customer or a text."""
        given = super().clean() or self.cleaned_data
        nobody = not given.get("customer") and "customer" not in self.errors
        if nobody and not given.get("text"):
            self.add_error("text", _("Choose a customer or write what is to be done."))
        return given

    def entry(self) -> ItemEntry:
        """Return the item as the service takes it."""
        given = self.cleaned_data
        return ItemEntry(
            day=given["day"],
            customer=given["customer"],
            text=given["text"],
            matter=PlanItem.Matter(given["matter"]),
            channel=given["channel"],
            occasion=given["occasion"],
            purpose=given["purpose"],
            minutes=given["minutes"],
            needs_visit=given["needs_visit"],
        )


def entered_in(item: PlanItem) -> dict[str, Any]:
    """Return the form's values of ``item``."""
    return {
        "customer": item.customer_id,
        "text": item.text,
        "day": item.day,
        "matter": item.matter,
        "channel": item.channel,
        "occasion": item.occasion,
        "purpose": item.purpose,
        "minutes": item.minutes,
        "needs_visit": item.needs_visit,
    }


class MoveForm(forms.Form):
    """Where an item goes: another day, and its place among the others of that day from 0."""

    day = forms.DateField()
    position = forms.IntegerField(required=False, min_value=0, max_value=10_000)


class TickForm(forms.Form):
    """Whether an item without a customer is done."""

    done = forms.BooleanField(required=False)


class OpenForm(forms.Form):
    """Which plan is opened; ``draft``: filled from what is due at once."""

    kind = forms.TypedChoiceField(choices=PlanKind.choices, coerce=PlanKind)
    day = forms.DateField()
    draft = forms.BooleanField(required=False)


class NoteForm(forms.Form):
    """What matters in the period."""

    note = forms.CharField(
        label=_("What matters in this period"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "form-control", "autofocus": True}),
    )


class TargetsForm(forms.Form):
    """A number for each kind of work; none, or 0, for no target."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in PlanTarget.Kind:
            self.fields[kind.value] = forms.IntegerField(
                label=kind.label,
                required=False,
                min_value=0,
                max_value=100_000,
                widget=forms.NumberInput(
                    attrs={"class": "form-control", "inputmode": "numeric", "autocomplete": "off"}
                ),
            )

    def values(self) -> dict[str, int]:
        """Return every kind with its number."""
        return {kind: self.cleaned_data.get(kind) or 0 for kind in PlanTarget.Kind.values}


class ManyForm(forms.Form):
    """A supervisor's word on several plans at once; ``note`` is for those without their own."""

    decision = forms.ChoiceField(choices=[("approve", ""), ("return", "")])
    note = forms.CharField(max_length=LONGEST_REMARK, required=False)


class DecisionForm(forms.Form):
    """A supervisor's word on a plan, and on the items with ``item_ids``."""

    decision = forms.ChoiceField(choices=[("approve", ""), ("return", "")])
    note = forms.CharField(
        label=_("A word on the plan"),
        max_length=LONGEST_REMARK,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )

    def __init__(self, *args: Any, item_ids: Iterable[int] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._items = list(item_ids)
        for pk in self._items:
            self.fields[f"{REMARK}{pk}"] = forms.CharField(
                max_length=LONGEST_REMARK,
                required=False,
                widget=_text(placeholder=_("Comment on this item"), maxlength=LONGEST_REMARK),
            )

    def remarks(self) -> dict[int, str]:
        """Return what is said of items, by their ids."""
        found = {pk: self.cleaned_data.get(f"{REMARK}{pk}", "") for pk in self._items}
        return {pk: text for pk, text in found.items() if text}

    def clean(self) -> dict[str, Any]:
        """Ask why a plan is returned; keep no comment unsaid that would be lost by approving."""
        given = super().clean() or self.cleaned_data
        said = self.remarks()
        if given.get("decision") == "return" and not (given.get("note") or said):
            self.add_error("note", _("Say what is to be changed."))
        if given.get("decision") == "approve" and said:
            self.add_error(
                "note",
                _("There are comments on items: return the plan, or empty them and approve."),
            )
        return given


class QueueFilterForm(forms.Form):
    """Which plans a supervisor lists. ``unit`` takes in the units below it."""

    STATES = (
        ("", _("Waiting for approval")),
        ("missing", pgettext_lazy("work log", "Missing")),
        ("late", _("Handed in late")),
        ("returned", WorkPlan.State.RETURNED.label),
        ("approved", WorkPlan.State.APPROVED.label),
        ("draft", WorkPlan.State.DRAFT.label),
        ("all", _("All states")),
    )

    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[("", _("All kinds")), *PlanKind.choices], required=False
    )
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    day = forms.DateField(label=_("Period with the day"), required=False, widget=DayInput())
    manager = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = self.fields["unit"]
        if isinstance(unit, forms.ModelChoiceField):
            unit.queryset = units
        for field in self.visible_fields():
            is_day = field.name == "day"
            field.field.widget.attrs["class"] = "form-control" if is_day else "form-select"


class HoursForm(forms.Form):
    """When the manager works."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Working days"),
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
        coerce=int,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one day of the week.")},
    )
    starts_at = forms.TimeField(
        label=_("Work begins at"),
        widget=forms.TimeInput(attrs={"type": "time", "class": "form-control"}, format="%H:%M"),
    )
    ends_at = forms.TimeField(
        label=_("Work ends at"),
        widget=forms.TimeInput(attrs={"type": "time", "class": "form-control"}, format="%H:%M"),
    )
    break_minutes = forms.IntegerField(
        label=_("Break in minutes"),
        min_value=0,
        max_value=240,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )

    def clean(self) -> dict[str, Any]:
        """The day ends after it begins, and more than the break is left of it."""
        given = super().clean() or self.cleaned_data
        first, last = given.get("starts_at"), given.get("ends_at")
        if first is None or last is None:
            return given
        length = (last.hour - first.hour) * 60 + last.minute - first.minute
        if length <= 0:
            self.add_error("ends_at", ValidationError(_("The working day ends before it begins.")))
        elif length <= (given.get("break_minutes") or 0):
            self.add_error("break_minutes", ValidationError(_("The break fills the whole day.")))
        return given


def day_in(text: str) -> date | None:
    """Return the day that an address names; None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
