"""The catalogue of retention measures: for whom each is, and its changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from customers.models import Customer
from retention.models import Measure
from retention.rules.cases import Approver, Hindrance, Terms, approver_of, hindrance
from staff.models import StaffUser

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

HINDRANCE_WORDS: Mapping[Hindrance, StrOrPromise] = {
    Hindrance.NOT_IN_FORCE: _("This measure is not in force."),
    Hindrance.NOT_YET: _("This measure is not offered yet."),
    Hindrance.OVER: _("This measure is not offered any more."),
    Hindrance.TIER: _("This measure is for customers of another tier."),
    Hindrance.TOO_NEW: _("The customer has not been with us long enough for this measure."),
}

COLUMNS = (
    "code",
    "kind",
    "name_en",
    "name_zh",
    "points_en",
    "points_zh",
    "value",
    "tiers",
    "months_with_us",
    "manager_limit",
    "supervisor_limit",
    "valid_from",
    "valid_until",
    "is_active",
)
"""What a person sets of a measure."""


@dataclass(frozen=True)
class Eligible:
    """A measure that one customer may have, and whose word it needs."""

    measure: Measure
    approver: Approver


def terms_of(measure: Measure) -> Terms:
    """Return for whom the measure is, and when."""
    return Terms(
        tiers=measure.tiers,
        months_with_us=measure.months_with_us,
        valid_from=measure.valid_from,
        valid_until=measure.valid_until,
        is_active=measure.is_active,
    )


def eligible_measures(measures: Sequence[Measure], customer: Customer, on: date) -> list[Eligible]:
    """Return those of ``measures`` that ``customer`` may have on a day. No statement."""
    since = customer.joined_on or customer.vip_since
    return [
        Eligible(
            measure, approver_of(measure.value, measure.manager_limit, measure.supervisor_limit)
        )
        for measure in measures
        if hindrance(terms_of(measure), tier=customer.tier, with_us_since=since, on=on) is None
    ]


@transaction.atomic
def save_measure(*, actor: StaffUser, measure: Measure) -> Measure:
    """Add a measure or change one. What was chosen in cases keeps the value of its day.

    Raises ValidationError for what the model refuses. Safe to run twice.
    """
    measure.full_clean()
    is_new = measure.pk is None
    before: dict[str, Any] = {}
    if not is_new:
        stored = Measure.objects.select_for_update().get(pk=measure.pk)
        before = {name: getattr(stored, name) for name in COLUMNS}
    changes = audit.difference(before, {name: getattr(measure, name) for name in COLUMNS})
    if not changes:
        return measure
    measure.save()
    audit.record(
        actor=actor,
        verb="measure.added" if is_new else "measure.changed",
        obj=measure,
        changes=changes,
    )
    return measure
