"""The figures of complaints: medians, percentiles, shares, causes, repeats."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.rules.figures import (
    Course,
    median_of,
    pareto,
    percentile_of,
    period_of,
    repeats_in,
    share_of,
    times_of,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOME = st.lists(st.floats(min_value=0, max_value=1000), min_size=1, max_size=50)


def test_median_percentile_and_share_of_known_values() -> None:
    assert median_of([3, 1, 2]) == 2
    assert median_of([4, 1, 2, 3]) == 2.5
    assert percentile_of(range(1, 11), 90) == 9
    assert percentile_of([7], 90) == 7
    assert share_of(1, 3) == Decimal("33.3")
    assert (median_of([]), percentile_of([], 90), share_of(0, 0)) == (None, None, None)


@given(SOME)
def test_half_lie_on_each_side_of_the_median_and_nine_tenths_below_the_percentile(
    values: list[float],
) -> None:
    middle, ninetieth = median_of(values), percentile_of(values, 90)
    assert middle is not None
    assert ninetieth in values
    assert min(values) <= middle <= max(values)
    assert sum(value <= middle for value in values) * 2 >= len(values)
    assert sum(value >= middle for value in values) * 2 >= len(values)
    assert sum(value <= ninetieth for value in values) * 10 >= len(values) * 9
    assert sum(value < ninetieth for value in values) * 10 < len(values) * 9


def test_what_runs_in_time_or_waits_is_not_judged_and_what_runs_late_is() -> None:
    courses = [
        Course(NOW, NOW - HOUR, 2.0),
        Course(NOW - 2 * HOUR, NOW - HOUR, 4.0),
        Course(NOW - HOUR, None, None),
        Course(NOW + HOUR, None, None),
        Course(NOW - HOUR, None, None, waits=True),
    ]
    times = times_of(courses, NOW)
    assert (times.number, times.median, times.ninetieth) == (5, 3.0, 4.0)
    assert times.in_time == Decimal("33.3")


def test_the_highest_bar_is_first_and_the_last_reaches_a_hundred() -> None:
    bars = pareto([("a", 1), ("b", 3)])
    assert [(bar.key, bar.running) for bar in bars] == [("b", Decimal("75.0")), ("a", Decimal(100))]


def test_a_repeat_is_within_the_days_after_the_one_before() -> None:
    day = timedelta(days=1)
    received = [(1, NOW - 5 * day), (1, NOW + day), (1, NOW + 100 * day), (2, NOW), (3, NOW - day)]
    assert repeats_in(received, NOW, 30) == {1: 1}


@pytest.mark.parametrize(("by", "name"), [("month", "2026-11"), ("quarter", "2026 Q4")])
def test_a_day_belongs_to_its_month_and_quarter(by: str, name: str) -> None:
    assert period_of(date(2026, 11, 23), by) == name
