"""Whom to warn of and when a warning fades, at the edges (article 17)."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules import StandardRow, Standards
from retention.rules.warnings import (
    Candidate,
    LastWarning,
    WarningFigures,
    choose,
    has_faded,
    low_since,
    rank,
    rests,
)

TODAY = date(2026, 11, 23)
FIGURES = WarningFigures(
    line=40,
    lift_percent=200,
    capacity=15,
    follow_up_hours=48,
    fade_points=15,
    fade_months=2,
    rest_days=60,
    jump_points=15,
)


def candidate(customer: int = 1, score: int = 50, place: int = 1, **more: object) -> Candidate:
    fields = {"monthly_bill": Decimal(100), "last": None, **more}
    return Candidate(customer, ("manager", place), score, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days_ago", "score", "resting"),
    [
        (0, 50, True),
        (59, 50, True),
        (60, 50, False),
        (59, 64, True),
        (59, 65, False),  # 15 points more than the last one
    ],
)
def test_sixty_days_of_rest_unless_it_rises_by_fifteen(
    days_ago: int, score: int, resting: bool
) -> None:
    last = LastWarning(TODAY - timedelta(days=days_ago), 50)
    assert rests(candidate(score=score, last=last), FIGURES, TODAY) is resting


def test_who_was_never_warned_of_does_not_rest() -> None:
    assert not rests(candidate(), FIGURES, TODAY)


@pytest.mark.parametrize(
    ("before", "score", "since"),
    [
        (None, 25, TODAY),  # 15 below the line of 40
        (None, 26, None),
        (date(2026, 11, 1), 25, date(2026, 11, 1)),
        (date(2026, 11, 1), 26, None),  # one day above and it begins anew
    ],
)
def test_far_below_the_line(before: date | None, score: int, since: date | None) -> None:
    assert low_since(before, score, 40, 15, TODAY) == since


@pytest.mark.parametrize(
    ("since", "faded"),
    [(date(2026, 9, 23), True), (date(2026, 9, 24), False), (None, False)],
)
def test_two_months_far_below_the_line_close_it(since: date | None, faded: bool) -> None:
    assert has_faded(since, 2, TODAY) is faded


def test_rank_is_risk_times_the_monthly_bill() -> None:
    assert rank(0.12, Decimal("300.00")) == Decimal("36.00")
    assert rank(0.5, Decimal(0)) == 0


def test_the_highest_ranks_take_the_free_places() -> None:
    found = [candidate(n, score=40 + n) for n in range(5)]
    ranks = {n: Decimal(n) for n in range(5)}
    chosen = choose(found, ranks, {("manager", 1): 13}, capacity=15)
    assert [c.customer for c in chosen] == [4, 3]
    assert choose(found, ranks, {("manager", 1): 20}, capacity=15) == []


people = st.lists(
    st.tuples(st.integers(1, 4), st.integers(40, 100), st.integers(0, 900)), max_size=30
)


@given(
    people=people,
    open_now=st.dictionaries(st.integers(1, 4), st.integers(0, 9)),
    capacity=st.integers(1, 6),
)
def test_no_place_gets_more_than_it_has_room_for_and_none_stays_empty_for_nothing(
    people: list[tuple[int, int, int]], open_now: dict[int, int], capacity: int
) -> None:
    found = [candidate(n, score, place) for n, (place, score, _rank) in enumerate(people)]
    ranks = {n: Decimal(rank) for n, (_place, _score, rank) in enumerate(people)}
    taken = {("manager", place): number for place, number in open_now.items()}
    chosen = choose(found, ranks, taken, capacity)
    wanted = Counter(c.place for c in found)
    got = Counter(c.place for c in chosen)
    for place in wanted:
        assert got[place] == min(wanted[place], max(capacity - taken.get(place, 0), 0))
    left_out = {c.customer for c in found} - {c.customer for c in chosen}
    for place in wanted:
        lowest = min((ranks[c.customer] for c in chosen if c.place == place), default=None)
        others = [ranks[c.customer] for c in found if c.place == place and c.customer in left_out]
        assert lowest is None or all(other <= lowest for other in others)


def test_the_figures_come_from_the_dated_standard() -> None:
    names = {
        "warning_line_points": 40,
        "warning_lift_percent": 200,
        "warning_capacity": 15,
        "warning_follow_up_hours": 48,
        "warning_fade_points": 15,
        "warning_fade_months": 2,
        "warning_rest_days": 60,
        "warning_jump_points": 15,
    }
    rows = [StandardRow(name, "", date(2000, 1, 1), value) for name, value in names.items()]
    later = StandardRow("warning_capacity", "", date(2026, 12, 1), 20)
    standards = Standards([*rows, later])
    assert WarningFigures.on(standards, TODAY) == FIGURES
    assert WarningFigures.on(standards, date(2026, 12, 1)).capacity == 20
