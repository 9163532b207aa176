"""Why a customer may leave, in the reader's language: signals with their points, events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from retention.models import RiskScore, SignalVersion, WarningReason
from retention.rules import Feature

PERCENT = {
    Feature.VOICE_CHANGE_PERCENT,
    Feature.DATA_CHANGE_PERCENT,
    Feature.BILL_CHANGE_PERCENT,
}
DAYS = {
    Feature.DAYS_WITHOUT_USE,
    Feature.CONTRACT_DAYS_LEFT,
    Feature.CONTACT_OVERDUE_DAYS,
    Feature.DAYS_WITH_MANAGER,
}
MONTHS = {Feature.MONTHS_WITHOUT_ROAMING}
MONEY = {Feature.ARREARS_YUAN}


@dataclass(frozen=True)
class Reason:
    """One reason as a page shows it. ``points`` 0: an event, which is no matter of points."""

    text: str
    points: int = 0
    value: str = ""
    at: datetime | None = None
    is_hard: bool = False
    is_new: bool = False


def reasons_of_warning(rows: Iterable[WarningReason]) -> list[Reason]:
    """Return a warning's reasons: what cannot wait first, then the most points. No statement.

    ``rows`` with their event and signal version loaded.
    """
    found = [_reason_of(row) for row in rows]
    return sorted(found, key=lambda reason: (not reason.is_hard, -reason.points))


def reasons_of_score(score: RiskScore | None) -> tuple[list[Reason], list[str]]:
    """Return a score's reasons, the most points first, and what was not judged. One statement."""
    if score is None:
        return [], []
    ids = [row[0] for row in score.reasons]
    versions = SignalVersion.objects.in_bulk([*ids, *score.missing])
    reasons = [
        Reason(
            text=versions[pk].reason, points=points, value=value_in_words(versions[pk].field, value)
        )
        for pk, points, value in score.reasons
        if pk in versions
    ]
    return reasons, _missing(score, versions)


def value_in_words(field: str, value: Any) -> str:
    """Return a signal's value with its unit; empty where it is not known."""
    if value is None or field not in set(Feature):
        return ""
    number, feature = Decimal(str(value)), Feature(field)
    whole = int(number)
    if feature in PERCENT:
        return f"{'+' if whole > 0 else ''}{whole} %".replace("-", "\N{MINUS SIGN}")
    if feature in DAYS:
        return ngettext("%(days)s day", "%(days)s days", whole) % {"days": whole}
    if feature in MONTHS:
        return ngettext("%(months)s month", "%(months)s months", whole) % {"months": whole}
    if feature in MONEY:
        return f"¥{number_format(number, decimal_pos=2)}"
    return _("%(count)s times") % {"count": whole}


def _reason_of(row: WarningReason) -> Reason:
    if row.event is not None:
        text = row.event.get_kind_display()
        if row.event.competitor:
            text = f"{text} ({row.event.competitor})"
        return Reason(text=text, at=row.event.happened_at, is_hard=True, is_new=not row.is_first)
    version = row.signal_version
    if version is None:
        return Reason(text="", points=row.points)
    return Reason(
        text=version.reason,
        points=row.points,
        value=value_in_words(version.field, row.value),
        is_new=not row.is_first,
    )


def _missing(score: RiskScore, versions: Mapping[int, SignalVersion]) -> list[str]:
    return [versions[pk].reason for pk in score.missing if pk in versions]
