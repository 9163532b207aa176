"""Plans and logs that were not handed in in time (articles 4 to 6): found by a job, set-based.

Who is asked: the active customer managers who can sign in and serve somebody. For what: periods
that began after the manager's account was made and after the job's first run, so that a new
installation does not begin with a heap of reproaches. How far back: seven days, where the job
was away; what was due before is let go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery

from core import audit, bulk, clock
from customers.models import Customer, ServiceStandard
from staff.models import Cover, StaffUser, Unit
from staff.querysets import StaffQuerySet
from workplans.models import Lapse, LapseWatch, Leave, WorkLog, WorkPlan
from workplans.querysets import LapseQuerySet
from workplans.rules.calendar import Deadlines, Period, PlanKind, period_of
from workplans.rules.logs import (
    LOG,
    Attendance,
    Owed,
    asked_until,
    log_is_asked,
    owed_between,
)
from workplans.services.attendance import attendance_of, load_attendance
from workplans.services.calendar import deadlines_on, load_calendar, moment_of

BACK_DAYS = 7
"""How far the job looks back where it was away."""

KNOWN_DAYS = 45
"""So many days around what is judged the calendar and leave are read."""

LAPSE_COLUMNS = ["manager_id", "subject", "starts_on", "due_at", "opened_at"]

Key = tuple[int, str, date]
"""The manager, what is missing, and the first day it is for."""


@dataclass
class LapseChanges:
    """How many lapses a run opened (again), and closed as handed in or excused."""

    opened: int = 0
    handed_in: int = 0
    excused: int = 0

    def __bool__(self) -> bool:
        return bool(self.opened or self.handed_in or self.excused)


@dataclass(frozen=True)
class _Missing:
    manager: int
    subject: str
    starts_on: date
    due_at: datetime

    @property
    def key(self) -> Key:
        return (self.manager, self.subject, self.starts_on)


def close_lapse(*, manager_id: int, subject: Lapse.Subject, starts_on: date, at: datetime) -> None:
    """Close the open lapse of what is handed in at ``at``; it stays as late. Safe to run twice.

    The caller's change carries the audit entry and the transaction.
    """
    Lapse.objects.open().filter(manager=manager_id, subject=subject, starts_on=starts_on).update(
        closed_at=at, close_reason=Lapse.CloseReason.HANDED_IN
    )


def reopen_lapse(*, plan: WorkPlan) -> None:
    """Open the lapse of a plan that was handed in and taken back. Safe to run twice.

    One that was handed in in time had none: it gets one, where its time is up and the job would
    have asked for it; before that the job sees to it. The caller's change carries the audit entry
    and the transaction.
    """
    of_plan = {"manager": plan.manager_id, "subject": plan.kind, "starts_on": plan.starts_on}
    reopened = Lapse.objects.filter(**of_plan, close_reason=Lapse.CloseReason.HANDED_IN).update(
        closed_at=None, close_reason=""
    )
    now = clock.now()
    if reopened or plan.due_at >= now:
        return
    watch = hold_watch(now)
    one = StaffUser.objects.filter(pk=plan.manager_id)
    # Leave may have moved the moment to either side.
    since = plan.due_at - timedelta(days=BACK_DAYS)
    _open(one, watch, since, now, only=(plan.manager_id, plan.kind, plan.starts_on))


@transaction.atomic
def flag_lapses() -> LapseChanges:
    """Open a lapse for each plan and log whose time is up, and close those that are settled.

    A moment is one of the manager's zone. Judged is what became due since the last run, at most
    seven days of it; nothing on the first. A constant number of statements however many managers,
    and where nothing became due only those that close. Run twice, or on two workers at once, it
    changes nothing more.
    """
    now = clock.now()
    watch = hold_watch(now)
    since = max(watch.judged_until, now - timedelta(days=BACK_DAYS))
    changes = LapseChanges()
    standards = ServiceStandard.objects.load()
    zones = [
        zone
        for zone in _zones()
        if _has_mark(zone, since, now, deadlines_on(standards, clock.today(zone)))
    ]
    if zones:
        people = StaffUser.objects.filter(unit__time_zone__in=zones)
        changes.opened = _open(people, watch, since, now)
    # Last: what was handed in meanwhile is seen.
    changes.handed_in = _close_handed_in()
    changes.excused = _excuse_absent(now) + _excuse_gone(now)
    LapseWatch.objects.filter(pk=watch.pk).update(judged_until=now)
    if changes:
        audit.record_job(verb="lapses.settled", model=Lapse, changes=asdict(changes))
    return changes


def settle_lapses_of(*, manager: StaffUser, first: date, last: date) -> LapseChanges:
    """Judge one manager's plans and logs anew, where leave from ``first`` to ``last`` changed.

    Excuses what is not asked for any more and opens what is asked for again. The caller's change
    carries the audit entry and the transaction. Safe to run twice.
    """
    now = clock.now()
    watch = hold_watch(now)
    one = StaffUser.objects.filter(pk=manager.pk)
    changes = LapseChanges(excused=_excuse_unasked(manager, first, last, now))
    changes.opened = _open(one, watch, now - timedelta(days=BACK_DAYS), now)
    return changes


def hold_watch(now: datetime) -> LapseWatch:
    """Return the watch with its row held, so that one at a time judges; made at the first run."""
    LapseWatch.objects.get_or_create(
        pk=LapseWatch.ONLY, defaults={"began_at": now, "judged_until": now}
    )
    return LapseWatch.objects.select_for_update().get(pk=LapseWatch.ONLY)


# --- Opening ------------------------------------------------------------------------------------


def _zones() -> list[str]:
    return list(Unit.objects.order_by().values_list("time_zone", flat=True).distinct())


def _has_mark(zone: str, since: datetime, now: datetime, deadlines: Deadlines) -> bool:
    """Say whether anything can have become due in ``zone`` from ``since`` until before ``now``."""
    hours = {deadlines.week_hours % 24, deadlines.log_hours % 24, 0}
    day, last = clock.local_date(since, zone), clock.local_date(now, zone)
    while day <= last:
        marks = [datetime.combine(day, time(hour), clock.zone_info(zone)) for hour in hours]
        if any(since <= mark < now for mark in marks):
            return True
        day += timedelta(days=1)
    return False


def _asked() -> StaffQuerySet:
    """The managers who owe plans and logs at all."""
    served = Customer.objects.filter(manager=OuterRef("pk")).active()
    people = StaffUser.objects.managers().active().filter(Exists(served))
    # Who was made by an import and not invited yet cannot sign in.
    return people.exclude(password__startswith="!").exclude(password="")  # noqa: S106


def _open(
    people: StaffQuerySet,
    watch: LapseWatch,
    since: datetime,
    now: datetime,
    *,
    only: Key | None = None,
) -> int:
    """Open what ``people`` owe since ``since``; what was excused and is owed again opens again.

    ``only``: of all that nothing but this.
    """
    owed = (one for one in _owed(people, watch, since, now) if only in (None, one.key))
    missing = [one for one in owed if one.due_at < now]
    if not missing:
        return 0
    starts = {one.starts_on for one in missing}
    handed_in = _handed_in(starts)
    there: dict[Key, tuple[int, str]] = {
        (manager, subject, starts_on): (pk, reason)
        for pk, manager, subject, starts_on, reason in Lapse.objects.filter(
            starts_on__in=starts
        ).values_list("pk", "manager_id", "subject", "starts_on", "close_reason")
    }
    missing = [one for one in missing if one.key not in handed_in]
    new = [one for one in missing if one.key not in there]
    bulk.insert_rows(
        Lapse,
        LAPSE_COLUMNS,
        [(one.manager, one.subject, one.starts_on, one.due_at, now) for one in new],
    )
    again = [
        Lapse(pk=there[one.key][0], due_at=one.due_at, opened_at=now)
        for one in missing
        if one.key in there and there[one.key][1] == Lapse.CloseReason.EXCUSED
    ]
    Lapse.objects.bulk_update(
        again, ["due_at", "opened_at", "closed_at", "close_reason"], batch_size=500
    )
    return len(new) + len(again)


def _owed(
    people: StaffQuerySet, watch: LapseWatch, since: datetime, now: datetime
) -> Iterator[_Missing]:
    """Yield what fell due from ``since`` on. Six statements."""
    asked = people.filter(pk__in=_asked().order_by().values("pk"))
    rows = list(asked.order_by().values_list("pk", "created_at", "unit__time_zone"))
    if not rows:
        return
    first, last = since.date() - timedelta(days=2), now.date() + timedelta(days=2)
    known = (first - timedelta(days=KNOWN_DAYS), last + timedelta(days=KNOWN_DAYS))
    calendar, attendances = load_calendar(*known), load_attendance(asked, *known)
    standards = ServiceStandard.objects.load()
    # Most work on the same days and owe the same.
    found: dict[tuple[str, Attendance], list[tuple[Owed, datetime, datetime]]] = {}
    for manager, created_at, zone in rows:
        attendance = attendances.get(manager, Attendance())
        if (zone, attendance) not in found:
            days = (clock.local_date(since, zone) - timedelta(days=1), clock.local_date(now, zone))
            deadlines = deadlines_on(standards, days[1])
            found[zone, attendance] = [
                (owed, due_at, clock.start_of_day(owed.starts_on, zone))
                for owed in owed_between(*days, deadlines, attendance, calendar)
                if since <= (due_at := moment_of(owed.due, zone))
            ]
        asked_from = max(watch.began_at, created_at)
        for owed, due_at, begins_at in found[zone, attendance]:
            if begins_at >= asked_from:
                yield _Missing(manager, owed.subject, owed.starts_on, due_at)


def _handed_in(starts: Iterable[date]) -> set[Key]:
    """What was handed in for the periods that begin on ``starts``. Two statements."""
    days = list(starts)
    plans = WorkPlan.objects.filter(starts_on__in=days).exclude(state=WorkPlan.State.DRAFT)
    logs = WorkLog.objects.submitted().filter(log_date__in=days)
    return {
        *plans.values_list("manager_id", "kind", "starts_on"),
        *((manager, LOG, day) for manager, day in logs.values_list("manager_id", "log_date")),
    }


# --- Closing ------------------------------------------------------------------------------------


def _close_handed_in() -> int:
    """Close what was handed in without its lapse being closed: it was opened meanwhile."""
    plans = WorkPlan.objects.filter(
        manager=OuterRef("manager_id"), kind=OuterRef("subject"), starts_on=OuterRef("starts_on")
    ).exclude(state=WorkPlan.State.DRAFT)
    logs = WorkLog.objects.submitted().filter(
        manager=OuterRef("manager_id"), log_date=OuterRef("starts_on")
    )
    closed = 0
    for lapses, rows in (
        (Lapse.objects.open().plans(), plans),
        (Lapse.objects.open().logs(), logs),
    ):
        closed += lapses.filter(Exists(rows)).update(
            closed_at=Subquery(rows.values("submitted_at")[:1]),
            close_reason=Lapse.CloseReason.HANDED_IN,
        )
    return closed


def _excuse_absent(now: datetime) -> int:
    """Excuse the logs of days that are leave or covered by now."""
    of_day = {
        "manager": OuterRef("manager_id"),
        "starts_on__lte": OuterRef("starts_on"),
        "ends_on__gte": OuterRef("starts_on"),
    }
    away = Exists(Leave.objects.standing().filter(**of_day)) | Exists(
        Cover.objects.standing().filter(**of_day)
    )
    return _excuse(Lapse.objects.open().logs().filter(away), now)


def _excuse_gone(now: datetime) -> int:
    """Excuse all of who is no customer manager any more, or has left: nobody can hand it in."""
    there = StaffUser.objects.managers().active().order_by().values("pk")
    return _excuse(Lapse.objects.open().exclude(manager__in=there), now)


def _excuse(lapses: LapseQuerySet, now: datetime) -> int:
    return lapses.update(closed_at=now, close_reason=Lapse.CloseReason.EXCUSED)


def _excuse_unasked(manager: StaffUser, first: date, last: date, now: datetime) -> int:
    """Excuse the open lapses of periods that the span meets and that are not due any more."""
    earliest = first.replace(month=1, day=1)
    open_ = Lapse.objects.open().filter(manager=manager, starts_on__range=(earliest, last))
    lapses = list(open_)
    if not lapses:
        return 0
    known = (earliest, last + timedelta(days=KNOWN_DAYS))
    calendar, attendance = load_calendar(*known), attendance_of(manager, *known)
    zone, standards = manager.time_zone, ServiceStandard.objects.load()

    def is_due(lapse: Lapse) -> bool:
        if lapse.subject == LOG:
            return log_is_asked(lapse.starts_on, attendance, calendar)
        period = _period(lapse)
        due = asked_until(period, deadlines_on(standards, lapse.starts_on), attendance, calendar)
        return due is not None and moment_of(due, zone) < now

    over: Sequence[int] = [lapse.pk for lapse in lapses if not is_due(lapse)]
    return _excuse(open_.filter(pk__in=over), now)


def _period(lapse: Lapse) -> Period:
    return period_of(PlanKind(lapse.subject), lapse.starts_on)
