"""The churn rate and its goal against slow, obvious calculations."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from retention.rules.churn import (
    Away,
    GoalRow,
    Pace,
    Standing,
    allowed_losses,
    burn_down,
    counts,
    days_of,
    even_losses,
    first_day,
    goal_percent,
    in_base,
    last_day,
    may_still_lose,
    pace_of,
    projection,
    rate_percent,
    year_passed,
)

BOUNDS = bounds(max_examples=200, deadline=None)
PERCENTS = st.decimals(min_value="0.01", max_value="100", places=2)
SIZES = st.integers(0, 5000)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


# --- Base --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vip_since", "away", "inside"),
    [
        (date(2025, 12, 31), [], True),
        (date(2026, 1, 1), [], True),
        (date(2026, 1, 2), [], False),
        (date(2020, 1, 1), [Away(date(2025, 12, 31))], False),
        (date(2020, 1, 1), [Away(date(2026, 1, 1))], True),
        (date(2020, 1, 1), [Away(date(2025, 3, 1), date(2026, 1, 1))], True),
        (date(2020, 1, 1), [Away(date(2025, 3, 1), date(2026, 1, 2))], False),
    ],
)
def test_the_base_is_who_was_vip_at_the_start_of_the_first_of_january(
    vip_since: date, away: list[Away], inside: bool
) -> None:
    assert in_base(vip_since, away, 2026) is inside


@BOUNDS
@given(
    since=st.dates(date(2024, 6, 1), date(2026, 6, 1)),
    gaps=st.lists(st.integers(1, 200), max_size=5),
)
def test_the_base_agrees_with_walking_through_every_day(since: date, gaps: list[int]) -> None:
    turns = [since]
    for gap in gaps:
        turns.append(turns[-1] + timedelta(days=gap))
    away = [
        Away(left, turns[n + 1] if n + 1 < len(turns) else None)
        for n, left in enumerate(turns)
        if n % 2 == 1
    ]
    is_vip, day = False, date(2024, 1, 1)
    while day <= date(2026, 1, 1):
        # What happens on a day: VIP from its start, gone only after it.
        if any(span.left_on == day - timedelta(days=1) for span in away):
            is_vip = False
        if day == since or any(span.returned_on == day for span in away):
            is_vip = True
        day += timedelta(days=1)
    assert in_base(since, away, 2026) is is_vip


@pytest.mark.parametrize(
    ("kind", "left_on", "counted"),
    [
        ("closed", date(2026, 1, 1), True),
        ("ported_out", date(2026, 11, 23), True),
        ("ported_out", date(2026, 11, 24), False),
        ("closed", date(2025, 12, 31), False),
        ("transfer", date(2026, 5, 1), False),
        ("death", date(2026, 5, 1), False),
        ("vip_ended", date(2026, 5, 1), False),
    ],
)
def test_only_closed_and_ported_out_numbers_count(kind: str, left_on: date, counted: bool) -> None:
    assert counts(kind, left_on, 2026, date(2026, 11, 23)) is counted


# --- Budget ------------------------------------------------------------------------------------


def test_the_goal_is_under_so_many_percent_not_exactly_so_many() -> None:
    assert allowed_losses(1000, Decimal("3.5")) == 34
    assert allowed_losses(1001, Decimal("3.5")) == 35
    assert allowed_losses(10, Decimal("3.5")) == 0
    assert allowed_losses(0, Decimal("3.5")) == 0


@BOUNDS
@given(base=st.integers(1, 5000), percent=PERCENTS)
def test_the_budget_is_the_last_number_with_which_the_goal_is_kept(
    base: int, percent: Decimal
) -> None:
    kept = [lost for lost in range(base + 2) if Fraction(lost, base) * 100 < Fraction(percent)]
    assert allowed_losses(base, percent) == kept[-1]


@BOUNDS
@given(base=st.integers(1, 2000), lost=st.integers(0, 2000), percent=PERCENTS)
def test_so_many_more_may_be_lost_and_not_one_more(base: int, lost: int, percent: Decimal) -> None:
    more = may_still_lose(base, lost, percent)
    assert Fraction(lost + more, base) * 100 < Fraction(percent)
    assert Fraction(lost + more + 1, base) * 100 >= Fraction(percent)


@BOUNDS
@given(base=SIZES, lost=SIZES)
def test_the_rate_is_lost_by_base(base: int, lost: int) -> None:
    rate = rate_percent(lost, base)
    if base == 0:
        assert rate is None
    else:
        assert rate is not None
        assert abs(Fraction(rate) - Fraction(100 * lost, base)) <= Fraction(1, 200)


# --- Pace --------------------------------------------------------------------------------------


def test_the_year_passes_day_by_day() -> None:
    assert year_passed(2026, date(2025, 12, 31)) == 0
    assert year_passed(2026, date(2026, 1, 1)) == Fraction(1, 365)
    assert year_passed(2028, date(2028, 2, 29)) == Fraction(60, 366)
    assert year_passed(2026, date(2026, 12, 31)) == 1
    assert year_passed(2026, date(2027, 5, 1)) == 1


@BOUNDS
@given(base=SIZES, lost=SIZES, percent=PERCENTS, as_of=DAYS)
def test_the_pace_compares_the_losses_with_the_goal_spread_evenly(
    base: int, lost: int, percent: Decimal, as_of: date
) -> None:
    day = as_of.timetuple().tm_yday
    even = Fraction(percent) * base * day / 36500
    assert even_losses(base, percent, 2026, as_of) == even
    pace = pace_of(base, lost, percent, 2026, as_of)
    if lost > allowed_losses(base, percent):
        assert pace is Pace.MISSED
    else:
        assert pace is (Pace.FAST if lost > even else Pace.GOOD)


# --- Projection --------------------------------------------------------------------------------


@BOUNDS
@given(base=SIZES, lost=SIZES, percent=PERCENTS, as_of=DAYS)
def test_the_interval_holds_the_point_and_what_has_happened(
    base: int, lost: int, percent: Decimal, as_of: date
) -> None:
    found = projection(base, lost, percent, 2026, as_of)
    assert lost <= found.low <= found.likely <= found.high <= max(base, lost)


@BOUNDS
@given(base=SIZES, lost=SIZES, percent=PERCENTS)
def test_at_the_end_of_the_year_the_projection_is_the_count(
    base: int, lost: int, percent: Decimal
) -> None:
    found = projection(base, lost, percent, 2026, date(2026, 12, 31))
    assert (found.low, found.likely, found.high) == (lost, lost, lost)


@BOUNDS
@given(base=st.integers(100, 5000), lost=st.integers(0, 60), percent=PERCENTS, as_of=DAYS)
def test_with_no_further_loss_every_day_lowers_what_is_still_to_be_feared(
    base: int, lost: int, percent: Decimal, as_of: date
) -> None:
    today = projection(base, lost, percent, 2026, as_of)
    later = projection(base, lost, percent, 2026, min(as_of + timedelta(days=20), last_day(2026)))
    assert later.low <= today.low
    assert later.likely <= today.likely
    assert later.high <= today.high


def test_a_large_base_needs_no_large_numbers() -> None:
    found = projection(3_000_000, 52_000, Decimal("3.5"), 2026, date(2026, 6, 30))
    assert 103_000 < found.low < found.likely < found.high < 108_000


def test_nine_of_ten_years_end_within_the_interval() -> None:
    """Years made up with a rate that is drawn as the model believes."""
    random = Random(20261123)
    base, percent, as_of = 4000, Decimal("3.5"), date(2026, 5, 31)
    seen = as_of.timetuple().tm_yday
    prior, trials, inside = 3.5 / 100 * base * 30 / 365, 1500, 0
    for _trial in range(trials):
        daily = random.gammavariate(prior, 1 / 30)
        lost = poisson(random, daily * seen)
        more = poisson(random, daily * (365 - seen))
        found = projection(base, lost, percent, 2026, as_of)
        inside += found.low <= lost + more <= found.high
    assert 0.88 < inside / trials < 0.94


def poisson(random: Random, mean: float) -> int:
    """Count exponential waits; obvious, and slow."""
    count, waited = 0, random.expovariate(1.0)
    while waited < mean:
        count += 1
        waited += random.expovariate(1.0)
    return count


# --- Goals and the year ------------------------------------------------------------------------


def test_the_nearest_units_latest_goal_holds() -> None:
    rows = [
        GoalRow(2000, "all", Decimal("3.5")),
        GoalRow(2027, "all", Decimal("3.2")),
        GoalRow(2026, "all", Decimal("3.0"), "/1/2/"),
        GoalRow(2000, "top", Decimal("2.0")),
    ]
    assert goal_percent(rows, 2026, "all", "/1/") == Decimal("3.5")
    assert goal_percent(rows, 2028, "all", "") == Decimal("3.2")
    assert goal_percent(rows, 2028, "all", "/1/2/9/") == Decimal("3.0")
    assert goal_percent(rows, 2025, "all", "/1/2/") == Decimal("3.5")
    assert goal_percent(rows, 2026, "top", "/1/2/") == Decimal("2.0")
    assert goal_percent([], 2026, "all", "") is None


@BOUNDS
@given(
    base=st.integers(100, 3000),
    days=st.lists(DAYS, max_size=60),
    percent=st.decimals(min_value="1", max_value="10", places=1),
    as_of=DAYS,
)
def test_the_burn_down_counts_each_month_end_from_the_losses(
    base: int, days: list[date], percent: Decimal, as_of: date
) -> None:
    known = [day for day in days if day <= as_of]
    standing = Standing(2026, as_of, base, len(known), percent)
    points = burn_down(standing, {day: known.count(day) for day in known})
    assert len(points) == 13
    assert (points[0].even, points[0].lost) == (standing.allowed, 0)
    assert points[-1].even == 0
    assert [point.left is not None for point in points] == [
        n == 0 or date(2026, n, 1) <= as_of for n in range(13)
    ]
    for point in points:
        if point.left is not None:
            lost = sum(day <= point.day for day in known)
            assert point.left == allowed_losses(base, percent) - lost
    assert [point.left for point in points if point.left is not None][-1] == standing.left_to_lose


def test_without_a_base_or_a_goal_nothing_is_judged() -> None:
    for standing in (
        Standing(2026, date(2026, 5, 1), 0, 0, Decimal("3.5")),
        Standing(2026, date(2026, 5, 1), 100, 2, None),
    ):
        assert standing.left_to_lose is None
        assert standing.pace is None
        assert standing.even is None
        assert standing.projected is None
        assert burn_down(standing, {}) == []


def test_a_year_has_its_days() -> None:
    assert (days_of(2026), days_of(2028)) == (365, 366)
    assert (first_day(2026), last_day(2026)) == (date(2026, 1, 1), date(2026, 12, 31))
    assert math.isclose(float(year_passed(2026, date(2026, 7, 2))), 183 / 365)
