"""The clocks of a complaint: every path, and properties over any sequence of steps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.rules.clocks import (
    ABOVE,
    ESCALATED,
    RESOLUTION,
    RESPONSE,
    STATUTORY,
    WARNED,
    Clocks,
    Deadlines,
    Event,
    clocks_of,
    deadlines_of,
    round_of,
)
from complaints.rules.people import handler_for, supervisors_for
from complaints.rules.states import Move, after, moves_from
from customers.rules import Figure, StandardRow, Standards

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 23, 2, tzinfo=UTC)
GOLD = Deadlines(120, 36, 4, 15, 75, 100, 150)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return START + hours * HOUR


def clocks(*steps: tuple[str, float], deadlines: Deadlines = GOLD) -> Clocks:
    return clocks_of(START, [Event(kind, at(hour)) for kind, hour in steps], deadlines, ZONE)


def test_without_a_step_all_clocks_run_from_the_receipt() -> None:
    now = clocks()
    assert (now.response_due_at, now.resolution_due_at) == (at(2), at(36))
    # 23 November 10:00 in Shanghai: the end of 8 December.
    assert now.statutory_due_at == datetime(2026, 12, 9, tzinfo=ZONE)
    assert now.due_at == at(2)
    levels = {(a.clock, a.level): a.at for a in now.alarms}
    assert levels[RESPONSE, WARNED] == at(1.5)
    assert levels[RESPONSE, ABOVE] == at(3)
    assert levels[RESOLUTION, WARNED] == at(27)
    assert levels[RESOLUTION, ESCALATED] == at(36)
    assert levels[RESOLUTION, ABOVE] == at(54)
    assert levels[STATUTORY, ESCALATED] == now.statutory_due_at
    assert levels[STATUTORY, WARNED] == START + (now.statutory_due_at - START) * 0.75
    assert now.next_alarm([(RESPONSE, WARNED)]) == at(2)


def test_a_response_is_never_paused_and_ends_its_clock() -> None:
    waiting = clocks(("accepted", 0.2), ("started", 0.5), ("waiting", 1))
    assert waiting.response_due_at == at(2)
    assert waiting.alarm_at(RESPONSE, ESCALATED) == at(2)
    answered = clocks(("responded", 1.5), ("responded", 1.2))
    assert answered.responded_at == at(1.2)
    assert answered.alarm_at(RESPONSE, WARNED) is None
    assert answered.due_at == at(36)


def test_a_pause_moves_the_resolution_but_not_the_law() -> None:
    paused = clocks(("started", 1), ("waiting", 10))
    assert paused.resolution_due_at == at(36)
    assert paused.alarm_at(RESOLUTION, WARNED) is None
    assert paused.due_at == at(2)
    again = clocks(("started", 1), ("waiting", 10), ("resumed", 30))
    assert (again.resolution_due_at, again.paused) == (at(56), 20 * HOUR)
    assert again.alarm_at(RESOLUTION, WARNED) == at(47)
    assert again.statutory_due_at == paused.statutory_due_at


@pytest.mark.parametrize("end", ["resolved", "closed"])
def test_the_pause_survives_every_path(end: str) -> None:
    ended = clocks(("started", 1), ("waiting", 10), (end, 100))
    assert ended.paused == 90 * HOUR
    assert ended.used == 10 * HOUR
    assert (ended.resolved_at, ended.resolution_due_at) == (at(100), at(126))
    assert ended.alarms == ()


@pytest.mark.parametrize(
    ("resolved", "left"), [(10, 26), (33, 4), (36, 4), (50, 4)], ids=["much", "little", "0", "late"]
)
def test_reopening_resumes_what_was_left_but_at_least_four_hours(resolved: int, left: int) -> None:
    again = clocks(("started", 1), ("resolved", resolved), ("closed", 60), ("reopened", 100))
    assert again.resolution_due_at == at(100 + left)
    assert again.alarm_at(RESOLUTION, WARNED) == at(100 + left * 0.75)
    assert (again.reopened, again.resolved_at, again.closed_at) == (1, None, None)
    assert again.statutory_due_at == clocks().statutory_due_at


def test_a_double_report_that_is_taken_apart_again_has_lost_no_time() -> None:
    merged = clocks(("started", 1), ("merged", 2))
    assert (merged.closed_at, merged.alarms) == (at(2), ())
    assert clocks(("started", 1), ("merged", 2), ("unmerged", 9)) == clocks(("started", 1))


def test_a_merged_report_waits_for_nobody_and_its_law_is_the_earliest_of_all() -> None:
    merged = clocks(("waiting", 1), ("merged", 2))
    assert (merged.paused_since, merged.closed_at, merged.alarms) == (None, at(2), ())
    taken_apart = clocks(("waiting", 1), ("merged", 2), ("unmerged", 3))
    assert (taken_apart.paused_since, taken_apart.closed_at) == (at(1), None)
    own = clocks().statutory_due_at
    for other, due in ((own - HOUR, own - HOUR), (own + HOUR, own), (None, own)):
        found = clocks_of(START, [], GOLD, ZONE, of_doubles=other)
        assert found.statutory_due_at == due


def test_only_the_resolution_tells_its_alarms_again_when_it_is_reopened() -> None:
    rounds = [round_of(clock, 2) for clock in (RESOLUTION, RESPONSE, STATUTORY)]
    assert rounds == [2, 0, 0]


def test_a_complaint_moves_only_where_it_may() -> None:
    assert moves_from("registered") == [Move.ACCEPT]
    assert moves_from("waiting") == [Move.RESUME, Move.RESOLVE, Move.CLOSE]
    assert after("in_work", Move.CLOSE) is None
    assert after("accepted", Move.WAIT) is None
    assert after("closed", Move.REOPEN) == "in_work"


def test_the_handler_is_the_units_else_of_the_next_unit_up_and_deputies_stand_in() -> None:
    handlers = {4: 40, 1: 10}
    assert handler_for("/1/4/", handlers, {40, 10}, {}) == 40
    assert handler_for("/1/4/", handlers, {10}, {}) == 10
    assert handler_for("/1/4/", handlers, {40, 10, 41, 42}, {40: 41, 41: 42}) == 42
    assert handler_for("/1/4/", handlers, {40, 41}, {40: 41, 41: 42}) == 41
    assert handler_for("/1/4/", {}, {40}, {}) is None
    assert supervisors_for("/1/4/9/", {4: [7, 8], 1: [2]}) == ([7, 8], [2])
    assert supervisors_for("/1/4/", {1: [2]}) == ([2], [2])
    assert supervisors_for("/1/", {}) == ((), ())


# --- Properties ---------------------------------------------------------------------------------

NEXT = [move.value for move in Move] + ["responded", "noted", "reassigned"]
STEPS = st.lists(
    st.tuples(st.sampled_from(NEXT), st.integers(min_value=0, max_value=400_000)), max_size=25
)


def lived(drawn: list[tuple[str, int]]) -> list[Event]:
    """Only moves that may be, one after the other, some seconds apart."""
    state, now, events = "registered", START, []
    for kind, seconds in drawn:
        now += timedelta(seconds=seconds)
        if kind in list(Move):
            to = after(state, Move(kind))
            if to is None:
                continue
            state = to
        events.append(Event(kind, now))
    return events


@given(STEPS)
def test_no_time_is_negative_and_none_is_lost(drawn: list[tuple[str, int]]) -> None:
    events = lived(drawn)
    now = clocks_of(START, events, GOLD, ZONE)
    assert now.used >= timedelta(0)
    assert now.paused >= timedelta(0)
    assert now.allowance >= timedelta(hours=GOLD.reopened_hours)
    moments = [START, *(e.at for e in events if e.kind in list(Move))]
    state, ran, waited = "registered", timedelta(0), timedelta(0)
    moves = [e for e in events if e.kind in list(Move)]
    for before, event in zip(moments, moves, strict=False):
        if state == "waiting":
            waited += event.at - before
        elif state in ("registered", "accepted", "in_work"):
            ran += event.at - before
        state = after(state, Move(event.kind)) or state
        if event.kind == "reopened":
            ran = timedelta(0)
    assert now.paused == waited
    if state not in ("registered", "accepted", "in_work"):
        assert now.used == ran
    assert (now.paused_since is not None) == (state == "waiting")
    assert (now.closed_at is not None) == (state == "closed")
    assert now.statutory_due_at == clocks().statutory_due_at
    assert now.response_due_at == at(2)


@given(STEPS, st.integers(min_value=1, max_value=10**6))
def test_a_pause_of_any_length_moves_the_resolution_by_just_that(
    drawn: list[tuple[str, int]], seconds: int
) -> None:
    events = lived(drawn)
    before = clocks_of(START, events, GOLD, ZONE)
    if not before.is_running or before.paused_since or not any(e.kind == "started" for e in events):
        return
    last = max([START, *(e.at for e in events)])
    pause = [Event("waiting", last), Event("resumed", last + timedelta(seconds=seconds))]
    moved = clocks_of(START, [*events, *pause], GOLD, ZONE)
    assert moved.resolution_due_at - before.resolution_due_at == timedelta(seconds=seconds)
    assert moved.statutory_due_at == before.statutory_due_at
    closed = clocks_of(START, [*events, pause[0], Event("closed", pause[1].at)], GOLD, ZONE)
    assert (closed.paused, closed.used) == (moved.paused, closed.used)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([f for f in Figure if f.value.startswith("complaint_")]),
            st.sampled_from(["", "gold", "silver"]),
            st.integers(min_value=1, max_value=400),
            st.integers(min_value=1, max_value=500),
        )
    ),
    STEPS,
)
def test_a_later_standard_changes_nothing(
    later: list[tuple[Figure, str, int, int]], drawn: list[tuple[str, int]]
) -> None:
    day = date(2026, 11, 23)
    first = date(2000, 1, 1)
    figures = {
        Figure.COMPLAINT_RESPONSE_MINUTES: 120,
        Figure.COMPLAINT_RESOLUTION_HOURS: 36,
        Figure.COMPLAINT_REOPENED_HOURS: 4,
        Figure.COMPLAINT_STATUTORY_DAYS: 15,
        Figure.COMPLAINT_WARN_PERCENT: 75,
        Figure.COMPLAINT_ESCALATE_PERCENT: 100,
        Figure.COMPLAINT_ABOVE_PERCENT: 150,
    }
    rows = [StandardRow(figure, "", first, value) for figure, value in figures.items()]
    changed = [StandardRow(f, tier, day + timedelta(days=n), v) for f, tier, n, v in later]
    was = deadlines_of(Standards(rows), "gold", day)
    now = deadlines_of(Standards([*rows, *changed]), "gold", day)
    events = lived(drawn)
    assert was == now == GOLD
    assert clocks_of(START, events, now, ZONE) == clocks_of(START, events, was, ZONE)
