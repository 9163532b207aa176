"""Working days, the periods of plans, and when a plan or a log is due (articles 4 and 5).

Plain values in and out: no database, no clock, no settings. Dates are local dates of the unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

SATURDAY = 6
"""As ``date.isoweekday`` counts: Monday is 1."""


class PlanKind(StrEnum):
    """The three kinds of plans (article 4)."""

    YEAR = "year"
    MONTH = "month"
    WEEK = "week"


@dataclass(frozen=True)
class Period:
    """The days a plan is for, both included. A week begins on Monday and may cross months."""

    kind: PlanKind
    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on

    @property
    def days(self) -> list[date]:
        """The days of the period in order."""
        return list(days_between(self.starts_on, self.ends_on))


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked: Monday to Friday, but for ``exceptions``.

    ``exceptions`` maps a day to whether it is worked: public holidays (False) and make-up
    workdays (调休, True).
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        """Say whether ``day`` is worked."""
        return self.exceptions.get(day, day.isoweekday() < SATURDAY)

    def workdays(self, first: date, last: date) -> list[date]:
        """Return the working days from ``first`` to ``last``, both included."""
        return [day for day in days_between(first, last) if self.is_workday(day)]

    def nth_workday(self, first: date, number: int) -> date:
        """Return the ``number``-th working day from ``first`` on, counted from 1.

        Raises ValueError for a number below 1.
        """
        if number < 1:
            raise ValueError("Working days are counted from 1.")
        day = first
        while True:
            if self.is_workday(day):
                number -= 1
            if number == 0:
                return day
            day += timedelta(days=1)


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield the days from ``first`` to ``last``, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def period_of(kind: PlanKind, day: date) -> Period:
    """Return the year, the month or the week that ``day`` belongs to."""
    if kind is PlanKind.YEAR:
        return Period(kind, day.replace(month=1, day=1), day.replace(month=12, day=31))
    if kind is PlanKind.MONTH:
        first = day.replace(day=1)
        return Period(kind, first, _next_month(first) - timedelta(days=1))
    monday = day - timedelta(days=day.isoweekday() - 1)
    return Period(kind, monday, monday + timedelta(days=6))


def next_period(period: Period) -> Period:
    """Return the period of the same kind right after ``period``."""
    return period_of(period.kind, period.ends_on + timedelta(days=1))


def previous_period(period: Period) -> Period:
    """Return the period of the same kind right before ``period``."""
    return period_of(period.kind, period.starts_on - timedelta(days=1))


@dataclass(frozen=True)
class Deadlines:
    """The figures of the standard that say when plans and logs are due.

    ``week_hours``: hours into the week's Monday. ``month_workday``: by the end of that working
    day of the month. ``year_day``: by the end of that day of January. ``log_hours``: hours into
    the day after.
    """

    week_hours: int
    month_workday: int
    year_day: int
    log_hours: int


@dataclass(frozen=True)
class Deadline:
    """A moment in local time: ``hours`` after the beginning of ``day`` (24: its end)."""

    day: date
    hours: int


def plan_due(period: Period, deadlines: Deadlines, calendar: WorkCalendar) -> Deadline:
    """Return until when the plan of ``period`` is to be submitted (article 4)."""
    if period.kind is PlanKind.YEAR:
        last = min(deadlines.year_day, 31)
        return Deadline(period.starts_on.replace(day=last), 24)
    if period.kind is PlanKind.MONTH:
        return Deadline(calendar.nth_workday(period.starts_on, deadlines.month_workday), 24)
    return Deadline(period.starts_on, deadlines.week_hours)


def log_due(day: date, deadlines: Deadlines) -> Deadline:
    """Return until when the log of ``day`` is to be submitted (article 5)."""
    return Deadline(day + timedelta(days=1), deadlines.log_hours)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
