"""Whom to warn of, and what becomes of a warning (article 17).

Plain values in and out: no database, no clock, no settings. Dates are local dates of the unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from customers.rules import Figure, Standards, add_months

CENT = Decimal("0.01")


@dataclass(frozen=True)
class WarningFigures:
    """The standard's figures for warnings on one day."""

    line: int
    lift_percent: int
    capacity: int
    follow_up_hours: int
    fade_points: int
    fade_months: int
    rest_days: int
    jump_points: int

    @classmethod
    def on(cls, standards: Standards, day: date) -> WarningFigures:
        """Return the figures in force on ``day``."""
        return cls(
            line=standards.value(Figure.WARNING_LINE_POINTS, day),
            lift_percent=standards.value(Figure.WARNING_LIFT_PERCENT, day),
            capacity=standards.value(Figure.WARNING_CAPACITY, day),
            follow_up_hours=standards.value(Figure.WARNING_FOLLOW_UP_HOURS, day),
            fade_points=standards.value(Figure.WARNING_FADE_POINTS, day),
            fade_months=standards.value(Figure.WARNING_FADE_MONTHS, day),
            rest_days=standards.value(Figure.WARNING_REST_DAYS, day),
            jump_points=standards.value(Figure.WARNING_JUMP_POINTS, day),
        )


@dataclass(frozen=True)
class LastWarning:
    """The customer's last closed warning: when it was closed, and the score it had."""

    closed_on: date
    score: int


@dataclass(frozen=True)
class Candidate:
    """A customer at or above the line without an open warning.

    ``place``: whose attention it takes (a manager, or a unit's pool). ``monthly_bill`` in yuan.
    """

    customer: int
    place: tuple[str, int]
    score: int
    monthly_bill: Decimal
    last: LastWarning | None = None


def rests(candidate: Candidate, figures: WarningFigures, today: date) -> bool:
    """Say whether the customer is left in peace after the last warning.

    The day it was closed and ``rest_days - 1`` more; a rise by ``jump_points`` ends it. Hard
    triggers do not ask.
    """
    last = candidate.last
    if last is None or today >= last.closed_on + timedelta(days=figures.rest_days):
        return False
    return candidate.score < last.score + figures.jump_points


def rank(risk: float, monthly_bill: Decimal) -> Decimal:
    """Return risk (0 to 1) × monthly bill: what may be lost each month, in yuan."""
    return (Decimal(str(risk)) * monthly_bill).quantize(CENT, ROUND_HALF_UP)


def choose(
    candidates: Iterable[Candidate],
    ranks: Mapping[int, Decimal],
    open_now: Mapping[tuple[str, int], int],
    capacity: int,
) -> list[Candidate]:
    """Return whom to warn of: for each place those who rank highest, as many as are free.

    ``ranks``: by customer. ``open_now``: how many are open already by place.
    """
    taken = dict(open_now)
    chosen = []
    for candidate in sorted(candidates, key=lambda c: (-ranks[c.customer], -c.score, c.customer)):
        if taken.get(candidate.place, 0) < capacity:
            taken[candidate.place] = taken.get(candidate.place, 0) + 1
            chosen.append(candidate)
    return chosen


def low_since(
    before: date | None, score: int, line: int, fade_points: int, today: date
) -> date | None:
    """Return the first day of the stretch far below the line that holds ``today``; None: none."""
    if score > line - fade_points:
        return None
    return before or today


def has_faded(since: date | None, fade_months: int, today: date) -> bool:
    """Say whether the warning has been far below the line for long enough to close by itself."""
    return since is not None and today >= add_months(since, fade_months)
