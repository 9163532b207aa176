"""Invented lives: the same for the same seed, plausible, and in trouble before they leave."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from statistics import mean

import pytest
from borax.calendars.lunardate import LunarDate
from hypothesis import given
from hypothesis import strategies as st

from customers.rules import add_months
from retention.rules.courses import COURSES, Course
from retention.rules.simulation import (
    LOST_A_YEAR,
    SETTLED_DAYS,
    Figures,
    Leavers,
    Life,
    Trouble,
    invent_life,
    invent_months,
    is_spring_festival,
    month_number,
    month_of,
)

FIRST, LAST = date(2024, 11, 1), date(2026, 11, 22)
VIP_SINCE = date(2020, 1, 1)
SEEDS = st.integers(0, 10**9)
TIERS = st.sampled_from(sorted(LOST_A_YEAR))


def life_of(
    seed: object, tier: str = "gold", leavers: Leavers = Leavers.AS_USUAL, since: date = VIP_SINCE
) -> Life:
    return invent_life(
        Random(f"{seed}"), tier=tier, vip_since=since, first=FIRST, last=LAST, leavers=leavers
    )


def months_of(life: Life, seed: object = 0) -> dict[date, Figures]:
    return dict(invent_months(Random(f"months {seed}"), life, first=FIRST, last=LAST))


@given(SEEDS, TIERS, st.sampled_from(Leavers))
def test_the_same_seed_gives_the_same_life(seed: int, tier: str, leavers: Leavers) -> None:
    one, other = life_of(seed, tier, leavers), life_of(seed, tier, leavers)
    assert one == other
    assert months_of(one, seed) == months_of(other, seed)


def test_another_seed_gives_another_life() -> None:
    assert len({str(months_of(life_of(seed), seed)) for seed in range(50)}) == 50


@given(SEEDS, TIERS)
def test_every_figure_is_one_that_a_snapshot_can_hold(seed: int, tier: str) -> None:
    months = months_of(life_of(seed, tier), seed)
    assert list(months) == sorted(months)
    for month, figures in months.items():
        assert month.day == 1
        assert FIRST <= month < LAST.replace(day=1)
        length = (add_months(month, 1) - month).days
        counts = (figures.voice_minutes, figures.data_mb, figures.sms_count)
        assert all(value is None or value >= 0 for value in counts)
        assert 0 <= (figures.roaming_days or 0) <= 31
        assert 0 <= (figures.days_without_use or 0) <= length
        assert figures.bill is None or figures.bill > 0
        assert figures.plan


@given(SEEDS, TIERS, st.dates(date(2015, 1, 1), LAST))
def test_nobody_leaves_before_having_settled_and_signs_come_before(
    seed: int, tier: str, since: date
) -> None:
    life = life_of(seed, tier, Leavers.EVERYBODY, since)
    if life.leaving is None:
        assert max(FIRST, since) + timedelta(days=SETTLED_DAYS) > LAST
        return
    left_on = life.leaving.left_on
    assert max(FIRST, since) + timedelta(days=SETTLED_DAYS) <= left_on <= LAST
    assert all(left_on - timedelta(days=31) < day <= left_on for _kind, day in life.signs)
    if life.leaving.kind != "vip_ended":
        assert all(month < left_on.replace(day=1) for month in months_of(life, seed))


@given(SEEDS, TIERS)
def test_where_everybody_has_stayed_leavers_are_still_to_come(seed: int, tier: str) -> None:
    life = life_of(seed, tier, Leavers.LATER)
    assert life.leaving is None or life.leaving.left_on > LAST


@given(
    st.sampled_from(COURSES),
    st.integers(24_000, 25_000),
    st.integers(1, 8),
    st.floats(0.1, 1),
    st.integers(-12, 12),
)
def test_trouble_grows_up_to_its_worst_and_is_soon_over(
    course: Course, peak: int, months: int, worst: float, away: int
) -> None:
    trouble = Trouble(course, peak, months, worst)
    level = trouble.level(peak + away)
    assert 0 <= level <= trouble.level(peak) == worst
    if away < 0:
        assert trouble.level(peak + away) <= trouble.level(peak + away + 1)
    if away >= 2 or away <= -months:
        assert level == 0


@pytest.mark.parametrize("tier", sorted(LOST_A_YEAR))
def test_about_as_many_leave_as_are_meant_to(tier: str) -> None:
    lives = [life_of(f"{tier} {number}", tier) for number in range(12_000)]
    left = [life.leaving for life in lives if life.leaving and life.leaving.left_on <= LAST]
    years = ((LAST - FIRST).days + 1 - SETTLED_DAYS) / 365.25
    counted = [leaving for leaving in left if leaving.cause]
    assert len(counted) / len(lives) / years == pytest.approx(LOST_A_YEAR[tier], rel=0.15)
    assert {leaving.kind for leaving in counted} == {"closed", "ported_out"}
    assert {leaving.cause for leaving in counted} == {course.cause for course in COURSES}
    assert {leaving.kind for leaving in left if not leaving.cause} == {
        "vip_ended",
        "transfer",
        "death",
    }
    assert any(not leaving.is_voluntary for leaving in counted)


def test_who_leaves_for_a_cause_shows_it_months_before_and_who_stays_does_not() -> None:
    lives = [life_of(number, "silver", Leavers.EVERYBODY) for number in range(1500)]
    late = [
        (number, life)
        for number, life in enumerate(lives)
        if life.leaving is not None and life.leaving.left_on > add_months(FIRST, 10)
    ]
    with_cause = [
        pair for pair in late if pair[1].leaving and pair[1].leaving.cause not in ("", QUIET)
    ]
    quiet = [pair for pair in late if pair[1].leaving and pair[1].leaving.cause == QUIET]
    calm = [
        (number, life)
        for number in range(300)
        if (life := life_of(f"calm {number}")).trouble is None
    ]
    assert min(len(with_cause), len(quiet), len(calm)) > 50
    # The month before the last one: half a season ahead of the leaving.
    assert share_fallen(with_cause, before_end=1) > 0.97
    assert share_fallen(with_cause, before_end=2) > 0.5
    assert share_fallen(quiet, before_end=1) < 0.06
    assert share_fallen(calm, before_end=1) < 0.06


QUIET = "other-unknown"


def share_fallen(lives: list[tuple[int, Life]], before_end: int) -> float:
    """Which share uses clearly less than in its first months: of voice or data, by a third."""
    return mean(has_fallen(life, number, before_end) for number, life in lives)


def has_fallen(life: Life, number: int, before_end: int) -> bool:
    months = list(months_of(life, number).values())
    falls = []
    for name in ("voice_minutes", "data_mb"):
        values = [getattr(figures, name) for figures in months]
        usual = mean(value for value in values[:4] if value is not None)
        falls.append((values[-before_end] or usual) / usual)
    return bool(min(falls) < 0.6)


def test_the_year_has_its_seasons() -> None:
    by_month: dict[int, list[Figures]] = {number: [] for number in range(1, 13)}
    for number in range(600):
        for month, figures in months_of(life_of(f"season {number}"), number).items():
            by_month[month.month].append(figures)

    def average(name: str, month: int) -> float:
        return float(mean(v for f in by_month[month] if (v := getattr(f, name)) is not None))

    assert average("voice_minutes", 2) > 1.08 * average("voice_minutes", 4)
    assert average("data_mb", 7) > 1.05 * average("data_mb", 5)
    assert average("roaming_days", 8) > 2 * average("roaming_days", 5)
    missing = [f for of in by_month.values() for f in of if None in f[:6]]
    assert 0 < len(missing) < 0.05 * sum(map(len, by_month.values()))


def test_the_spring_festival_is_in_the_month_that_the_calendar_says() -> None:
    for year in range(2015, 2048):
        day = LunarDate(year, 1, 1).to_solar_date()
        months = [month for month in range(1, 13) if is_spring_festival(date(year, month, 1))]
        assert months == [day.month], year


@given(st.dates())
def test_months_are_numbered_one_after_the_other(day: date) -> None:
    assert month_of(month_number(day)) == day.replace(day=1)
