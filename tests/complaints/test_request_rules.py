"""Promises: when they are due, when somebody is reminded, and which way they go."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.rules.requests import (
    WAYS,
    Step,
    after,
    before_the_end,
    escalate_at,
    next_working_day,
    remind_at,
)

START = datetime(2025, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 5 * 366 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (date(2026, 11, 25), date(2026, 11, 26)),
        (date(2026, 11, 27), date(2026, 11, 30)),
        (date(2026, 11, 28), date(2026, 11, 30)),
    ],
)
def test_the_next_working_day_is_no_weekend(day: date, following: date) -> None:
    assert next_working_day(day) == following


@given(MOMENTS, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=366)))
def test_the_reminder_comes_after_the_promise_and_at_most_a_day_before_its_end(
    promised: datetime, length: timedelta
) -> None:
    due = promised + length
    at = remind_at(promised, due)
    assert promised <= at <= due
    assert due - at <= timedelta(hours=24)
    assert escalate_at(due, 24) == due + timedelta(hours=24)


def test_what_has_ended_goes_nowhere_and_a_complaint_is_not_taken_back() -> None:
    for state in ("told", "broken", "cancelled"):
        assert all(after(state, step) is None for step in Step)
    assert after("done", Step.CANCEL) is None
    assert before_the_end("broken", was_done_before=True) is None


@pytest.mark.parametrize(("way", "to_state"), WAYS.items())
def test_each_step_but_the_complaint_can_be_taken_back(
    way: tuple[str, Step], to_state: str
) -> None:
    state, step = way
    back = before_the_end(to_state, was_done_before=state == "done")
    assert back == (None if step is Step.COMPLAIN else state)
