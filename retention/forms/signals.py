"""Forms of the signals: one signal, its switch, a group's cap."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from retention.models import Signal, SignalGroup, SignalVersion
from retention.querysets import EditableByHeadOfficeQuerySet
from retention.rules.features import (
    CHANGES,
    LEAST_MONTHS,
    LONGEST_WINDOW,
    Feature,
    Operator,
)
from retention.rules.scoring import WORST_SCORE
from retention.services.signals import (
    CHANGED_MEANWHILE,
    FEATURE_NAMES,
    OPERATOR_NAMES,
    Draft,
    draft_of,
)

FURTHEST = Decimal(100_000)


class SignalForm(forms.Form):
    """What a signal says. ``seen_number``: the version that the form was filled from."""

    field = forms.ChoiceField(
        label=_("What is looked at"), choices=[(f.value, FEATURE_NAMES[f]) for f in Feature]
    )
    operator = forms.ChoiceField(
        label=_("Is"), choices=[(op.value, OPERATOR_NAMES[op]) for op in Operator]
    )
    threshold = forms.DecimalField(
        label=_("Threshold"),
        max_digits=8,
        decimal_places=2,
        min_value=-FURTHEST,
        max_value=FURTHEST,
        help_text=_("-40 is a fall by 40 percent."),
    )
    window_months = forms.IntegerField(
        label=_("Window in months"),
        min_value=1,
        max_value=LONGEST_WINDOW,
        help_text=_("Months of the own average, or how far back is looked."),
    )
    points = forms.IntegerField(label=_("Points"), min_value=1, max_value=WORST_SCORE)
    points_when_missing = forms.IntegerField(
        label=_("Points if data is missing"), min_value=0, max_value=WORST_SCORE
    )
    group = forms.ModelChoiceField(
        label=_("Group"),
        queryset=SignalGroup.objects.none(),
        required=False,
        empty_label=_("None: stands alone"),
    )
    reason_en = forms.CharField(label=_("Reason in English"), max_length=120)
    reason_zh = forms.CharField(label=_("Reason in Chinese"), max_length=120)
    seen_number = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(
        self,
        *args: Any,
        groups: EditableByHeadOfficeQuerySet[SignalGroup],
        version: SignalVersion | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        choice = self.fields["group"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101  # nosec B101
        choice.queryset = groups
        if version is not None:
            given = draft_of(version).columns()
            given["group"] = given.pop("group_id")
            self.initial = {**given, "seen_number": version.number, **self.initial}
        else:
            fresh = {"window_months": 3, "points_when_missing": 0, "seen_number": 0}
            self.initial = {**fresh, **self.initial}

    def clean(self) -> dict[str, Any]:
        """An average needs some months."""
        given: dict[str, Any] = super().clean() or {}
        window = given.get("window_months")
        if given.get("field") in CHANGES and window is not None and window < LEAST_MONTHS:
            self.add_error("window_months", _("An average needs at least 2 months."))
        return given

    def draft(self) -> Draft:
        """Return what was entered."""
        given = self.cleaned_data
        return Draft(
            field=Feature(given["field"]),
            operator=Operator(given["operator"]),
            threshold=given["threshold"],
            window_months=given["window_months"],
            points=given["points"],
            points_when_missing=given["points_when_missing"],
            reason_en=given["reason_en"],
            reason_zh=given["reason_zh"],
            group=given["group"],
        )

    @property
    def is_outdated(self) -> bool:
        """Whether it was refused because somebody else was faster."""
        return self.has_error(NON_FIELD_ERRORS, CHANGED_MEANWHILE)


class NewSignalForm(SignalForm):
    """A new signal, with the code by which it is known."""

    code = forms.SlugField(
        label=_("Code"),
        max_length=40,
        help_text=_("Letters, digits and hyphens; it cannot be changed later."),
    )
    field_order = ["code"]

    def clean_code(self) -> str:
        """Refuse a code that is taken."""
        code: str = self.cleaned_data["code"].lower()
        if Signal.objects.filter(code=code).exists():
            raise ValidationError(_("There is a signal with this code already."))
        return code


class SwitchForm(forms.Form):
    """A signal on or off."""

    is_active = forms.TypedChoiceField(
        choices=[("yes", ""), ("no", "")], coerce=lambda text: text == "yes"
    )
    seen_number = forms.IntegerField(min_value=1)


class CapForm(forms.Form):
    """How many points a group gives at most."""

    cap = forms.IntegerField(validators=[MinValueValidator(1), MaxValueValidator(WORST_SCORE)])
    seen_cap = forms.IntegerField(min_value=1)


def add_refusal(form: forms.Form, refusal: ValidationError) -> None:
    """Show a service's refusal on the form, at the fields it names where the form has them."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
