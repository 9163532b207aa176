"""Whom to inspect in a month (article 6)."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workplans.rules.coverage import MOST_A_DAY, Standing, most_wanted, spread

TODAY = date(2026, 11, 23)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_who_was_inspected_longest_ago_and_who_has_signs_come_first() -> None:
    standings = [
        Standing(1, days_ago(10)),
        Standing(2, days_ago(40)),
        Standing(3, None),
        Standing(4, days_ago(10), signals=6),
    ]
    assert [one.manager for one in most_wanted(standings, TODAY)] == [3, 4, 2, 1]


@given(managers=st.integers(0, 80), days=st.integers(0, 23))
def test_the_days_are_filled_evenly(managers: int, days: int) -> None:
    workdays = [TODAY + timedelta(days=n) for n in range(days)]
    planned = spread(list(range(managers)), workdays)
    assert [manager for manager, _day in planned] == list(range(min(managers, days * MOST_A_DAY)))
    counts = [sum(day == other for _m, other in planned) for day in workdays]
    assert not counts or max(counts) - min(counts) <= 1
    assert [day for _m, day in planned] == sorted(day for _m, day in planned)
