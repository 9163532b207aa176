"""Forms of what follows a closed complaint: the call-back, the judgement, lists and figures."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from complaints.models import Category, Cause, ComplaintReview
from complaints.services.aftermath import Answer, Judgement
from contacts.models import ContactRecord
from core.forms import RowField, SendOnceForm
from customers.models import Tier
from staff.models import Unit

FIRST_YEAR, LAST_YEAR = 2000, 2100


class CallBackForm(SendOnceForm):
    """What the customer said when called back."""

    answer = forms.TypedChoiceField(
        label=_("How did it go?"),
        choices=[
            (Answer.SATISFIED.value, _("Satisfied")),
            (Answer.UNSATISFIED.value, _("Not satisfied")),
            (Answer.NO_ANSWER.value, _("Not reached")),
        ],
        coerce=Answer,
        error_messages={"required": _("Choose how it went.")},
    )
    note = forms.CharField(
        label=_("What was said"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )
    reopens = forms.BooleanField(
        label=_("Reopen the complaint: the clock runs on"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submission_key"].initial = uuid4


class RecordField(forms.ModelChoiceField[ContactRecord]):
    """One contact record, offered by its day, channel and outcome."""

    def label_from_instance(self, obj: ContactRecord) -> str:
        """Return a record in the reader's words."""
        day = date_format(obj.happened_on, "SHORT_DATE_FORMAT")
        return f"{day} · {obj.get_channel_display()} · {obj.get_outcome_display()}"


class JudgementForm(forms.Form):
    """Whether a complaint was justified, and what was learnt. ``records``: contacts to name."""

    is_justified = forms.TypedChoiceField(
        label=_("Was it justified?"),
        choices=[("yes", _("Justified")), ("no", _("Not justified"))],
        coerce=lambda answer: answer == "yes",
        error_messages={"required": _("Say whether it was justified.")},
    )
    responsibility = forms.ChoiceField(
        label=_("Whose responsibility"),
        choices=[("", "—"), *ComplaintReview.Responsibility.choices],
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    cause = forms.ModelChoiceField(
        label=_("Root cause"),
        queryset=Cause.objects.none(),
        required=False,
        empty_label="—",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    cause_note = forms.CharField(
        label=_("The cause in words"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )
    prevention = forms.CharField(
        label=_("What prevents it from now on"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )
    clumsy_contact = RecordField(
        label=_("Caused by this clumsy contact"),
        queryset=ContactRecord.objects.none(),
        required=False,
        empty_label=_("No contact caused it"),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, causes: Any, records: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("cause", causes), ("clumsy_contact", records)):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows

    def judgement(self) -> Judgement:
        """Return what was entered."""
        given = dict(self.cleaned_data)
        given.pop("version")
        return Judgement(**given)


class ReviewFilterForm(forms.Form):
    """Which closed complaints are listed. ``unit`` takes in the units below it."""

    state = forms.ChoiceField(
        label=_("State"),
        choices=[
            ("", _("To call back")),
            ("overdue", _("Call-back overdue")),
            ("judge", _("To judge")),
            ("justified", _("Justified")),
            ("judged", _("All judged")),
        ],
        required=False,
    )
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    cause = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)
    manager = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)
    year = forms.IntegerField(
        required=False, widget=forms.HiddenInput, min_value=FIRST_YEAR, max_value=LAST_YEAR
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_units(self, units)


class FigureFilterForm(forms.Form):
    """Which complaints the figures speak of, and by what the times are shown."""

    year = forms.IntegerField(
        label=_("Year"),
        required=False,
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        widget=forms.NumberInput(attrs={"class": "form-control departure-year"}),
    )
    quarter = forms.TypedChoiceField(
        label=_("Quarter"),
        choices=[("", _("All year")), *((str(n), f"Q{n}") for n in range(1, 5))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    by = forms.ChoiceField(
        label=_("Times by"),
        choices=[
            ("month", _("Month")),
            ("quarter", _("Quarter")),
            ("unit", _("Unit")),
            ("tier", _("Tier")),
            ("category", _("Category")),
        ],
        required=False,
    )
    tier = forms.ChoiceField(
        label=_("Tier"), choices=[("", _("All tiers")), *Tier.choices], required=False
    )
    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=Category.objects.none(),
        required=False,
        empty_label=_("All categories"),
    )
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )

    def __init__(
        self, *args: Any, units: Any, categories: Any, this_year: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].widget.attrs["placeholder"] = str(this_year)
        category = self.fields["category"]
        if isinstance(category, forms.ModelChoiceField):
            category.queryset = categories
        _offer_units(self, units)


def _offer_units(form: forms.Form, units: Any) -> None:
    """Let the form choose among ``units``; None: it does not ask."""
    unit = form.fields["unit"]
    if units is None:
        del form.fields["unit"]
    elif isinstance(unit, forms.ModelChoiceField):
        unit.queryset = units
    for field in form.visible_fields():
        if isinstance(field.field.widget, forms.Select):
            field.field.widget.attrs["class"] = "form-select"
