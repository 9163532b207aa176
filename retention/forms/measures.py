"""The form of a retention measure."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import DayInput
from customers.models import Tier
from retention.models import Measure
from retention.services.measures import COLUMNS


class MeasureForm(forms.ModelForm[Measure]):
    """One measure of the catalogue. The code of a known one stays."""

    tiers = forms.MultipleChoiceField(
        label=_("For tiers"),
        choices=Tier,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: for all."),
    )

    class Meta:
        model = Measure
        fields = COLUMNS
        widgets = {
            "points_en": forms.Textarea(attrs={"rows": 3}),
            "points_zh": forms.Textarea(attrs={"rows": 3}),
            "valid_from": DayInput(),
            "valid_until": DayInput(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.fields["code"].disabled = True
        for name, field in self.fields.items():
            if name == "tiers":
                continue
            kind = "form-control"
            if isinstance(field.widget, forms.Select):
                kind = "form-select"
            elif isinstance(field.widget, forms.CheckboxInput):
                kind = "form-check-input"
            field.widget.attrs["class"] = kind

    def clean(self) -> dict[str, Any]:
        """Refuse days and limits in the wrong order."""
        given = super().clean() or self.cleaned_data
        first, last = given.get("valid_from"), given.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", _("The last day is before the first day."))
        lower, upper = given.get("manager_limit"), given.get("supervisor_limit")
        if lower is not None and upper is not None and upper < lower:
            self.add_error(
                "supervisor_limit", _("A supervisor grants at least what a manager grants.")
            )
        return given
