"""Forms of retention cases: what the customer said, decisions, follow-ups, the list's filter."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactRecord
from core import clock
from core.forms import MomentField, RowField
from retention.models import CaseFollowUp, MeasureOffer, RetentionCase
from retention.models.cases import LeavingReason
from retention.rules.cases import code_ends_at
from retention.services.cases import ANSWERS, CaseRequest
from staff.models import Unit

OUTCOMES = (
    RetentionCase.State.SAVED,
    RetentionCase.State.LOST,
    RetentionCase.State.WITHDRAWN,
)


class CaseForm(forms.Form):
    """What a customer who wants to leave says. ``zone``: the unit's."""

    reason = forms.ChoiceField(
        label=_("Why do they want to leave?"),
        choices=LeavingReason,
        error_messages={"required": _("Choose the reason that comes nearest.")},
    )
    reason_note = forms.CharField(
        label=_("In the customer's words"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )
    competitor = forms.CharField(
        label=_("Competitor"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    competitor_offer = forms.CharField(
        label=_("What does the competitor offer?"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    code_just_now = forms.BooleanField(
        label=_("An authorisation code was given out just now"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    code_received_at = MomentField(label=_("Authorisation code given out at"), required=False)
    deadline_at = MomentField(label=_("The customer decides by"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    submission_key = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, zone: ZoneInfo, case: RetentionCase | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._case = case
        for name in ("code_received_at", "deadline_at"):
            moment = self.fields[name]
            if isinstance(moment, MomentField):
                moment.zone = zone

    def request(self) -> CaseRequest:
        """Return what was entered. A moment that only lost its seconds in the form is as it was."""
        given = self.cleaned_data
        case = self._case
        code = clock.now() if given["code_just_now"] else given["code_received_at"]
        return CaseRequest(
            reason=LeavingReason(given["reason"]),
            reason_note=given["reason_note"],
            competitor=given["competitor"],
            competitor_offer=given["competitor_offer"],
            code_received_at=_as_it_was(code, case.code_received_at if case else None),
            deadline_at=_as_it_was(given["deadline_at"], case.deadline_at if case else None),
        )


def said_in(case: RetentionCase, zone: ZoneInfo, life_minutes: int) -> dict[str, Any]:
    """Return the form's values of ``case``; the end of a code is no deadline that was said."""
    code, deadline = case.code_received_at, case.deadline_at
    if code is not None and deadline == code_ends_at(code, life_minutes):
        deadline = None
    return {
        "reason": case.reason,
        "reason_note": case.reason_note,
        "competitor": case.competitor,
        "competitor_offer": case.competitor_offer,
        "code_received_at": code.astimezone(zone) if code else None,
        "deadline_at": deadline.astimezone(zone) if deadline else None,
        "version": case.version,
    }


def _as_it_was(given: datetime | None, known: datetime | None) -> datetime | None:
    if given is None or known is None:
        return given
    return known if known.replace(second=0, microsecond=0) == given else given


class OfferForm(forms.Form):
    """A measure that is chosen, with a word to who must approve it."""

    note = forms.CharField(max_length=300, required=False)


class AnswerForm(forms.Form):
    """What became of a measure."""

    answer = forms.TypedChoiceField(
        choices=[(state.value, state.label) for state in ANSWERS], coerce=MeasureOffer.State
    )


class OfferDecisionForm(forms.Form):
    """A supervisor's answer to a measure that waits."""

    approve = forms.TypedChoiceField(
        choices=[("yes", _("Approve")), ("no", _("Refuse"))], coerce=lambda answer: answer == "yes"
    )
    note = forms.CharField(max_length=300, required=False)


class CaseDecisionForm(forms.Form):
    """How a case ends."""

    outcome = forms.TypedChoiceField(
        choices=[(state.value, state.label) for state in OUTCOMES],
        coerce=RetentionCase.State,
        error_messages={"required": _("Choose how it ended.")},
    )
    note = forms.CharField(
        label=_("What decided it?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )


class FollowUpForm(forms.Form):
    """How a saved customer is. ``records``: the contacts that may be linked."""

    result = forms.ChoiceField(
        label=_("How is the customer?"),
        choices=CaseFollowUp.Result,
        error_messages={"required": _("Choose what was found.")},
    )
    note = forms.CharField(
        label=_("What was said"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )
    record = forms.ModelChoiceField(
        queryset=ContactRecord.objects.none(), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, records: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        record = self.fields["record"]
        if isinstance(record, forms.ModelChoiceField):
            record.queryset = records


class CaseFilterForm(forms.Form):
    """Which cases are listed. ``unit`` takes in the units below it; None offers no units."""

    state = forms.ChoiceField(
        label=_("State"),
        choices=[("", _("All cases")), *RetentionCase.State.choices],
        required=False,
    )
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("", _("All reasons")), *LeavingReason.choices], required=False
    )
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    manager = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = self.fields["unit"]
        if units is None:
            del self.fields["unit"]
        elif isinstance(unit, forms.ModelChoiceField):
            unit.queryset = units
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = "form-select"
