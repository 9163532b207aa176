"""Forms of inspections: opened, judged, closed, planned, listed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import DayInput, RowField
from staff.models import StaffUser, Unit
from workplans.models import InspectedItem

USUAL_DAYS = 30
"""An inspection is of so many days unless told otherwise."""


class InspectionForm(forms.Form):
    """Whom to inspect, and which days."""

    manager = forms.ModelChoiceField(
        label=_("Customer manager"),
        queryset=StaffUser.objects.none(),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    starts_on = forms.DateField(
        label=_("First day"), widget=DayInput(attrs={"class": "form-control"})
    )
    ends_on = forms.DateField(label=_("Last day"), widget=DayInput(attrs={"class": "form-control"}))
    submission_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, managers: Any, today: date, wanted: dict[str, Any]
    ) -> None:
        usual = {
            "starts_on": today - timedelta(days=USUAL_DAYS),
            "ends_on": today,
            "submission_key": uuid4(),
        }
        super().__init__(data, initial={**usual, **wanted})
        manager = self.fields["manager"]
        if isinstance(manager, forms.ModelChoiceField):
            manager.queryset = managers
        for name in ("starts_on", "ends_on"):
            self.fields[name].widget.attrs["max"] = today.isoformat()


class JudgementForm(forms.Form):
    """What the inspector found of one item; all of it may still be empty."""

    verdict = forms.ChoiceField(
        label=_("Verdict"), choices=InspectedItem.Verdict.choices, required=False
    )
    call_back = forms.ChoiceField(
        label=_("Call-back"), choices=InspectedItem.CallBack.choices, required=False
    )
    quality = forms.TypedChoiceField(
        label=_("Quality"),
        choices=[(number, str(number)) for number in range(1, 6)],
        coerce=int,
        empty_value=None,
        required=False,
    )
    remark = forms.CharField(
        label=pgettext_lazy("of an inspection", "Remark"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    @classmethod
    def of(cls, item: InspectedItem) -> JudgementForm:
        """Return the form with what is kept of ``item``."""
        kept = {name: getattr(item, name) for name in cls.base_fields}
        return cls(initial=kept)


class ConclusionForm(forms.Form):
    """How an inspection ends."""

    conclusion = forms.CharField(
        label=_("Conclusion"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
    )


class PlanLineForm(forms.Form):
    """Whom to inspect, and by which day of the plan's month."""

    manager = forms.ModelChoiceField(
        label=_("Customer manager"),
        queryset=StaffUser.objects.none(),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    planned_on = forms.DateField(
        label=_("Planned for"), widget=DayInput(attrs={"class": "form-control"})
    )

    def __init__(self, *args: Any, managers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        manager = self.fields["manager"]
        if isinstance(manager, forms.ModelChoiceField):
            manager.queryset = managers


class OfUnitFilterForm(forms.Form):
    """What the lists of inspections, findings and signs share: the unit with those below it."""

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
            css = "form-control" if isinstance(field.field, forms.DateField) else "form-select"
            field.field.widget.attrs["class"] = css


class InspectionFilterForm(OfUnitFilterForm):
    """Which inspections are listed."""

    state = forms.ChoiceField(
        label=_("State"),
        choices=[("", _("All")), ("open", _("Open")), ("closed", _("Closed"))],
        required=False,
    )


class FindingFilterForm(OfUnitFilterForm):
    """Which findings are listed."""

    state = forms.ChoiceField(
        label=_("State"),
        choices=[
            ("", _("Open")),
            ("waits", _("Waiting for an answer")),
            ("overdue", _("Overdue")),
            ("answered", _("Answered")),
            ("settled", _("Settled")),
        ],
        required=False,
    )
