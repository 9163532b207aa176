"""The order of My day, and how the board's figures add up."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.rules import (
    MATTERS,
    NO_FIGURES,
    TIERS,
    Figures,
    Judgement,
    Matter,
    Situation,
    Task,
    agenda,
    count_by_matter,
    first_contact_due_on,
    roll_up,
    rows_of,
    shortcoming,
    tasks_of,
    total,
    urgency,
)

TODAY = date(2026, 11, 23)
SOON = 7


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def matters(**fields: object) -> list[Matter]:
    situation = Situation(customer=1, tier="gold", **fields)  # type: ignore[arg-type]
    return [task.matter for task in tasks_of(situation, TODAY, SOON)]


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (-30, [Matter.OVERDUE]),
        (-1, [Matter.OVERDUE]),
        (0, [Matter.SOON]),
        (7, [Matter.SOON]),
        (8, []),
    ],
)
def test_a_contact_is_overdue_after_its_day_and_near_seven_days_before(
    due: int, expected: list[Matter]
) -> None:
    assert matters(contact_due_on=day(due)) == expected


@pytest.mark.parametrize(
    ("due", "expected"), [(-9, [Matter.VISIT]), (7, [Matter.VISIT]), (8, []), (None, [])]
)
def test_a_visit_is_one_matter_near_or_overdue(due: int | None, expected: list[Matter]) -> None:
    assert matters(visit_due_on=None if due is None else day(due)) == expected


@pytest.mark.parametrize(("promised", "expected"), [(-1, True), (0, True), (1, False)])
def test_a_promise_is_due_from_its_day_on(promised: int, expected: bool) -> None:
    assert (matters(promised_on=day(promised)) == [Matter.FOLLOW_UP]) is expected


@pytest.mark.parametrize(("until", "excused"), [(-1, False), (0, True), (5, True)])
def test_an_exemption_excuses_its_own_cadence_up_to_its_last_day(until: int, excused: bool) -> None:
    both = {"contact_due_on": day(-3), "visit_due_on": day(-3)}
    contact = matters(**both, contact_exempt_until=day(until))
    visit = matters(**both, visit_exempt_until=day(until))
    assert contact == ([Matter.VISIT] if excused else [Matter.OVERDUE, Matter.VISIT])
    assert visit == ([Matter.OVERDUE] if excused else [Matter.OVERDUE, Matter.VISIT])


def test_a_promise_and_a_birthday_stay_while_a_customer_is_excused() -> None:
    found = matters(
        promised_on=TODAY,
        birthday_on=day(2),
        contact_due_on=day(-3),
        contact_exempt_until=day(9),
    )
    assert found == [Matter.FOLLOW_UP, Matter.BIRTHDAY]


def test_the_ranking_is_matter_then_oldest_day_then_tier() -> None:
    tasks = [
        Task(1, "diamond", Matter.BIRTHDAY, day(0)),
        Task(2, "silver", Matter.OVERDUE, day(-9)),
        Task(3, "gold", Matter.OVERDUE, day(-2)),
        Task(4, "diamond", Matter.OVERDUE, day(-2)),
        Task(5, "silver", Matter.FOLLOW_UP, day(0)),
        Task(6, "gold", Matter.SOON, day(1)),
        Task(7, "silver", Matter.VISIT, day(3)),
    ]
    assert [row.task.customer for row in rows_of(tasks)] == [5, 2, 4, 3, 7, 6, 1]


def test_a_customer_with_several_tasks_has_one_row_and_the_others_beside_it() -> None:
    tasks = [
        Task(1, "gold", Matter.BIRTHDAY, day(2)),
        Task(1, "gold", Matter.OVERDUE, day(-2)),
        Task(1, "gold", Matter.VISIT, day(1)),
    ]
    (row,) = rows_of(tasks)
    assert row.task.matter is Matter.OVERDUE
    assert [task.matter for task in row.others] == [Matter.VISIT, Matter.BIRTHDAY]
    (row,) = rows_of(tasks, Matter.BIRTHDAY)
    assert row.task.matter is Matter.BIRTHDAY
    assert [task.matter for task in row.others] == [Matter.OVERDUE, Matter.VISIT]
    assert rows_of(tasks, Matter.FOLLOW_UP) == []


def test_a_snooze_hides_its_own_row_only() -> None:
    situation = Situation(
        1,
        "gold",
        contact_due_on=day(-3),
        visit_due_on=day(-3),
        snoozed=frozenset({"contact"}),
    )
    found = agenda([situation], TODAY, SOON)
    assert [task.matter for task in found.tasks] == [Matter.VISIT]
    assert [task.matter for task in found.snoozed] == [Matter.OVERDUE]


tasks = st.lists(
    st.builds(
        Task,
        customer=st.integers(1, 12),
        tier=st.sampled_from(TIERS),
        matter=st.sampled_from(MATTERS),
        on=st.dates(day(-60), day(7)),
    ),
    max_size=40,
)


@given(tasks)
def test_every_customer_has_one_row_and_no_task_is_lost(given_tasks: list[Task]) -> None:
    rows = rows_of(given_tasks)
    customers = [row.task.customer for row in rows]
    assert len(customers) == len(set(customers))
    kept = [task for row in rows for task in (row.task, *row.others)]
    assert sorted(kept, key=urgency) == sorted(given_tasks, key=urgency)
    assert rows == sorted(rows, key=lambda row: urgency(row.task))
    assert all(urgency(row.task) <= urgency(other) for row in rows for other in row.others)


@given(tasks)
def test_a_tab_counts_what_it_shows(given_tasks: list[Task]) -> None:
    counts = count_by_matter(given_tasks)
    for matter in MATTERS:
        assert counts[matter] == len(rows_of(given_tasks, matter))


# --- The board ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "of", "expected"),
    [
        (0, 0, Judgement.NONE),
        (0, 100, Judgement.GOOD),
        (1, 100, Judgement.WATCH),
        (5, 100, Judgement.WATCH),
        (6, 100, Judgement.BAD),
        (1, 1, Judgement.BAD),
    ],
)
def test_a_shortcoming_is_judged_by_its_share(count: int, of: int, expected: Judgement) -> None:
    assert shortcoming(count, of) is expected


def test_units_add_up_along_the_tree() -> None:
    direct = {
        "/1/": Figures(active=1),
        "/1/2/": Figures(active=10, overdue_gold=2),
        "/1/2/3/": Figures(active=100, overdue_silver=3),
        "/1/22/": Figures(active=1000),
    }
    paths = ["/1/", "/1/2/", "/1/2/3/", "/1/22/", "/1/9/"]
    sums = roll_up(direct, paths, NO_FIGURES)
    assert {path: figures.active for path, figures in sums.items()} == {
        "/1/": 1111,
        "/1/2/": 110,
        "/1/2/3/": 100,
        "/1/22/": 1000,
        "/1/9/": 0,
    }
    assert sums["/1/2/"].overdue == 5
    assert total(direct.values(), NO_FIGURES) == sums["/1/"]


# --- Handover ----------------------------------------------------------------------------------


def test_the_first_contact_is_due_a_week_after_the_handover() -> None:
    assert first_contact_due_on(date(2026, 11, 23)) == date(2026, 11, 30)


def test_a_first_contact_is_shown_at_once_after_what_is_overdue_and_before_what_is_soon() -> None:
    today = date(2026, 11, 23)
    new = Situation(1, "gold", first_contact_on=date(2026, 11, 30), contact_due_on=today)
    assert [task.matter for task in agenda([new], today, 7).tasks] == [
        Matter.HANDOVER,
        Matter.SOON,
    ]
    late = Situation(1, "gold", first_contact_on=today, contact_due_on=date(2026, 11, 1))
    assert [task.matter for task in agenda([late], today, 7).tasks] == [
        Matter.OVERDUE,
        Matter.HANDOVER,
    ]


def test_who_is_excused_has_no_first_contact_due_until_then() -> None:
    excused = Situation(
        1,
        "gold",
        first_contact_on=date(2026, 11, 30),
        contact_exempt_until=date(2026, 11, 23),
    )
    assert tasks_of(excused, date(2026, 11, 23), 7) == []
    assert [task.matter for task in tasks_of(excused, date(2026, 11, 24), 7)] == [Matter.HANDOVER]
