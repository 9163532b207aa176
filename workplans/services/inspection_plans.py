"""A unit's monthly inspection plan, and who has not been inspected (article 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock, locks
from staff.models import Role, StaffUser, Unit
from staff.querysets import StaffQuerySet
from workplans.models import Inspection, InspectionPlan, InspectionPlanLine, RecordSignal
from workplans.rules.calendar import PlanKind, period_of
from workplans.rules.coverage import Standing, most_wanted, spread
from workplans.services.calendar import load_calendar

SIGNAL_DAYS = 40
"""Signs of so many days count when it is asked who is to be inspected."""

QUARTER_MONTHS = 3


@transaction.atomic
def make_inspection_plan(*, actor: StaffUser, unit: Unit, day: date) -> InspectionPlan:
    """Propose whom ``unit`` inspects in the month of ``day``, and on which working days.

    Who was not inspected longest and who has most signs comes first; the days are those of the
    month that are left. Raises ValidationError for a unit that is not the actor's or below it.
    Safe to run twice: a plan that is there stays as it is.
    """
    _refuse_unit(actor, unit)
    month = period_of(PlanKind.MONTH, day)
    locks.hold(f"workplans.inspection_plan.{unit.pk}")
    plan = InspectionPlan.objects.filter(unit=unit, month=month.starts_on).first()
    if plan is not None:
        return plan
    plan = InspectionPlan.objects.create(unit=unit, month=month.starts_on, made_by=actor)
    today = clock.today(unit.time_zone)
    first = max(today, month.starts_on)
    calendar = load_calendar(month.starts_on, month.ends_on)
    workdays = calendar.workdays(first, month.ends_on)
    people = StaffUser.objects.active().managers().filter(unit__path__startswith=unit.path)
    wanted = most_wanted(_standings(people.exclude(pk=actor.pk), today), today)
    lines = [
        InspectionPlanLine(plan=plan, manager_id=manager, planned_on=planned_on)
        for manager, planned_on in spread([one.manager for one in wanted], workdays)
    ]
    InspectionPlanLine.objects.bulk_create(lines)
    audit.record(
        actor=actor,
        verb="inspection_plan.made",
        obj=plan,
        changes={"month": [None, plan.month], "managers": [None, len(lines)]},
    )
    return plan


@transaction.atomic
def plan_inspection(
    *, actor: StaffUser, plan: InspectionPlan, manager: StaffUser, day: date
) -> InspectionPlanLine:
    """Put a manager into the plan, or on another day of its month. Safe to run twice.

    Raises ValidationError for who is no manager of the plan's unit, and a day of another month.
    """
    plan = InspectionPlan.objects.select_for_update().select_related("unit").get(pk=plan.pk)
    if day not in period_of(PlanKind.MONTH, plan.month):
        raise ValidationError({"planned_on": _("Choose a day of the plan's month.")})
    is_of_unit = manager.unit is not None and plan.unit.contains(manager.unit)
    if manager.role != Role.MANAGER or not is_of_unit:
        raise ValidationError({"manager": _("Choose a customer manager of your unit.")})
    line = plan.lines.filter(manager=manager).first()
    before = line.planned_on if line else None
    if before == day and line is not None:
        return line
    line = line or InspectionPlanLine(plan=plan, manager=manager)
    line.planned_on = day
    line.save()
    audit.record(
        actor=actor,
        verb="inspection_plan.changed",
        obj=plan,
        changes={"manager": [None, manager.pk], "planned_on": [before, day]},
    )
    return line


@transaction.atomic
def leave_out(*, actor: StaffUser, line: InspectionPlanLine) -> None:
    """Take a manager out of the plan. Safe to run twice."""
    plan = InspectionPlan.objects.select_for_update().get(pk=line.plan_id)
    if not plan.lines.filter(pk=line.pk).delete()[0]:
        return
    audit.record(
        actor=actor,
        verb="inspection_plan.changed",
        obj=plan,
        changes={"manager": [line.manager_id, None], "planned_on": [line.planned_on, None]},
    )


def _refuse_unit(actor: StaffUser, unit: Unit) -> None:
    is_of_actor = actor.unit is not None and actor.unit.contains(unit)
    if actor.role != Role.SUPERVISOR or not is_of_actor:
        raise ValidationError(_("Only a supervisor plans inspections, of the own unit."))


def _standings(people: StaffQuerySet, today: date) -> list[Standing]:
    """Return the standing of each of ``people``. Three statements."""
    last, signs = _last_and_signs(people, today)
    ids = people.order_by().values_list("pk", flat=True)
    return [Standing(pk, _day(last.get(pk)), signs.get(pk, 0)) for pk in ids]


def _last_and_signs(
    people: StaffQuerySet, today: date
) -> tuple[dict[int, datetime], dict[int, int]]:
    """When each was last inspected to the end, and how many signs there are of late."""
    ids = people.order_by().values("pk")
    last = Inspection.objects.filter(manager__in=ids).last_by_manager()
    since = today - timedelta(days=SIGNAL_DAYS)
    return last, RecordSignal.objects.filter(person__in=ids).counts_by_person(since)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else clock.local_date(moment)


# --- Coverage -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Uninspected:
    """A manager who was not inspected in the present month."""

    manager: StaffUser
    inspected_on: date | None
    signals: int


@dataclass
class UnitCoverage:
    """How many managers of one unit were inspected in the month and in the quarter."""

    unit: Unit
    managers: int = 0
    in_month: int = 0
    in_quarter: int = 0


@dataclass
class Coverage:
    """Who was inspected, by unit, and who was not, the most wanted first."""

    units: list[UnitCoverage] = field(default_factory=list)
    waiting: list[Uninspected] = field(default_factory=list)
    managers: int = 0
    in_month: int = 0
    in_quarter: int = 0


def coverage_of(user: StaffUser, today: date, *, unit: Unit | None = None) -> Coverage:
    """Return whom of the managers that ``user`` supervises or reads was inspected to the end.

    ``unit`` narrows to it and those below. Three statements, however many managers.
    """
    people = StaffUser.objects.visible_to(user).active().managers().exclude(pk=user.pk)
    if unit is not None:
        people = people.filter(unit__path__startswith=unit.path)
    last, signs = _last_and_signs(people, today)
    found = list(people.select_related("unit").order_by("unit__path", "staff_number"))
    return _coverage(found, last, signs, today)


def _coverage(
    people: Sequence[StaffUser],
    last: Mapping[int, datetime],
    signs: Mapping[int, int],
    today: date,
) -> Coverage:
    month, quarter = today.replace(day=1), quarter_of(today)
    coverage = Coverage()
    by_unit: dict[int | None, UnitCoverage] = {}
    waiting: dict[int, Uninspected] = {}
    for person in people:
        if person.unit is None:
            continue
        of_unit = by_unit.setdefault(person.unit_id, UnitCoverage(person.unit))
        inspected_on = _day(last.get(person.pk))
        for counts in (coverage, of_unit):
            counts.managers += 1
            counts.in_month += inspected_on is not None and inspected_on >= month
            counts.in_quarter += inspected_on is not None and inspected_on >= quarter
        if inspected_on is None or inspected_on < month:
            waiting[person.pk] = Uninspected(person, inspected_on, signs.get(person.pk, 0))
    standings = [Standing(pk, one.inspected_on, one.signals) for pk, one in waiting.items()]
    coverage.units = list(by_unit.values())
    coverage.waiting = [waiting[one.manager] for one in most_wanted(standings, today)]
    return coverage


def quarter_of(day: date) -> date:
    """Return the first day of the quarter that ``day`` is in."""
    first = (day.month - 1) // QUARTER_MONTHS * QUARTER_MONTHS + 1
    return day.replace(month=first, day=1)
