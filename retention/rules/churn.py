"""The churn rate and its goal (article 1): base, losses, budget, pace and projection.

Plain values in and out: no database, no clock, no settings. Dates are local dates of the unit.
Percents are exact decimals; shares of a year are exact fractions of its days.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

COUNTED_KINDS = ("closed", "ported_out")
"""What counts against the goal, voluntary or not: not a transfer to another person, not a death,
not the end of VIP status."""

TOP_TIERS = ("diamond", "gold")
ALL, TOP = "all", "top"
TIERS_OF_GROUP: Mapping[str, tuple[str, ...]] = {
    ALL: ("diamond", "gold", "silver"),
    TOP: TOP_TIERS,
}


def first_day(year: int) -> date:
    """Return 1 January of ``year``."""
    return date(year, 1, 1)


def last_day(year: int) -> date:
    """Return 31 December of ``year``."""
    return date(year, 12, 31)


def days_of(year: int) -> int:
    """Return how many days ``year`` has."""
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


# --- Base and losses ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Away:
    """A customer was no VIP from ``left_on`` on; again one from ``returned_on`` on, if ever."""

    left_on: date
    returned_on: date | None = None

    def holds_before(self, day: date) -> bool:
        """Say whether the customer had left before ``day`` and was not back at its start."""
        return self.left_on < day and (self.returned_on is None or self.returned_on > day)


def in_base(vip_since: date, away: Iterable[Away], year: int) -> bool:
    """Say whether a customer was VIP at the start of 1 January of ``year``.

    Days are whole days: VIP from 1 January is VIP at its start; who left on 1 January left in
    that year and was there at its start.
    """
    start = first_day(year)
    return vip_since <= start and not any(span.holds_before(start) for span in away)


def counts(kind: str, left_on: date, year: int, as_of: date) -> bool:
    """Say whether a departure that was not taken back is a loss of ``year``, seen on ``as_of``."""
    return kind in COUNTED_KINDS and first_day(year) <= left_on <= min(last_day(year), as_of)


def rate_percent(lost: int, base: int) -> Decimal | None:
    """Return lost ÷ base in percent, to two places; None without a base."""
    return None if base == 0 else (Decimal(100) * lost / base).quantize(Decimal("0.01"))


# --- The budget --------------------------------------------------------------------------------


def allowed_losses(base: int, percent: Decimal) -> int:
    """Return the most customers that may leave in the year with the goal still kept.

    The goal is *under* ``percent``: of 1,000 customers at 3.5 % it is 34, for 35 are 3.5 %.
    """
    return max(0, math.ceil(Fraction(percent) * base / 100) - 1)


def may_still_lose(base: int, lost: int, percent: Decimal) -> int:
    """Return how many more may be lost before the goal is missed; below zero: missed by so many."""
    return allowed_losses(base, percent) - lost


# --- The pace ----------------------------------------------------------------------------------


class Pace(StrEnum):
    """How the losses stand to the calendar."""

    GOOD = "good"
    FAST = "fast"
    MISSED = "missed"


def year_passed(year: int, as_of: date) -> Fraction:
    """Return the share of ``year`` that is over at the end of ``as_of``: 0 to 1."""
    days = (as_of - first_day(year)).days + 1
    return Fraction(min(max(days, 0), days_of(year)), days_of(year))


def even_losses(base: int, percent: Decimal, year: int, as_of: date) -> Fraction:
    """Return the losses by ``as_of`` if the goal's own rate were spread evenly over the days."""
    return Fraction(percent) * base / 100 * year_passed(year, as_of)


def pace_of(base: int, lost: int, percent: Decimal, year: int, as_of: date) -> Pace:
    """Judge the losses: missed for good, faster than the goal's even pace, or within it."""
    if lost > allowed_losses(base, percent):
        return Pace.MISSED
    return Pace.FAST if lost > even_losses(base, percent, year, as_of) else Pace.GOOD


# --- The projection ----------------------------------------------------------------------------

PRIOR_DAYS = 30
"""The goal's own pace counts as much as so many days that were seen: in January some days say
little, by summer it no longer matters."""
LEAST_PRIOR_LOSSES = 0.5
INTERVAL = (0.05, 0.5, 0.95)
_NEGLIGIBLE = 1e-13


@dataclass(frozen=True)
class Projection:
    """Losses at the end of the year: as likely more as fewer than ``likely``; with nine chances in
    ten from ``low`` to ``high``.
    """

    low: int
    likely: int
    high: int


def projection(base: int, lost: int, percent: Decimal, year: int, as_of: date) -> Projection:
    """Return the losses to be expected by 31 December (gamma-Poisson predictive distribution).

    Customers are taken to leave at one daily rate all year. What is believed of the rate after
    d days with ``lost`` losses is Gamma(a + lost, PRIOR_DAYS + d), where a is what the goal's even
    pace would lose in PRIOR_DAYS days; the losses of the days left are then negative binomial.
    On 31 December all three are the count itself.
    """
    total = days_of(year)
    seen = int(year_passed(year, as_of) * total)
    left = total - seen
    if left == 0 or base <= lost:
        return Projection(lost, lost, lost)
    prior = max(float(Fraction(percent) * base / 100) * PRIOR_DAYS / total, LEAST_PRIOR_LOSSES)
    low, likely, high = _quantiles(prior + lost, left / (PRIOR_DAYS + seen + left))
    most = base - lost
    return Projection(*(lost + min(more, most) for more in (low, likely, high)))


