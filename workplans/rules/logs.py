"""Who owes a plan or a log for which days, and until when (articles 4 and 5).

Plain values in and out: no database, no clock, no settings. Dates are local dates of the
manager's unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from workplans.rules.calendar import (
    Deadline,
    Deadlines,
    Period,
    PlanKind,
    WorkCalendar,
    days_between,
    log_due,
    period_of,
    plan_due,
)

USUAL_WEEKDAYS = frozenset({1, 2, 3, 4, 5})
"""As ``date.isoweekday`` counts."""

LOG_BACK_DAYS = 31
"""A log can be begun for today and so many days before it; nobody remembers more."""

LOG = "log"
"""What is owed, beside the kinds of plans."""


@dataclass(frozen=True)
class DaySpan:
    """Days from the first to the last, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Attendance:
    """When one manager works: weekdays, and the days of leave and of covers taken.

    A cover given to a colleague is work. ``is_active``: has not left the company.
    """

    weekdays: frozenset[int] = USUAL_WEEKDAYS
    away: tuple[DaySpan, ...] = ()
    is_active: bool = True

    def is_away(self, day: date) -> bool:
        """Say whether ``day`` is one of leave."""
        return any(day in span for span in self.away)


def works_on(day: date, attendance: Attendance, calendar: WorkCalendar) -> bool:
    """Say whether the manager is at work on ``day``.

    What the calendar says of a day comes first: nobody works on a public holiday, and everybody
    on a make-up workday (调休), whatever their weekdays. Leave comes before both.
    """
    if not attendance.is_active or attendance.is_away(day):
        return False
    known = calendar.exceptions.get(day)
    return known if known is not None else day.isoweekday() in attendance.weekdays


def log_is_asked(day: date, attendance: Attendance, calendar: WorkCalendar) -> bool:
    """Say whether a log is asked for on ``day`` (article 5): on each day at work, on no other."""
    return works_on(day, attendance, calendar)


def asked_until(
    period: Period, deadlines: Deadlines, attendance: Attendance, calendar: WorkCalendar
) -> Deadline | None:
    """Return until when the plan of ``period`` is asked of this manager; None where it is not.

    Who is not at work on the day it is due hands it in on the first day back, by the same hour;
    who is not back within the period owes none (article 4).
    """
    due = plan_due(period, deadlines, calendar)
    # A due moment of 24 hours or more lies on a later day; it is asked of the day it is the end of.
    for day in days_between(due.day, period.ends_on):
        if works_on(day, attendance, calendar):
            return replace(due, day=day)
    return None


class LogState(StrEnum):
    """Where the log of one manager and day stands."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    OPEN = "open"
    """Asked for, and there is still time."""
    LEAVE = "leave"
    OFF = "off"
    """A day off, or one that is still to come."""


@dataclass(frozen=True)
class LogFacts:
    """What is known of one day's log.

    ``is_due``: its time is up. ``is_watched``: the day began after the manager's account was made
    and after the product began to ask.
    """

    is_submitted: bool
    is_late: bool
    is_due: bool
    is_future: bool
    is_watched: bool = True


def log_state(
    day: date, facts: LogFacts, attendance: Attendance, calendar: WorkCalendar
) -> LogState:
    """Return where the log of ``day`` stands; what was submitted counts, asked for or not."""
    if facts.is_submitted:
        return LogState.LATE if facts.is_late else LogState.ON_TIME
    if attendance.is_away(day):
        return LogState.LEAVE
    if facts.is_future or not log_is_asked(day, attendance, calendar):
        return LogState.OFF
    if not facts.is_due:
        return LogState.OPEN
    return LogState.MISSING if facts.is_watched else LogState.OFF


def may_begin_log(day: date, today: date) -> bool:
    """Say whether a log can be begun for ``day``: not before the day, nor long after it."""
    return today - timedelta(days=LOG_BACK_DAYS) <= day <= today


@dataclass(frozen=True)
class Owed:
    """One plan or log that is asked for: ``subject`` is a kind of plan, or ``LOG``."""

    subject: str
    starts_on: date
    due: Deadline


def owed_between(
    first: date, last: date, deadlines: Deadlines, attendance: Attendance, calendar: WorkCalendar
) -> Iterator[Owed]:
    """Yield what is due on a day from ``first`` to ``last``, both included.

    A deadline of 24 hours falls on the day whose end it is, one of the log on the day after the
    log's. ``calendar`` knows the days from a month before ``first`` on.
    """
    if not attendance.is_active:
        return
    for day in days_between(first - timedelta(days=1), last - timedelta(days=1)):
        if log_is_asked(day, attendance, calendar):
            yield Owed(LOG, day, log_due(day, deadlines))
    for period in _periods(first, last):
        due = asked_until(period, deadlines, attendance, calendar)
        if due is not None and first <= due.day <= last:
            yield Owed(period.kind.value, period.starts_on, due)


def _periods(first: date, last: date) -> Iterable[Period]:
    """The periods that share a day with the span, each once."""
    found: dict[tuple[PlanKind, date], Period] = {}
    for day in days_between(first, last):
        for kind in PlanKind:
            period = period_of(kind, day)
            found.setdefault((kind, period.starts_on), period)
    return found.values()
