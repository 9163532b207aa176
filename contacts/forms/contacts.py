"""Forms of the contacts app: logging, voiding, snoozing, exemptions, and the flags' filter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts.models import (
    Cadence,
    Direction,
    Exemption,
    Occasion,
    Outcome,
    Snooze,
)
from contacts.rules import OUTCOMES_OF_CHANNEL
from contacts.services.records import Contact, Learnt
from core import forms as core_forms
from core.forms import DayInput, MomentField, RowField
from core.ids import id_in
from customers.models import Channel, Customer, Profile
from customers.services.profile import ASKABLE_FACTS, CUSTOMER_FACTS
from staff.models import Unit

FACT, STILL = "fact_", "still_"
LONGEST_CALL_MINUTES = 24 * 60


class IdsField(forms.MultipleChoiceField):
    """Ids that boxes were ticked for; the service looks up which of them are meant."""

    def valid_value(self, value: str) -> bool:
        """Any whole number."""
        return id_in(value) is not None


class ContactForm(core_forms.SendOnceForm):
    """One contact, as the log drawer asks for it.

    ``seen``: the newest record of the customer that the person saw while logging; 0 for none.
    ``facts``: facts of the profile that are asked for along with it; ``zone``: the unit's.
    """

    channel = forms.ChoiceField(label=_("Channel"), choices=Channel)
    outcome = forms.ChoiceField(label=_("Outcome"), choices=Outcome)
    occasion = forms.ChoiceField(label=_("Occasion"), choices=Occasion)
    direction = forms.ChoiceField(
        label=_("Who began"),
        choices=Direction,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    summary = forms.CharField(
        label=_("What was said"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )
    happened_at = MomentField(label=_("When"), required=False)
    duration_minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=0,
        max_value=LONGEST_CALL_MINUTES,
        required=False,
        widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"}),
    )
    place = forms.CharField(
        label=_("Place"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    follow_up_on = forms.DateField(
        label=_("Promised to get back on"),
        required=False,
        widget=DayInput(attrs={"class": "form-control"}),
    )
    mentions_competitor = forms.BooleanField(
        label=_("Speaks of a competitor's contract"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    competitor = forms.CharField(
        label=_("Which competitor?"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    closes = IdsField(label=_("Promises kept by this contact"), required=False)
    submission_key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, zone: ZoneInfo, facts: Iterable[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        moment = self.fields["happened_at"]
        if isinstance(moment, MomentField):
            moment.zone = zone
        self.facts = [fact for fact in facts if fact in ASKABLE_FACTS]
        for fact in self.facts:
            self.fields[FACT + fact] = fact_field(fact)
            self.fields[STILL + fact] = forms.BooleanField(required=False)

    @classmethod
    def facts_in(cls, data: Iterable[str]) -> list[str]:
        """Return the facts that the names of submitted fields speak of."""
        names = set(data)
        return [fact for fact in ASKABLE_FACTS if names & {FACT + fact, STILL + fact}]

    def clean(self) -> dict[str, Any] | None:
        """Refuse an outcome that the channel cannot have, before anything is asked of a service."""
        cleaned = super().clean() or self.cleaned_data
        channel, outcome = cleaned.get("channel"), cleaned.get("outcome")
        if channel and outcome and outcome not in OUTCOMES_OF_CHANNEL[channel]:
            self.add_error("outcome", _("This outcome does not go with this channel."))
        return cleaned

    def contact(self) -> Contact:
        """Return what was entered."""
        given = self.cleaned_data
        minutes = given["duration_minutes"]
        return Contact(
            channel=Channel(given["channel"]),
            outcome=Outcome(given["outcome"]),
            occasion=Occasion(given["occasion"]),
            direction=Direction(given["direction"] or Direction.OUTGOING),
            happened_at=given["happened_at"],
            duration_seconds=None if minutes is None else minutes * 60,
            summary=given["summary"],
            place=given["place"],
            follow_up_on=given["follow_up_on"],
            mentions_competitor=given["mentions_competitor"],
            competitor=given["competitor"],
        )

    def learnt(self) -> Learnt | None:
        """Return what was learnt about the customer; None where nothing was."""
        values = {
            fact: self.cleaned_data[FACT + fact]
            for fact in self.facts
            if self.cleaned_data[FACT + fact]
        }
        confirmed = [fact for fact in self.facts if self.cleaned_data[STILL + fact]]
        return Learnt(values, confirmed) if values or confirmed else None

    def closes_ids(self) -> list[int]:
        """Return the ids of the promises that this contact keeps."""
        return [int(value) for value in self.cleaned_data["closes"]]


def fact_field(fact: str) -> forms.Field:
    """Return a field of one line for a fact of the profile."""
    model = Customer if fact in CUSTOMER_FACTS else Profile
    column: Any = model._meta.get_field(fact)
    field: forms.Field = column.formfield(required=False)
    if isinstance(field.widget, forms.Textarea):
        field.widget = forms.TextInput(attrs={"maxlength": column.max_length})
    if isinstance(field, forms.ChoiceField):
        field.choices = [("", _("Not known")), *((v, name) for v, name in column.choices)]
    field.widget.attrs["class"] = "form-select" if column.choices else "form-control"
    return field


def add_refusal(form: forms.Form, refusal: ValidationError, **renamed: str) -> None:
    """Show what a service refuses beside the field it speaks of, a fact's too."""
    core_forms.add_refusal(form, refusal, ("", FACT), **renamed)


