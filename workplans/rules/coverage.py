"""Whom to inspect in a month, and on which day (article 6). Plain values in and out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

NEVER_DAYS = 400
"""Who was never inspected counts as inspected so many days ago; longer ago counts no more."""

DAYS_PER_SIGNAL = 7
MOST_SIGNALS = 20
"""Each sign of a careless record counts as a week without an inspection, up to twenty."""

MOST_A_DAY = 2
"""So many inspections a working day are proposed at most."""


@dataclass(frozen=True)
class Standing:
    """One manager: when last inspected (None: never), and how many recent signs there are."""

    manager: int
    inspected_on: date | None = None
    signals: int = 0


def urgency(standing: Standing, today: date) -> int:
    """Return how much an inspection is wanted, in days: since the last one, and for the signs."""
    since = NEVER_DAYS
    if standing.inspected_on is not None:
        since = min((today - standing.inspected_on).days, NEVER_DAYS)
    return since + DAYS_PER_SIGNAL * min(standing.signals, MOST_SIGNALS)


def most_wanted(standings: Iterable[Standing], today: date) -> list[Standing]:
    """Return who wants an inspection most first."""
    return sorted(standings, key=lambda one: (-urgency(one, today), one.manager))


def spread(managers: Sequence[int], workdays: Sequence[date]) -> list[tuple[int, date]]:
    """Spread the managers over the working days, evenly and in their order.

    No more than two a day: who is left over waits for another month. Without a working day
    nobody is planned.
    """
    planned = managers[: len(workdays) * MOST_A_DAY]
    return [
        (manager, workdays[place * len(workdays) // len(planned)])
        for place, manager in enumerate(planned)
    ]
