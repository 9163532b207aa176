"""When managers work: their weekdays, leave and the covers they take, read as a rule."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db.models import Q

from staff.models import Cover, StaffUser
from staff.querysets import StaffQuerySet
from workplans.models import Leave, WorkingHours
from workplans.rules.logs import USUAL_WEEKDAYS, Attendance, DaySpan


def load_attendance(people: StaffQuerySet, first: date, last: date) -> dict[int, Attendance]:
    """Return by manager when each of ``people`` works, knowing the days from ``first`` to ``last``.

    Who works on the usual weekdays and is never away has no entry: read it with
    ``attendance_of``. Three statements, however many people.
    """
    chosen = people.order_by().values("pk")
    weekdays = {
        manager: frozenset(days)
        for manager, days in WorkingHours.objects.filter(manager__in=chosen).values_list(
            "manager_id", "weekdays"
        )
    }
    away: dict[int, set[DaySpan]] = defaultdict(set)
    for rows in (Leave.objects.meeting(first, last), Cover.objects.meeting(first, last)):
        spans = rows.filter(manager__in=chosen).order_by()
        for manager, starts_on, ends_on in spans.values_list("manager_id", "starts_on", "ends_on"):
            away[manager].add(DaySpan(starts_on, ends_on))
    return {
        manager: Attendance(
            weekdays=weekdays.get(manager, USUAL_WEEKDAYS),
            away=tuple(sorted(away.get(manager, ()), key=lambda span: (span.first, span.last))),
        )
        for manager in {*weekdays, *away}
    }


def attendance_of(manager: StaffUser, first: date, last: date) -> Attendance:
    """Return when ``manager`` works from ``first`` to ``last``. Three statements."""
    one = StaffUser.objects.filter(pk=manager.pk)
    found = load_attendance(one, first, last).get(manager.pk, Attendance())
    return Attendance(found.weekdays, found.away, is_active=manager.is_active)


def away_on(day: date) -> Q:
    """Return the condition on a person of being on leave or covered on ``day``."""
    return Q(pk__in=Leave.objects.meeting(day, day).values("manager_id")) | Q(
        pk__in=Cover.objects.on(day).values("manager_id")
    )
