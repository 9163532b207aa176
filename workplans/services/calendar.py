"""The working calendar: filled from what was announced, read as a rule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import chinese_calendar
from django.db import transaction

from core import audit, clock
from customers.rules import Figure, Standards
from staff.models import StaffUser
from workplans.models import WorkdayException
from workplans.rules.calendar import (
    SATURDAY,
    Deadline,
    Deadlines,
    WorkCalendar,
    days_between,
)

ENTERED = ("day", "is_workday", "name")
"""What a person enters of a day."""


@transaction.atomic
def fill_workdays(*, years: Iterable[int]) -> int:
    """Add the public holidays and make-up workdays of ``years``; return how many were new.

    A year that has not been announced yet is left out: its days are what their weekdays say. May
    run twice: days that are there stay as they are, those entered by hand too.
    """
    announced = [row for year in years for row in _announced(year)]
    there = set(WorkdayException.objects.values_list("day", flat=True))
    new = [row for row in announced if row.day not in there]
    WorkdayException.objects.bulk_create(new, ignore_conflicts=True)
    if new:
        days = {"first": min(row.day for row in new), "days": len(new)}
        audit.record_job(verb="workday.filled", model=WorkdayException, changes=days)
    return len(new)


@transaction.atomic
def set_workday(*, actor: StaffUser, row: WorkdayException) -> WorkdayException:
    """Save a holiday or make-up workday as an administrator enters it; it is not filled over.

    Raises ValidationError for a day that is there already. Safe to run twice.
    """
    old = WorkdayException.objects.select_for_update().filter(pk=row.pk).first()
    before = {name: getattr(old, name) for name in ENTERED} if old is not None else {}
    row.by_hand = True
    row.full_clean()
    row.save()
    changes = audit.difference(before, {name: getattr(row, name) for name in ENTERED})
    if changes:
        audit.record(actor=actor, verb="workday.set", obj=row, changes=changes)
    return row


@transaction.atomic
def remove_workday(*, actor: StaffUser, row: WorkdayException) -> None:
    """Take a day out: it is what its weekday says, until it is filled anew. Safe to run twice."""
    found = WorkdayException.objects.select_for_update().filter(pk=row.pk).first()
    if found is not None:
        before = {name: getattr(found, name) for name in ENTERED}
        changes = audit.difference(before, {}, ENTERED)
        audit.record(actor=actor, verb="workday.removed", obj=found, changes=changes)
        found.delete()


def load_calendar(first: date, last: date) -> WorkCalendar:
    """Return the working days from ``first`` to ``last``. One statement."""
    return WorkdayException.objects.calendar(first, last)


def deadlines_on(standards: Standards, day: date) -> Deadlines:
    """Return what the standard of ``day`` says of when plans and logs are due."""
    return Deadlines(
        week_hours=standards.value(Figure.PLAN_WEEK_DUE_HOURS, day),
        month_workday=standards.value(Figure.PLAN_MONTH_DUE_WORKDAY, day),
        year_day=standards.value(Figure.PLAN_YEAR_DUE_DAY, day),
        log_hours=standards.value(Figure.LOG_DUE_HOURS, day),
    )


def moment_of(deadline: Deadline, zone: str) -> datetime:
    """Return the aware moment of ``deadline`` in ``zone``."""
    day = deadline.day + timedelta(days=deadline.hours // 24)
    return datetime.combine(day, time(deadline.hours % 24), tzinfo=clock.zone_info(zone))


def _announced(year: int) -> list[WorkdayException]:
    """The days of ``year`` that are not what their weekday says, as far as announced."""
    found = []
    try:
        for day in days_between(date(year, 1, 1), date(year, 12, 31)):
            is_workday = chinese_calendar.is_workday(day)
            if is_workday != (day.isoweekday() < SATURDAY):
                _is_holiday, name = chinese_calendar.get_holiday_detail(day)
                found.append(
                    WorkdayException(day=day, is_workday=is_workday, name=name or "", by_hand=False)
                )
    except NotImplementedError:
        return []
    return found
