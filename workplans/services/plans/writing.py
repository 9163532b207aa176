"""A manager's own plan: opened, given its targets, handed in and taken back (article 4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.texts import restored
from customers.models import ServiceStandard
from staff.models import StaffUser
from workplans.models import Lapse, PlanStep, PlanTarget, WorkPlan
from workplans.models.plans import PlanKind
from workplans.rules.calendar import Period, period_of, plan_due
from workplans.rules.calendar import PlanKind as KindCode
from workplans.services.calendar import deadlines_on, load_calendar, moment_of
from workplans.services.lapses import close_lapse, reopen_lapse
from workplans.services.plans.locking import own, refuse_closed, touch

FARTHEST = timedelta(days=400)
"""So far from today at most a plan's period lies."""

LONGEST_NOTE = 2000
LARGEST_TARGET = 100_000
DAYS_TO_A_DEADLINE = timedelta(days=31)
"""A month's plan is due on one of its working days."""


@transaction.atomic
def open_plan(*, actor: StaffUser, kind: PlanKind, day: date) -> WorkPlan:
    """Return the actor's plan of the period that holds ``day``, a new draft where there is none.

    Raises PermissionDenied for who is no customer manager, ValidationError for a day too far from
    today. Safe to run twice: the second finds the first.
    """
    if not actor.is_manager:
        raise PermissionDenied
    today = clock.today(actor.time_zone)
    if abs(day - today) > FARTHEST:
        raise ValidationError(_("That is too far from today for a plan."))
    period = period_of(KindCode(kind), day)
    plan, is_new = WorkPlan.objects.get_or_create(
        manager=actor,
        kind=kind,
        starts_on=period.starts_on,
        defaults={
            "ends_on": period.ends_on,
            "due_at": due_at(period, actor.time_zone, today),
        },
    )
    if is_new:
        changes = {"kind": [None, plan.kind], "starts_on": [None, plan.starts_on]}
        audit.record(actor=actor, verb="plan.opened", obj=plan, changes=changes)
    return plan


@transaction.atomic
def set_note(*, actor: StaffUser, plan: WorkPlan, note: str) -> WorkPlan:
    """Write what matters in the period of the plan.

    Raises PermissionDenied for somebody else's plan, ValidationError where it is submitted or
    approved or the note is too long. Safe to run twice.
    """
    plan = own(actor, plan)
    refuse_closed(plan)
    note = restored(note.strip(), plan.note)
    if len(note) > LONGEST_NOTE:
        raise ValidationError(
            _("At most %(number)d characters.") % {"number": LONGEST_NOTE}, code="too_long"
        )
    if note == plan.note:
        return plan
    changes = {"note": [plan.note, note]}
    plan.note = note
    plan.save(update_fields=["note"])
    touch(plan)
    audit.record(actor=actor, verb="plan.changed", obj=plan, changes=changes)
    return plan


@transaction.atomic
def set_targets(
    *, actor: StaffUser, plan: WorkPlan, values: Mapping[PlanTarget.Kind | str, int]
) -> WorkPlan:
    """Set the targets that are given; 0 takes one out, the others stay as they are.

    Raises PermissionDenied for somebody else's plan, ValidationError where it is submitted or
    approved, and for what is no target. Safe to run twice.
    """
    plan = own(actor, plan)
    refuse_closed(plan)
    wanted = _checked_targets(values)
    before = dict(plan.targets.values_list("kind", "value"))
    changes = {
        kind: [before.get(kind, 0), value]
        for kind, value in wanted.items()
        if before.get(kind, 0) != value
    }
    if not changes:
        return plan
    plan.targets.filter(kind__in=[kind for kind in changes if not wanted[kind]]).delete()
    PlanTarget.objects.bulk_create(
        [PlanTarget(plan=plan, kind=kind, value=wanted[kind]) for kind in changes if wanted[kind]],
        update_conflicts=True,
        unique_fields=["plan", "kind"],
        update_fields=["value"],
    )
    touch(plan)
    audit.record(actor=actor, verb="plan.targets_set", obj=plan, changes=changes)
    return plan


@transaction.atomic
def submit_plan(*, actor: StaffUser, plan: WorkPlan) -> WorkPlan:
    """Hand the plan in; after its due moment it is marked late. Closes what was missing.

    One that was returned is late only where it was late the first time. Raises PermissionDenied
    for somebody else's plan, ValidationError for an empty one and an approved one. Safe to run
    twice: one that waits stays as it is.
    """
    plan = own(actor, plan)
    if plan.state == WorkPlan.State.SUBMITTED:
        return plan
    refuse_closed(plan)
    if not (plan.note or plan.items.standing().exists() or plan.targets.exists()):
        raise ValidationError(_("The plan is empty. Draft it or add an item first."))
    now = clock.now()
    if plan.decided_at is None:
        plan.is_late = now > plan.due_at
    _go_to(actor, plan, WorkPlan.State.SUBMITTED, submitted_at=now)
    close_lapse(
        manager_id=plan.manager_id,
        subject=Lapse.Subject(plan.kind),
        starts_on=plan.starts_on,
        at=now,
    )
    return plan


@transaction.atomic
def take_back_plan(*, actor: StaffUser, plan: WorkPlan) -> WorkPlan:
    """Take a submitted plan back to write on; what was missing before is missing again.

    Raises PermissionDenied for somebody else's plan, ValidationError where it was decided
    meanwhile. Safe to run twice: one that was taken back stays as it is.
    """
    plan = own(actor, plan)
    if plan.is_open:
        return plan
    if plan.state != WorkPlan.State.SUBMITTED:
        raise ValidationError(_("The plan was approved meanwhile. Change its items instead."))
    if plan.decided_at is not None:
        _go_to(actor, plan, WorkPlan.State.RETURNED, submitted_at=plan.submitted_at)
        return plan
    plan.is_late = False
    _go_to(actor, plan, WorkPlan.State.DRAFT, submitted_at=None)
    reopen_lapse(plan=plan)
    return plan


def due_at(period: Period, zone: str, today: date) -> datetime:
    """Return until when the plan of ``period`` is due by the standard of ``today``.

    Two statements.
    """
    deadlines = deadlines_on(ServiceStandard.objects.load(), today)
    calendar = load_calendar(period.starts_on, period.starts_on + DAYS_TO_A_DEADLINE)
    return moment_of(plan_due(period, deadlines, calendar), zone)


def _checked_targets(values: Mapping[PlanTarget.Kind | str, int]) -> dict[str, int]:
    wanted = {str(kind): int(value) for kind, value in values.items()}
    known = PlanTarget.Kind.values
    if any(kind not in known or not 0 <= n <= LARGEST_TARGET for kind, n in wanted.items()):
        raise ValidationError(
            _("A target is a number from 0 to %(number)d.") % {"number": LARGEST_TARGET}
        )
    return wanted


def _go_to(
    actor: StaffUser, plan: WorkPlan, state: WorkPlan.State, *, submitted_at: datetime | None
) -> None:
    before, plan.state = plan.state, state
    plan.submitted_at = submitted_at
    plan.save(update_fields=["state", "submitted_at", "is_late"])
    PlanStep.objects.create(plan=plan, state=state, actor=actor)
    touch(plan)
    audit.record(
        actor=actor,
        verb="plan.submitted" if state == WorkPlan.State.SUBMITTED else "plan.taken_back",
        obj=plan,
        changes={"state": [before, state], "is_late": [None, plan.is_late]},
    )
