"""Promises to a customer: by when they are due, when to remind, and which way they go (article 20).

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

LONGEST_LEAD = timedelta(hours=24)
SATURDAY = 5


class Step(StrEnum):
    """What can be done with a promise."""

    DO = "do"
    TELL = "tell"
    CANCEL = "cancel"
    COMPLAIN = "complain"


WAYS = {
    ("open", Step.DO): "done",
    ("open", Step.TELL): "told",
    ("done", Step.TELL): "told",
    ("open", Step.CANCEL): "cancelled",
    ("open", Step.COMPLAIN): "broken",
    ("done", Step.COMPLAIN): "broken",
}
"""The state that a step leads to from each. What ended goes nowhere; it can only be taken back."""


def after(state: str, step: Step) -> str | None:
    """Return where ``step`` leads from ``state``; None where it cannot be done."""
    return WAYS.get((state, step))


def before_the_end(state: str, *, was_done_before: bool) -> str | None:
    """Return the state that a promise had before its last step; None where nothing is taken back.

    ``was_done_before``: whether it was done earlier than it ended. What became a complaint stays.
    """
    if state == "done":
        return "open"
    if state == "told":
        return "done" if was_done_before else "open"
    return "open" if state == "cancelled" else None


def next_working_day(day: date) -> date:
    """Return the first day after ``day`` that is no Saturday and no Sunday."""
    following = day + timedelta(days=1)
    while following.weekday() >= SATURDAY:
        following += timedelta(days=1)
    return following


def remind_at(promised_at: datetime, due_at: datetime) -> datetime:
    """Return when to remind of a promise: with a quarter of its time left, at most 24 hours."""
    return due_at - min(LONGEST_LEAD, max(due_at - promised_at, timedelta(0)) / 4)


def escalate_at(due_at: datetime, hours: int) -> datetime:
    """Return when the supervisor is told: ``hours`` after it was due."""
    return due_at + timedelta(hours=hours)
