"""On which days a manager works, read whole: hours, calendar, leave and covers."""

from __future__ import annotations

from datetime import date, timedelta

from staff.models import Cover, StaffUser
from staff.rules import CoverSpan
from workplans.models import Leave, WorkingHours
from workplans.rules.days import Hours, Span, WorkDays
from workplans.services.calendar import load_calendar

LONGEST_BREAK = timedelta(days=21)
"""So far after a period its working days are known: longer than any holiday."""


def work_days(manager: StaffUser, first: date, last: date, *, with_others: bool = True) -> WorkDays:
    """Return the days of ``manager`` from ``first`` to ``last``. Four statements.

    ``with_others``: also who covers for whom, to tell whose customers the manager serves.
    """
    row = WorkingHours.objects.filter(manager=manager).first()
    leave = Leave.objects.meeting(first, last).filter(manager=manager)
    covers = Cover.objects.meeting(first, last)
    if not with_others:
        covers = covers.filter(manager=manager)
    columns = ("manager_id", "stand_in_id", "starts_on", "ends_on")
    return WorkDays(
        manager=manager.pk,
        hours=_hours_of(row),
        calendar=load_calendar(first, last),
        leave=tuple(Span(*span) for span in leave.values_list("starts_on", "ends_on")),
        covers=tuple(CoverSpan(*cover) for cover in covers.values_list(*columns)),
    )


def _hours_of(row: WorkingHours | None) -> Hours:
    if row is None:
        return Hours()
    return Hours(frozenset(row.weekdays), row.starts_at, row.ends_at, row.break_minutes)
