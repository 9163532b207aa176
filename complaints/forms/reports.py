"""What is complained of, as a person enters it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.models import Category, Complaint, Severity, Source
from complaints.services.registering import Report
from core.forms import MomentField, SendOnceForm

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Choices = list[tuple[Any, Any]]


def category_choices(categories: Iterable[Category]) -> Choices:
    """Return ``categories``, in the order of the tree, as choices: branches as groups."""
    rows = list(categories)
    branches = {row.pk: row for row in rows if row.parent_id is None}
    below: dict[int, Choices] = {pk: [] for pk in branches}
    for row in rows:
        if row.parent_id in below:
            below[row.parent_id].append((row.pk, row.name))
    found: Choices = []
    for pk, branch in branches.items():
        whole = (pk, branch.name)
        found.append((branch.name, [*below[pk], whole]) if below[pk] else whole)
    return found


class CategoryField(forms.ModelChoiceField[Category]):
    """A category out of the tree."""

    def offer(self, rows: Any, *, none: StrOrPromise = "—") -> None:
        """Offer ``rows`` (a queryset of categories in the order of the tree). One statement.

        ``none``: what choosing nothing is called.
        """
        self.queryset = rows
        # Not the branches again with each row: they are among the rows.
        self.choices = [("", none), *category_choices(rows.select_related(None))]


class ReportForm(SendOnceForm):
    """One complaint. ``zone``: the unit's; ``complaint``: the one that is changed."""

    subject = forms.CharField(
        label=_("What is it about?"),
        max_length=120,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    category = CategoryField(
        label=_("Category"),
        queryset=Category.objects.none(),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity, initial=Severity.NORMAL)
    description = forms.CharField(
        label=_("What happened, in the customer's words"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "form-control"}),
    )
    wish = forms.CharField(
        label=_("What does the customer want?"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    source = forms.ChoiceField(
        label=_("How it came in"),
        choices=[choice for choice in Source.choices if choice[0] != Source.REQUEST],
        initial=Source.MANAGER,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    received_at = MomentField(label=_("Received at, where not just now"), required=False)
    is_appeal = forms.BooleanField(
        label=_("An appeal to the regulator (MIIT)"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        categories: Any,
        zone: ZoneInfo,
        complaint: Complaint | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        category, received = self.fields["category"], self.fields["received_at"]
        if isinstance(category, CategoryField):
            category.offer(categories)
        if isinstance(received, MomentField):
            received.zone = zone
        if complaint is not None:
            # When and how it came in stays as it was.
            for name in ("source", "received_at", "submission_key", "again"):
                del self.fields[name]

    def report(self) -> Report:
        """Return what was entered."""
        given = self.cleaned_data
        return Report(
            subject=given["subject"],
            category=given["category"],
            description=given["description"],
            severity=Severity(given["severity"]),
            wish=given["wish"],
            source=Source(given.get("source") or Source.OTHER),
            is_appeal=given["is_appeal"],
            received_at=given.get("received_at"),
        )


def said_in(complaint: Complaint) -> dict[str, Any]:
    """Return the form's values of ``complaint``."""
    names = ("subject", "severity", "description", "wish", "is_appeal", "version")
    values = {name: getattr(complaint, name) for name in names}
    return {**values, "category": complaint.category_id}
