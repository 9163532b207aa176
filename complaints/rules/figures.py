"""What complaints teach: medians, percentiles, shares, causes, repeats (article 21).

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


def median_of(values: Sequence[float]) -> float | None:
    """Return the middle of ``values`` (of an even number: between the two); None of none."""
    if not values:
        return None
    ranked = sorted(values)
    half = len(ranked) // 2
    return ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2


def percentile_of(values: Sequence[float], percent: int) -> float | None:
    """Return the smallest of ``values`` that at least ``percent`` percent do not exceed.

    It is always a value that occurred (nearest rank). None of none; ``percent`` from 1 to 100.
    """
    if not values:
        return None
    ranked = sorted(values)
    rank = -(-len(ranked) * percent // 100)
    return ranked[max(rank, 1) - 1]


def share_of(part: int, whole: int) -> Decimal | None:
    """Return ``part`` ÷ ``whole`` in percent, to one place; None of nothing."""
    return None if whole == 0 else (Decimal(100) * part / whole).quantize(Decimal("0.1"))


@dataclass(frozen=True)
class Course:
    """How long one clock took. ``hours``: of those that stopped; None: it runs.

    ``due_at``: when it is over; ``stopped_at`` None: not yet; ``waits``: it stands still now.
    """

    due_at: datetime
    stopped_at: datetime | None
    hours: float | None
    waits: bool = False

    def in_time(self, now: datetime) -> bool | None:
        """Return whether it kept its time; None where nobody knows yet."""
        if self.stopped_at is not None:
            return self.stopped_at <= self.due_at
        return None if self.waits or now <= self.due_at else False


@dataclass(frozen=True)
class Times:
    """How long complaints took: hours of those that stopped, and the share that kept its time."""

    number: int
    median: float | None
    ninetieth: float | None
    in_time: Decimal | None


def times_of(courses: Iterable[Course], now: datetime) -> Times:
    """Return the times of ``courses``. Those that run and are still in time are not judged."""
    found = list(courses)
    hours = [course.hours for course in found if course.hours is not None]
    judged = [kept for course in found if (kept := course.in_time(now)) is not None]
    return Times(
        number=len(found),
        median=median_of(hours),
        ninetieth=percentile_of(hours, 90),
        in_time=share_of(sum(judged), len(judged)),
    )


@dataclass(frozen=True)
class Bar(Generic[K]):
    """One bar of a Pareto chart. ``running``: this and all before it, in percent."""

    key: K
    count: int
    running: Decimal | None


def pareto(counts: Iterable[tuple[K, int]]) -> list[Bar[K]]:
    """Return the bars, the highest first, with the share so far."""
    ranked = sorted(counts, key=lambda pair: (-pair[1], str(pair[0])))
    total, so_far, bars = sum(number for _key, number in ranked), 0, []
    for key, number in ranked:
        so_far += number
        bars.append(Bar(key, number, share_of(so_far, total)))
    return bars


def repeats_in(
    received: Iterable[tuple[int, datetime]], since: datetime, days: int
) -> dict[int, int]:
    """Return how many complaints from ``since`` on came within ``days`` after another, by customer.

    ``received``: customer and moment of each complaint, from ``days`` before ``since`` on.
    """
    last: dict[int, datetime] = {}
    found: dict[int, int] = {}
    for customer, at in sorted(received, key=lambda pair: pair[1]):
        before = last.get(customer)
        if before is not None and at >= since and at - before <= timedelta(days=days):
            found[customer] = found.get(customer, 0) + 1
        last[customer] = at
    return found


def period_of(day: date, by: str) -> str:
    """Return the name of the month ("2026-11") or quarter ("2026 Q4") that holds ``day``."""
    if by == "quarter":
        return f"{day.year} Q{(day.month + 2) // 3}"
    return f"{day:%Y-%m}"