class NoteForm(forms.Form):
    """What to add to a contact that was logged by one tap."""

    summary = forms.CharField(
        label=_("What was said"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control", "autofocus": True}),
    )
    follow_up_on = forms.DateField(
        label=_("Promised to get back on"),
        required=False,
        widget=DayInput(attrs={"class": "form-control"}),
    )


class VoidForm(forms.Form):
    """Why a record is wrong."""

    reason = forms.CharField(
        label=_("Why is the record wrong?"),
        max_length=200,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )


class SnoozeForm(forms.Form):
    """Until when a row is hidden, and why."""

    subject = forms.ChoiceField(choices=Snooze.Subject, widget=forms.HiddenInput)
    until = forms.DateField(
        label=_("Show it again on"), widget=DayInput(attrs={"class": "form-control"})
    )
    reason = forms.CharField(
        label=_("Why?"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].widget.attrs["min"] = (today + timedelta(days=1)).isoformat()


class ExemptionForm(forms.Form):
    """A request that a customer be excused from one cadence for some days."""

    cadence = forms.ChoiceField(label=_("Excuse from"), choices=Cadence, widget=forms.RadioSelect)
    reason = forms.ChoiceField(
        label=_("Reason"), choices=Exemption.Reason, widget=forms.RadioSelect
    )
    ends_on = forms.DateField(label=_("Last day"), widget=DayInput())
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, today: date, longest: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        last = today + timedelta(days=longest - 1)
        days = self.fields["ends_on"]
        days.widget.attrs.update({"min": today.isoformat(), "max": last.isoformat()})
        days.help_text = _("The day is included; at most %(days)s days.") % {"days": longest}


class DecisionForm(forms.Form):
    """A supervisor's answer to a request."""

    approve = forms.TypedChoiceField(
        choices=[("yes", _("Approve")), ("no", _("Refuse"))], coerce=lambda answer: answer == "yes"
    )
    note = forms.CharField(max_length=300, required=False)


class FlagFilterForm(forms.Form):
    """Which open flags are shown. ``unit`` takes in the units below it; None offers no units."""

    cadence = forms.ChoiceField(
        label=_("Kind"), choices=[("", _("All kinds")), *Cadence.choices], required=False
    )
    escalated = forms.ChoiceField(
        label=_("Escalated"),
        choices=[("", _("All flags")), ("yes", _("Escalated")), ("no", _("Not escalated"))],
        required=False,
    )
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    manager = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)
    pool = forms.ChoiceField(
        choices=[("", ""), ("yes", "yes")], required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = self.fields["unit"]
        if units is None:
            del self.fields["unit"]
        elif isinstance(unit, forms.ModelChoiceField):
            unit.queryset = units
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = "form-select"
