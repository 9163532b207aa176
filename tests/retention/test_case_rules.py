"""The rules of retention cases (article 18): approval, eligibility, deadlines, follow-ups."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from retention.rules.cases import (
    Approver,
    FollowUpDays,
    FollowUpFigures,
    Hindrance,
    Terms,
    approver_of,
    approving_path,
    code_ends_at,
    deadline_of,
    follow_up_days,
    hindrance,
    may_approve,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIGURES = FollowUpFigures(first_hours=24, second_days=7, third_days=30, check_months=3)
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", Approver.MANAGER),
        ("100", Approver.MANAGER),
        ("100.01", Approver.SUPERVISOR),
        ("300", Approver.SUPERVISOR),
        ("300.01", Approver.ABOVE),
    ],
)
def test_limits_are_included_and_above_them_the_next_one_decides(
    value: str, expected: Approver
) -> None:
    assert approver_of(Decimal(value), Decimal(100), Decimal(300)) is expected


@pytest.mark.parametrize(
    ("approver", "unit", "expected"),
    [
        (Approver.MANAGER, "/1/4/9/", None),
        (Approver.SUPERVISOR, "/1/4/9/", "/1/4/9/"),
        (Approver.ABOVE, "/1/4/9/", "/1/4/"),
        (Approver.ABOVE, "/1/", "/1/"),
    ],
)
def test_above_is_the_unit_that_holds_the_customers(
    approver: Approver, unit: str, expected: str | None
) -> None:
    assert approving_path(approver, unit) == expected


@pytest.mark.parametrize(
    ("supervised", "needed", "expected"),
    [
        ("/1/4/", "/1/4/", True),
        ("/1/", "/1/4/", True),
        ("/1/4/9/", "/1/4/", False),
        ("/1/44/", "/1/4/", False),
        ("/2/", "/1/4/", False),
        (None, "/1/4/", False),
    ],
)
def test_the_units_own_supervisor_and_those_above_it_approve(
    supervised: str | None, needed: str, expected: bool
) -> None:
    assert may_approve(supervised, needed) is expected


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (Terms(), None),
        (Terms(is_active=False), Hindrance.NOT_IN_FORCE),
        (Terms(valid_from=date(2026, 11, 24)), Hindrance.NOT_YET),
        (Terms(valid_from=date(2026, 11, 23)), None),
        (Terms(valid_until=date(2026, 11, 22)), Hindrance.OVER),
        (Terms(valid_until=date(2026, 11, 23)), None),
        (Terms(tiers=["diamond"]), Hindrance.TIER),
        (Terms(tiers=["diamond", "gold"]), None),
        # With us since 31 August: three months are over on 30 November.
        (Terms(months_with_us=3), Hindrance.TOO_NEW),
        (Terms(months_with_us=2), None),
    ],
)
def test_a_measure_is_for_the_tier_the_time_with_us_and_its_days(
    terms: Terms, expected: Hindrance | None
) -> None:
    found = hindrance(terms, tier="gold", with_us_since=date(2026, 8, 31), on=date(2026, 11, 23))
    assert found is expected


def test_months_with_us_end_with_a_short_month() -> None:
    terms = Terms(months_with_us=3)
    since = date(2026, 8, 31)
    assert hindrance(terms, tier="gold", with_us_since=since, on=date(2026, 11, 29)) is not None
    assert hindrance(terms, tier="gold", with_us_since=since, on=date(2026, 11, 30)) is None


def test_the_deadline_is_the_earlier_of_what_was_said_and_the_end_of_the_code() -> None:
    soon, later = NOON + timedelta(minutes=30), NOON + timedelta(hours=5)
    assert code_ends_at(NOON, 60) == NOON + timedelta(minutes=60)
    assert deadline_of(None, None, 60) is None
    assert deadline_of(later, None, 60) == later
    assert deadline_of(None, NOON, 60) == NOON + timedelta(minutes=60)
    assert deadline_of(later, NOON, 60) == NOON + timedelta(minutes=60)
    assert deadline_of(soon, NOON, 60) == soon


@pytest.mark.parametrize(
    ("saved_at", "expected"),
    [
        (
            # 12:00 on 23 November in Shanghai.
            NOON,
            FollowUpDays(
                date(2026, 11, 24), date(2026, 11, 30), date(2026, 12, 23), date(2027, 2, 23)
            ),
        ),
        (
            # 00:30 on 30 November in Shanghai, still the 29th in UTC; February is shorter.
            datetime(2026, 11, 29, 16, 30, tzinfo=UTC),
            FollowUpDays(
                date(2026, 12, 1), date(2026, 12, 7), date(2026, 12, 30), date(2027, 2, 28)
            ),
        ),
    ],
)
def test_follow_ups_count_from_the_local_day_of_the_saving(
    saved_at: datetime, expected: FollowUpDays
) -> None:
    assert follow_up_days(saved_at, SHANGHAI, FIGURES) == expected


def test_after_24_hours_is_the_local_day_on_which_they_are_over() -> None:
    # In New York the clock goes back on 1 November 2026: that day has 25 hours.
    zone = ZoneInfo("America/New_York")
    saved_at = datetime(2026, 11, 1, 0, 30, tzinfo=zone)
    assert follow_up_days(saved_at, zone, FIGURES).day == date(2026, 11, 1)
