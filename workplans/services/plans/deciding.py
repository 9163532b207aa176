"""A supervisor's word on a plan: approved, or returned with remarks (articles 4 and 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from staff.models import StaffUser
from workplans.models import PlanRemark, PlanStep, WorkLog, WorkPlan
from workplans.services.plans.locking import locked, touch

DECIDED = (WorkPlan.State.APPROVED, WorkPlan.State.RETURNED)


@transaction.atomic
def approve_plan(*, actor: StaffUser, plan: WorkPlan, note: str = "") -> WorkPlan:
    """Approve a plan that waits; ``note`` is kept as a remark.

    Raises PermissionDenied for who does not supervise its manager, ValidationError where it was
    taken back or returned meanwhile. Safe to run twice: an approved one stays as it is.
    """
    plan = _decidable(actor, plan)
    if plan.state == WorkPlan.State.APPROVED:
        return plan
    _refuse_gone(plan)
    at = _remark(actor, plan, [(None, note)])
    _decide(actor, plan, WorkPlan.State.APPROVED, at)
    return plan


@transaction.atomic
def return_plan(
    *, actor: StaffUser, plan: WorkPlan, note: str, remarks: Mapping[int, str] | None = None
) -> WorkPlan:
    """Give a plan that waits back to its manager, saying why: ``remarks`` by item id.

    Raises PermissionDenied for who does not supervise its manager, ValidationError without a word
    of why, for an item of another plan, and where it was taken back or approved meanwhile. Safe
    to run twice: a returned one stays as it is.
    """
    plan = _decidable(actor, plan)
    if plan.state == WorkPlan.State.RETURNED:
        return plan
    _refuse_gone(plan)
    said = {item: text.strip() for item, text in (remarks or {}).items() if text.strip()}
    if not (note.strip() or said):
        raise ValidationError(_("Say what is to be changed."), code="required")
    if plan.items.filter(pk__in=list(said)).count() != len(said):
        raise ValidationError(_("An item is not in this plan any more. Load the page again."))
    at = _remark(actor, plan, [(None, note), *said.items()])
    _decide(actor, plan, WorkPlan.State.RETURNED, at)
    return plan


@transaction.atomic
def undo_decision(*, actor: StaffUser, plan: WorkPlan) -> WorkPlan:
    """Let a decided plan wait again, as if nothing had been decided; the remarks of it go too.

    Raises PermissionDenied for who does not supervise its manager, ValidationError once somebody
    acted on the decision: the manager changed the plan, handed it in anew, or handed in a log of
    its days. Safe to run twice: a plan that waits stays as it is.
    """
    plan = _decidable(actor, plan)
    if plan.state == WorkPlan.State.SUBMITTED:
        return plan
    if plan.state not in DECIDED or plan.decided_at is None:
        raise ValidationError(_("The plan is not decided. There is nothing to undo."))
    _refuse_acted_on(plan)
    before = plan.state
    said = PlanRemark.objects.filter(plan=plan, author=plan.decided_by, at=plan.decided_at)
    words = list(said.values_list("text", flat=True))
    said.delete()
    plan.state, plan.decided_at, plan.decided_by = WorkPlan.State.SUBMITTED, None, None
    plan.decided_version = None
    plan.save(update_fields=["state", "decided_at", "decided_by", "decided_version"])
    PlanStep.objects.create(plan=plan, state=plan.state, actor=actor)
    touch(plan)
    audit.record(
        actor=actor,
        verb="plan.decision_undone",
        obj=plan,
        changes={"state": [before, plan.state], **({"remarks": [words, []]} if words else {})},
    )
    return plan


def is_acted_on(plan: WorkPlan) -> bool:
    """Say whether the plan changed since it was decided. No statement."""
    return plan.version != plan.decided_version


def _refuse_acted_on(plan: WorkPlan) -> None:
    name = {"name": plan.manager.name}
    if is_acted_on(plan):
        raise ValidationError(_("%(name)s has worked on the plan since. Decide anew.") % name)
    logs = WorkLog.objects.filter(
        manager=plan.manager_id,
        log_date__range=(plan.starts_on, plan.ends_on),
        submitted_at__gte=plan.decided_at,
    )
    if plan.state == WorkPlan.State.APPROVED and logs.exists():
        raise ValidationError(_("%(name)s has handed in a log by this plan since.") % name)


def _decidable(actor: StaffUser, plan: WorkPlan) -> WorkPlan:
    """The plan held, once it is sure that the actor decides about it."""
    found = locked(plan)
    if not WorkPlan.objects.decidable_by(actor).filter(pk=plan.pk).exists():
        raise PermissionDenied
    return found


def _refuse_gone(plan: WorkPlan) -> None:
    if plan.state == WorkPlan.State.SUBMITTED:
        return
    if plan.state == WorkPlan.State.APPROVED:
        raise ValidationError(_("The plan was approved meanwhile."))
    raise ValidationError(_("The plan was taken back or returned meanwhile."))


def _remark(actor: StaffUser, plan: WorkPlan, said: Iterable[tuple[int | None, str]]) -> datetime:
    """Keep the words of a decision; return its moment, by which they are known."""
    now = clock.now()
    rows = [
        PlanRemark(plan=plan, item_id=item, author=actor, text=text.strip(), at=now)
        for item, text in said
        if text.strip()
    ]
    for row in rows:
        row.clean_fields(exclude=["plan", "item", "author"])
    PlanRemark.objects.bulk_create(rows)
    return now


def _decide(actor: StaffUser, plan: WorkPlan, state: WorkPlan.State, at: datetime) -> None:
    plan.state, plan.decided_at, plan.decided_by = state, at, actor
    # What touches the plan from now on acts on the decision.
    plan.decided_version = plan.version + 1
    plan.save(update_fields=["state", "decided_at", "decided_by", "decided_version"])
    PlanStep.objects.create(plan=plan, state=state, actor=actor)
    touch(plan)
    audit.record(
        actor=actor,
        verb="plan.approved" if state == WorkPlan.State.APPROVED else "plan.returned",
        obj=plan,
        changes={"state": [WorkPlan.State.SUBMITTED, state]},
    )
