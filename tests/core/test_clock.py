"""Local dates from moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from core import clock

ZONES = ("Asia/Shanghai", "America/New_York", "Pacific/Chatham", "UTC")


@time_machine.travel(datetime(2026, 11, 23, 16, 30, tzinfo=UTC), tick=False)
def test_today_is_the_date_of_the_zone_asked_for() -> None:
    assert clock.today("Asia/Shanghai") == date(2026, 11, 24)
    assert clock.today("America/New_York") == date(2026, 11, 23)


@time_machine.travel(datetime(2026, 11, 23, 16, 30, tzinfo=UTC), tick=False)
def test_without_a_zone_today_is_that_of_the_product() -> None:
    assert clock.today() == date(2026, 11, 24)


def test_a_day_is_25_hours_long_where_the_clocks_go_back() -> None:
    day = date(2026, 11, 1)
    length = clock.end_of_day(day, "America/New_York").astimezone(UTC) - clock.start_of_day(
        day, "America/New_York"
    ).astimezone(UTC)
    assert length == timedelta(hours=25)


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)), st.sampled_from(ZONES))
def test_every_day_begins_on_its_own_date_and_ends_where_the_next_begins(
    day: date, zone: str
) -> None:
    start, end = clock.start_of_day(day, zone), clock.end_of_day(day, zone)
    assert clock.local_date(start.astimezone(UTC), zone) == day
    assert clock.local_date(end.astimezone(UTC) - timedelta(microseconds=1), zone) == day
    assert end == clock.start_of_day(day + timedelta(days=1), zone)


def test_a_zone_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        clock.zone_info("Asia/Nowhere")
