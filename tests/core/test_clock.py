"""Local dates from moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
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


@time_machine.travel(datetime(2026, 11, 23, 16, 30, tzinfo=UTC), tick=False)
def test_a_past_moment_is_lived_only_inside_of_its_block() -> None:
    past = datetime(2025, 1, 1, 0, 30, tzinfo=clock.zone_info("Asia/Shanghai"))
    with clock.lived_at(past):
        assert clock.now() == past
        assert clock.today("Asia/Shanghai") == date(2025, 1, 1)
        assert clock.today("UTC") == date(2024, 12, 31)
    assert clock.now() == datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    with pytest.raises(RuntimeError), clock.lived_at(past):
        raise RuntimeError
    assert clock.today("UTC") == date(2026, 11, 23)


@time_machine.travel(datetime(2026, 11, 23, 16, 30, tzinfo=UTC), tick=False)
def test_what_is_to_come_cannot_be_lived() -> None:
    with pytest.raises(ValueError, match="to come"), clock.lived_at(clock.now() + timedelta(1)):
        pass


def test_nobody_but_the_simulator_and_the_demonstration_lives_in_the_past() -> None:
    users = {
        file.relative_to(settings.BASE_DIR).as_posix()
        for app in settings.BASE_DIR.glob("*/apps.py")
        for file in app.parent.rglob("*.py")
        if "lived_at" in file.read_text(encoding="utf-8")
    }
    assert users == {
        "core/clock.py",
        "exchange/services/demonstration_work.py",
        "retention/services/simulated_days.py",
        "retention/services/simulation.py",
    }
