"""What a departure asks for, and what can be said afterwards of warnings (article 19).

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from retention.rules.churn import COUNTED_KINDS

FINAL_KINDS = ("closed", "ported_out", "transfer", "death")
"""After these the number is no longer this customer's; ``vip_ended`` leaves the number with us."""

HORIZON_DAYS = 90
"""A warning is meant for this many days: who left within them had been warned."""


def review_due_on(
    kind: str, left_on: date, reported_on: date, review_days: int, *, is_history: bool
) -> date | None:
    """Return the day by which a departure is to be reviewed; None where none is asked for.

    Only what counts against the goal is reviewed, within ``review_days`` of the report. What a
    file tells of customers who had left longer ago than that is history.
    """
    if kind not in COUNTED_KINDS:
        return None
    if is_history and left_on < reported_on - timedelta(days=review_days):
        return None
    return reported_on + timedelta(days=review_days)


def was_warned(opened_on: date, left_on: date) -> bool:
    """Say whether a warning of ``opened_on`` spoke of the departure of ``left_on``."""
    return timedelta(0) <= left_on - opened_on <= timedelta(days=HORIZON_DAYS)


def percent_of(part: int, whole: int) -> Decimal | None:
    """Return ``part`` ÷ ``whole`` in percent, to one place; None of nothing."""
    return None if whole == 0 else (Decimal(100) * part / whole).quantize(Decimal("0.1"))


@dataclass(frozen=True)
class Judged:
    """How warnings (all, or those with one reason) did.

    ``judged``: warnings whose customer has left within the horizon, or whose horizon is over.
    ``hits``: those whose customer left within it. ``saved``: those that became a case in which
    the customer was saved. ``leavers``: departures that count; ``warned``: those among them with
    such a warning within the horizon before. ``lead_days``: days from the first of these warnings
    to the leaving, one for each of the ``warned``.
    """

    judged: int
    hits: int
    saved: int
    leavers: int
    lead_days: Sequence[int]

    @property
    def warned(self) -> int:
        """Leavers who had been warned of."""
        return len(self.lead_days)

    @property
    def precision(self) -> Decimal | None:
        """Of the warnings, how many percent left."""
        return percent_of(self.hits, self.judged)

    @property
    def recall(self) -> Decimal | None:
        """Of the leavers, how many percent had been warned of."""
        return percent_of(self.warned, self.leavers)

    @property
    def lead(self) -> int | None:
        """The median days between warning and leaving; None where nobody was warned of."""
        return round(median(self.lead_days)) if self.lead_days else None


@dataclass(frozen=True)
class Bar:
    """One cause of a Pareto chart, with the share of it and all larger ones together."""

    key: int
    count: int
    percent: Decimal
    running: Decimal


def pareto(counts: Iterable[tuple[int, int]]) -> list[Bar]:
    """Return causes (key, count) with the most first; the last one's running share is 100 %."""
    ranked = sorted(((n, key) for key, n in counts if n > 0), key=lambda pair: (-pair[0], pair[1]))
    total = sum(n for n, _key in ranked)
    bars, so_far = [], 0
    for n, key in ranked:
        so_far += n
        percents = (percent_of(part, total) or Decimal(0) for part in (n, so_far))
        bars.append(Bar(key, n, *percents))
    return bars
