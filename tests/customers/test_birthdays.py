"""Birthdays by both calendars: when they are kept next, and which are kept on a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.models import Customer
from customers.rules import BirthdayKey
from customers.services.birthdays import (
    NoSuchDayError,
    birthday_keys,
    born_on,
    next_birthday,
)

todays = st.dates(date(2001, 1, 1), date(2090, 12, 31))


def customer_born(
    calendar: str, month: int, day: int, *, year: int | None = None, leap: bool = False
) -> Customer:
    return Customer(
        birth_calendar=calendar,
        birth_year=year,
        birth_month=month,
        birth_day=day,
        birth_leap_month=leap,
    )


@pytest.mark.parametrize(
    ("calendar", "month", "day", "leap", "today", "expected"),
    [
        ("solar", 11, 23, False, date(2026, 11, 23), date(2026, 11, 23)),
        ("solar", 11, 22, False, date(2026, 11, 23), date(2027, 11, 22)),
        ("solar", 2, 29, False, date(2027, 1, 5), date(2027, 2, 28)),
        ("solar", 2, 29, False, date(2028, 1, 5), date(2028, 2, 29)),
        # Mid-Autumn and Chinese New Year's Eve of 2026 and 2027.
        ("lunar", 8, 15, False, date(2026, 9, 1), date(2026, 9, 25)),
        ("lunar", 12, 30, False, date(2026, 11, 23), date(2027, 2, 5)),
        # 2025 has a sixth leap month; 2026 has none.
        ("lunar", 6, 1, True, date(2025, 7, 1), date(2025, 7, 25)),
        ("lunar", 6, 1, True, date(2026, 7, 1), date(2026, 7, 14)),
        # The twelfth month of a lunar year lies in the next solar year.
        ("lunar", 12, 8, False, date(2026, 1, 1), date(2026, 1, 26)),
    ],
)
def test_a_birthday_is_kept_next_on(
    calendar: str, month: int, day: int, leap: bool, today: date, expected: date
) -> None:
    customer = customer_born(calendar, month, day, leap=leap)
    assert next_birthday(customer, today) == expected


def test_an_unknown_birthday_is_never_kept() -> None:
    assert next_birthday(Customer(), date(2026, 11, 23)) is None


@settings(max_examples=60, deadline=None)
@given(
    today=todays,
    calendar=st.sampled_from(["solar", "lunar"]),
    month=st.integers(1, 12),
    day=st.integers(1, 29),
    leap=st.booleans(),
)
def test_the_next_birthday_is_the_first_day_that_keeps_it(
    today: date, calendar: str, month: int, day: int, leap: bool
) -> None:
    leap = leap and calendar == "lunar"
    wanted = BirthdayKey(calendar, month, day, leap)
    kept = next_birthday(customer_born(calendar, month, day, leap=leap), today)
    assert kept is not None
    assert wanted in birthday_keys(kept, kept)
    if kept > today:
        assert wanted not in birthday_keys(today, kept - timedelta(days=1))


def test_a_lunar_birth_is_found_in_the_solar_calendar() -> None:
    assert born_on("lunar", 1980, 8, 15) == date(1980, 9, 23)


@pytest.mark.parametrize(
    ("calendar", "year", "month", "day", "leap"),
    [
        ("solar", 1981, 2, 29, False),
        ("solar", None, 2, 30, False),
        ("lunar", 1980, 6, 1, True),
        ("lunar", 1980, 13, 1, False),
        ("lunar", None, 1, 31, False),
        ("lunar", 1850, 1, 1, False),
    ],
)
def test_a_day_that_no_calendar_has_is_refused(
    calendar: str, year: int | None, month: int, day: int, leap: bool
) -> None:
    with pytest.raises(NoSuchDayError):
        born_on(calendar, year, month, day, leap_month=leap)


def test_without_a_year_29_february_and_a_30th_may_be_meant() -> None:
    assert born_on("solar", None, 2, 29) is None
    assert born_on("lunar", None, 2, 30, leap_month=True) is None
