"""On which days and for how long a manager works, and whose customers are served on them.

Plain values in and out: no database, no clock, no settings. Dates are local dates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from staff.rules import CoverSpan, covered_by
from workplans.rules.calendar import WorkCalendar, days_between

WEEKDAYS = frozenset({1, 2, 3, 4, 5})


@dataclass(frozen=True)
class Hours:
    """The weekdays (1 is Monday) and the hours of a day on which somebody works."""

    weekdays: frozenset[int] = WEEKDAYS
    starts_at: time = time(9)
    ends_at: time = time(18)
    break_minutes: int = 60

    @property
    def minutes(self) -> int:
        """How many minutes of a day are worked."""
        span = (self.ends_at.hour - self.starts_at.hour) * 60
        span += self.ends_at.minute - self.starts_at.minute
        return max(span - self.break_minutes, 0)


@dataclass(frozen=True)
class Span:
    """Some days in a row, both included."""

    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True)
class WorkDays:
    """The days of one ``manager``: working days, leave, and covers.

    ``covers``: those of everybody that meet the span asked about; a stand-in who is covered
    passes a cover on.
    """

    manager: int
    hours: Hours = field(default_factory=Hours)
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    leave: tuple[Span, ...] = ()
    covers: tuple[CoverSpan, ...] = ()

    def is_workday(self, day: date) -> bool:
        """Say whether ``day`` is worked: of the manager's weekdays, but for the calendar's.

        A public holiday is free and a make-up workday (调休) is worked, whatever the weekdays.
        """
        return self.calendar.exceptions.get(day, day.isoweekday() in self.hours.weekdays)

    def is_covered(self, day: date) -> bool:
        """Say whether somebody stands in for the manager on ``day``."""
        return any(
            one.manager == self.manager and one.starts_on <= day <= one.ends_on
            for one in self.covers
        )

    def is_leave(self, day: date) -> bool:
        """Say whether the manager is away on ``day``: by leave or because of a cover."""
        return self.is_covered(day) or any(day in span for span in self.leave)

    def is_there(self, day: date) -> bool:
        """Say whether the manager works on ``day``."""
        return self.is_workday(day) and not self.is_leave(day)

    def there(self, first: date, last: date) -> list[date]:
        """Return the days from ``first`` to ``last`` on which the manager works."""
        return [day for day in days_between(first, last) if self.is_there(day)]

    def covered_on(self, day: date) -> frozenset[int]:
        """Return the managers whose customers this one serves on ``day`` by cover."""
        stand_ins = {
            one.manager: one.stand_in for one in self.covers if one.starts_on <= day <= one.ends_on
        }
        if self.manager not in stand_ins.values():
            return frozenset()
        return covered_by(self.manager, stand_ins)

    def serving(self, days: Iterable[date]) -> dict[int, list[date]]:
        """Return on which of ``days`` whose customers are served: the own on all of them."""
        found: dict[int, list[date]] = {self.manager: []}
        for day in days:
            found[self.manager].append(day)
            for other in self.covered_on(day):
                found.setdefault(other, []).append(day)
        return found

    def last_day_for(self, ends_on: date, farthest: date) -> date:
        """Return until when what is due belongs before ``ends_on``, the end of a period.

        The free days right after it, as at a long holiday: nobody could do it then. A day on
        which somebody stands in ends them. ``farthest``: the last day that is known of.
        """
        day = ends_on
        while day < farthest:
            after = day + timedelta(days=1)
            if self.is_covered(after) or self.is_there(after):
                break
            day = after
        return day


def room_of(
    days: Collection[date], hours: Hours, share_percent: int, planned: Mapping[date, int]
) -> dict[date, int]:
    """Return how many minutes a draft may still fill on each of ``days``; never below 0."""
    share = capacity(hours, share_percent)
    return {day: max(share - planned.get(day, 0), 0) for day in days}


def capacity(hours: Hours, share_percent: int) -> int:
    """Return how many minutes of a working day a draft fills."""
    return hours.minutes * share_percent // 100
