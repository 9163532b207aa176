"""What the pages of the portfolio app read from the query string."""

from __future__ import annotations

from django import forms

from portfolio.rules import Matter

SNOOZED = "snoozed"


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
