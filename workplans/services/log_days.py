"""Where the logs of managers stand, day by day: for the manager's month and the supervisor's day.

Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q

from contacts.models import ContactRecord
from core import clock
from customers.models import ServiceStandard
from staff.models import StaffUser
from staff.querysets import StaffQuerySet
from workplans.models import Lapse, LapseWatch, WorkLog
from workplans.rules.calendar import WorkCalendar, days_between, log_due
from workplans.rules.logs import Attendance, LogFacts, LogState, log_state
from workplans.services.attendance import attendance_of, away_on, load_attendance
from workplans.services.calendar import deadlines_on, load_calendar, moment_of


@dataclass(frozen=True)
class LogDay:
    """One manager's day: where its log stands, and how many contacts counted."""

    manager: StaffUser
    day: date
    state: LogState
    log: WorkLog | None
    contacts: int
    due_at: datetime
    is_today: bool = False

    @property
    def may_begin(self) -> bool:
        """Whether there is anything to open: a log, or a day on which one is asked for."""
        return self.log is not None or self.state in (LogState.OPEN, LogState.MISSING)


def month_of(manager: StaffUser, first: date, last: date) -> list[LogDay]:
    """Return the days from ``first`` to ``last`` of one manager. Eight statements."""
    attendance = attendance_of(manager, first, last)
    calendar = load_calendar(first, last)
    logs = {
        log.log_date: log
        for log in WorkLog.objects.filter(manager=manager, log_date__range=(first, last))
    }
    counts = _contacts([manager.pk], first, last)
    due = _due_moments(first, last, manager.time_zone)
    known = _Known(calendar, counts, _began_at())
    return [
        _day(manager, day, logs.get(day), attendance, known, due[day])
        for day in days_between(first, last)
    ]


def days_of(managers: Sequence[StaffUser], day: date) -> list[LogDay]:
    """Return one day of several managers (unit loaded). Eight statements, however many."""
    ids = [manager.pk for manager in managers]
    attendances = load_attendance(StaffUser.objects.filter(pk__in=ids), day, day)
    calendar = load_calendar(day, day)
    logs = {log.manager_id: log for log in WorkLog.objects.filter(manager__in=ids, log_date=day)}
    counts = _contacts(ids, day, day)
    deadline = log_due(day, deadlines_on(ServiceStandard.objects.load(), day))
    known = _Known(calendar, counts, _began_at())
    return [
        _day(
            manager,
            day,
            logs.get(manager.pk),
            attendances.get(manager.pk, Attendance()),
            known,
            moment_of(deadline, manager.time_zone),
        )
        for manager in managers
    ]


@dataclass(frozen=True)
class DayCounts:
    """How many managers there are, and where their logs of a day stand."""

    managers: int
    on_time: int
    late: int
    missing: int
    leave: int
    unread: int


def counts_on(people: StaffQuerySet, day: date) -> DayCounts:
    """Return where the logs of ``people`` stand on ``day``. One statement."""
    conditions = {name: _condition(name, day) for name in NARROWED}
    rows = people.aggregate(
        managers=Count("pk"), **{name: Count("pk", filter=q) for name, q in conditions.items()}
    )
    return DayCounts(**rows)


NARROWED = ("on_time", "late", "missing", "leave", "unread")
"""The states that a day's managers can be narrowed to."""


def narrowed(people: StaffQuerySet, state: str, day: date) -> StaffQuerySet:
    """Return those of ``people`` whose log of ``day`` is in ``state`` (one of NARROWED)."""
    return people.filter(_condition(state, day))


def _condition(state: str, day: date) -> Q:
    of_day = WorkLog.objects.submitted().filter(manager=OuterRef("pk"), log_date=day)
    if state == "leave":
        return away_on(day) & ~Q(Exists(of_day))
    if state == "missing":
        lapses = Lapse.objects.open().logs().filter(manager=OuterRef("pk"), starts_on=day)
        return Q(Exists(lapses))
    if state == "unread":
        return Q(Exists(of_day.filter(read_at=None)))
    return Q(Exists(of_day.filter(is_late=state == "late")))


def neighbours(logs: Iterable[WorkLog], log_manager: int) -> tuple[int | None, int | None]:
    """Return the managers before and after ``log_manager`` among ``logs`` of one day."""
    ids = [log.manager_id for log in logs]
    if log_manager not in ids:
        return (None, ids[0] if ids else None)
    place = ids.index(log_manager)
    return (
        ids[place - 1] if place else None,
        ids[place + 1] if place + 1 < len(ids) else None,
    )


@dataclass(frozen=True)
class _Known:
    """What holds for all managers of a page. ``began_at``: when the product began to ask."""

    calendar: WorkCalendar
    counts: Mapping[tuple[int, date], int]
    began_at: datetime


def _began_at() -> datetime:
    began = LapseWatch.objects.values_list("began_at", flat=True).first()
    return began if began is not None else clock.now()


def _contacts(managers: Sequence[int], first: date, last: date) -> dict[tuple[int, date], int]:
    """How many contacts with their customers counted, by manager and day. One statement."""
    if not managers:
        return {}
    rows = (
        ContactRecord.objects.counted()
        .since(first)
        .until(last)
        .filter(manager__in=managers)
        .order_by()
        .values_list("manager_id", "happened_on")
        .annotate(number=Count("pk"))
    )
    return {(manager, day): number for manager, day, number in rows}


def _due_moments(first: date, last: date, zone: str) -> Mapping[date, datetime]:
    standards = ServiceStandard.objects.load()
    return {
        day: moment_of(log_due(day, deadlines_on(standards, day)), zone)
        for day in days_between(first, last)
    }


def _day(
    manager: StaffUser,
    day: date,
    log: WorkLog | None,
    attendance: Attendance,
    known: _Known,
    due_at: datetime,
) -> LogDay:
    today = clock.today(manager.time_zone)
    begins_at = clock.start_of_day(day, manager.time_zone)
    facts = LogFacts(
        is_submitted=log is not None and log.is_signed,
        is_late=log is not None and log.is_late,
        is_due=due_at < clock.now(),
        is_future=day > today,
        is_watched=begins_at >= max(known.began_at, manager.created_at),
    )
    return LogDay(
        manager=manager,
        day=day,
        state=log_state(day, facts, attendance, known.calendar),
        log=log,
        contacts=known.counts.get((manager.pk, day), 0),
        due_at=due_at,
        is_today=day == today,
    )


def month_around(day: date) -> tuple[date, date]:
    """Return the first and the last day of the month of ``day``."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