def _quantiles(shape: float, share: float) -> list[int]:
    """Return the quantiles INTERVAL of a negative binomial distribution.

    Its weights fall off to both sides of the mode and follow from each other:
    w(k + 1) = w(k) · (shape + k) ÷ (k + 1) · share.
    """
    mode = max(0, math.floor((shape - 1) * share / (1 - share)))
    above, weight, k = [1.0], 1.0, mode
    while weight > _NEGLIGIBLE:
        weight *= (shape + k) / (k + 1) * share
        above.append(weight)
        k += 1
    below, weight, k = [], 1.0, mode
    while k > 0 and weight > _NEGLIGIBLE:
        weight *= k / ((shape + k - 1) * share)
        below.append(weight)
        k -= 1
    weights = below[::-1] + above
    return [_quantile(weights, level) + mode - len(below) for level in INTERVAL]


def _quantile(weights: Sequence[float], level: float) -> int:
    wanted, so_far = level * math.fsum(weights), 0.0
    for place, weight in enumerate(weights):
        so_far += weight
        if so_far >= wanted:
            return place
    return len(weights) - 1


# --- Goals -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GoalRow:
    """Under ``percent`` of ``group`` leave in each year from ``from_year`` on, until a later row.

    ``path``: the unit whose own goal it is, with all below it; empty for the whole company.
    """

    from_year: int
    group: str
    percent: Decimal
    path: str = ""


def goal_percent(rows: Iterable[GoalRow], year: int, group: str, path: str) -> Decimal | None:
    """Return the goal of the unit at ``path`` in ``year``; None where nobody has set one.

    The nearest unit's own goal comes first, then those of the units above it, then the company's;
    of one unit's the latest.
    """
    found = [
        row
        for row in rows
        if row.group == group and row.from_year <= year and path.startswith(row.path)
    ]
    best = max(found, key=lambda row: (len(row.path), row.from_year), default=None)
    return best.percent if best is not None else None


# --- Where a year's goal stands ----------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """Everything that is said of some customers of a base against their goal on a day."""

    year: int
    as_of: date
    base: int
    lost: int
    percent: Decimal | None

    @property
    def rate(self) -> Decimal | None:
        """The churn rate to date in percent; None without a base."""
        return rate_percent(self.lost, self.base)

    @property
    def allowed(self) -> int | None:
        """The whole year's budget; None without a base or a goal."""
        if not self.base or self.percent is None:
            return None
        return allowed_losses(self.base, self.percent)

    @property
    def left_to_lose(self) -> int | None:
        """How many more may be lost; below zero the goal is missed by so many."""
        return None if self.allowed is None else self.allowed - self.lost

    @property
    def missed_by(self) -> int:
        """By how many the goal is missed, 0 where it still can be kept."""
        return max(0, -(self.left_to_lose or 0))

    @property
    def pace(self) -> Pace | None:
        """The judgement against the calendar."""
        if not self.base or self.percent is None:
            return None
        return pace_of(self.base, self.lost, self.percent, self.year, self.as_of)

    @property
    def even(self) -> int | None:
        """The losses that the goal's even pace would have by now, rounded down."""
        if not self.base or self.percent is None:
            return None
        return math.floor(even_losses(self.base, self.percent, self.year, self.as_of))

    @property
    def projected(self) -> Projection | None:
        """The year's end, as far as it can be told."""
        if not self.base or self.percent is None:
            return None
        return projection(self.base, self.lost, self.percent, self.year, self.as_of)


@dataclass(frozen=True)
class MonthEnd:
    """The budget at the end of one month: what an even pace would leave, and what is left.

    ``left`` is None for months that are still to come.
    """

    day: date
    even: int
    lost: int | None
    left: int | None


def burn_down(standing: Standing, lost_on: Mapping[date, int]) -> list[MonthEnd]:
    """Return the budget through the year: its start, then each month's end (today's, so far).

    ``lost_on``: losses by day. Empty without a base or a goal.
    """
    allowed, percent = standing.allowed, standing.percent
    if allowed is None or percent is None:
        return []
    ends = [first_day(standing.year) - timedelta(days=1)]
    ends += [month_end(standing.year, month) for month in range(1, 13)]
    points = []
    for place, end in enumerate(ends):
        even = allowed - math.floor(allowed * year_passed(standing.year, end))
        begun = place == 0 or ends[place - 1] < standing.as_of
        lost = sum(n for day, n in lost_on.items() if day <= end) if begun else None
        left = None if lost is None else allowed - lost
        points.append(MonthEnd(end, even, lost, left))
    return points


def month_end(year: int, month: int) -> date:
    """Return the last day of a month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)
