"""Forms for departures: the list's filter, the report, the review, taking back, causes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.forms import RowField
from customers.models import Tier
from retention.models import Departure, DepartureCause, DepartureReview, TierGroup
from retention.services.departures import DepartureRow, ReviewRow
from staff.models import Unit

FIRST_YEAR, LAST_YEAR = 2000, 2100
LONGEST_LESSON_ROWS = 4


class DayInput(forms.DateInput):
    """A date in the browser's own picker, which wants ISO dates whatever the language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


def add_refusal(form: forms.BaseForm, refusal: ValidationError) -> None:
    """Show what a service refuses beside the field it speaks of, else above the form."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, found in refusal.error_dict.items():
        form.add_error(name if name in form.fields else None, found)


class CauseField(forms.ModelChoiceField[DepartureCause]):
    """The causes of the lower level, under the headings of the upper one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=DepartureCause.objects.none(), **kwargs)

    def offer(self, causes: Any, kept: DepartureCause | None = None) -> None:
        """Offer ``causes``, and the one that a review has although it is out of use."""
        rows = list(causes)
        if kept is not None and kept not in rows:
            rows.append(kept)
        self.queryset = DepartureCause.objects.filter(pk__in=[row.pk for row in rows])
        families: dict[str, list[tuple[int, str]]] = {}
        for row in rows:
            above = row.parent.name if row.parent else row.name
            families.setdefault(above, []).append((row.pk, row.name))
        self.choices = [("", self.empty_label or "---------"), *families.items()]


class DepartureFilterForm(forms.Form):
    """Which departures are shown. ``unit`` takes in the units below it; None offers no units.

    ``base``: only losses from the frozen base of a year, by the unit, manager and tier of its
    1 January.
    """

    year = forms.IntegerField(
        label=_("Year"),
        required=False,
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        widget=forms.NumberInput(attrs={"class": "form-control departure-year"}),
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[
            ("", _("All kinds")),
            ("counted", _("Those that count")),
            *Departure.Kind.choices,
        ],
    )
    tier = forms.ChoiceField(
        label=_("Tier"), required=False, choices=[("", _("All tiers")), *Tier.choices]
    )
    unit = RowField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    review = forms.ChoiceField(
        label=_("Review"),
        required=False,
        choices=[
            ("", _("Any")),
            ("due", _("Missing")),
            ("overdue", _("Overdue")),
            ("done", _("Done")),
        ],
    )
    manager = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)
    pool = forms.ChoiceField(
        choices=[("", ""), ("yes", "yes")], required=False, widget=forms.HiddenInput
    )
    cause = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)
    base = forms.IntegerField(
        required=False, widget=forms.HiddenInput, min_value=FIRST_YEAR, max_value=LAST_YEAR
    )
    group = forms.ChoiceField(
        choices=[("", ""), *TierGroup.choices], required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = self.fields["unit"]
        if units is None:
            del self.fields["unit"]
        elif isinstance(unit, forms.ModelChoiceField):
            unit.queryset = units
        for field in self.visible_fields():
            field.field.widget.attrs.setdefault("class", "form-select")


class DepartureForm(forms.Form):
    """A departure reported by hand."""

    kind = forms.ChoiceField(
        label=_("What happened"), choices=Departure.Kind, widget=forms.RadioSelect
    )
    left_on = forms.DateField(label=_("Left on"), widget=DayInput)
    is_voluntary = forms.TypedChoiceField(
        label=_("Of their own will"),
        choices=[("yes", _("Yes")), ("no", _("No: closed by us, such as for arrears"))],
        coerce=lambda answer: answer == "yes",
        initial="yes",
    )
    competitor = forms.CharField(label=_("Went to which competitor"), max_length=60, required=False)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
    is_sure = forms.BooleanField(label=_("The customer has left; the clocks stop."))

    def row(self) -> DepartureRow:
        """Return what was said."""
        given = self.cleaned_data
        return DepartureRow(
            kind=Departure.Kind(given["kind"]),
            left_on=given["left_on"],
            is_voluntary=given["is_voluntary"],
            competitor=given["competitor"],
            note=given["note"],
        )


class ReviewForm(forms.Form):
    """What was learnt of a departure."""

    cause = CauseField(label=_("Cause"), empty_label=_("Choose the cause"))
    competitor = forms.CharField(label=_("Competitor"), max_length=60, required=False)
    foreseeable = forms.ChoiceField(
        label=_("Could we have known?"),
        choices=DepartureReview.Foreseeable,
        widget=forms.RadioSelect,
    )
    lesson = forms.CharField(
        label=_("Lesson"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": LONGEST_LESSON_ROWS}),
        help_text=_("What would have kept this customer? What do we do otherwise now?"),
    )
    win_back_on = forms.DateField(label=_("Try to win back on"), widget=DayInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(
        self, *args: Any, causes: Any, review: DepartureReview | None, **kwargs: Any
    ) -> None:
        if review is not None:
            names = ("competitor", "foreseeable", "lesson", "win_back_on", "version")
            initial = {name: getattr(review, name) for name in names}
            kwargs["initial"] = {**initial, "cause": review.cause_id, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        cause = self.fields["cause"]
        if isinstance(cause, CauseField):
            cause.offer(causes, review.cause if review else None)

    def row(self) -> ReviewRow:
        """Return what was said."""
        given = self.cleaned_data
        return ReviewRow(
            cause=given["cause"],
            foreseeable=DepartureReview.Foreseeable(given["foreseeable"]),
            lesson=given["lesson"],
            competitor=given["competitor"],
            win_back_on=given["win_back_on"],
        )


class CancelForm(forms.Form):
    """Why a departure was wrong."""

    reason = forms.CharField(label=_("Why was it wrong?"), max_length=200)


class ReturnForm(forms.Form):
    """The day a customer was a VIP again."""

    on = forms.DateField(label=_("Is VIP again since"), widget=DayInput)


class CauseForm(forms.ModelForm[DepartureCause]):
    """One cause of leaving."""

    class Meta:
        model = DepartureCause
        fields = ("code", "parent", "name_zh", "name_en", "position", "is_active")
        help_texts = {
            "code": _("Letters, digits and hyphens; exports and the API use it."),
            "parent": _("Empty: it is of the upper level."),
            "is_active": _("What is out of use is no longer offered; past reviews keep it."),
        }

    def __init__(self, *args: Any, upper: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent = self.fields["parent"]
        if isinstance(parent, forms.ModelChoiceField):
            parent.queryset = upper
            parent.empty_label = _("None: upper level")
