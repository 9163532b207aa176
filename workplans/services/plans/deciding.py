"""A supervisor's word on a plan: approved, or returned with remarks (articles 4 and 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from staff.models import StaffUser
from workplans.models import PlanRemark, PlanStep, WorkPlan
from workplans.services.plans.locking import locked, touch


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
    _remark(actor, plan, [(None, note)])
    _decide(actor, plan, WorkPlan.State.APPROVED)
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
    _remark(actor, plan, [(None, note), *said.items()])
    _decide(actor, plan, WorkPlan.State.RETURNED)
    return plan


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


def _remark(actor: StaffUser, plan: WorkPlan, said: Iterable[tuple[int | None, str]]) -> None:
    now = clock.now()
    rows = [
        PlanRemark(plan=plan, item_id=item, author=actor, text=text.strip(), at=now)
        for item, text in said
        if text.strip()
    ]
    for row in rows:
        row.clean_fields(exclude=["plan", "item", "author"])
    PlanRemark.objects.bulk_create(rows)


def _decide(actor: StaffUser, plan: WorkPlan, state: WorkPlan.State) -> None:
    plan.state, plan.decided_at, plan.decided_by = state, clock.now(), actor
    plan.save(update_fields=["state", "decided_at", "decided_by"])
    PlanStep.objects.create(plan=plan, state=state, actor=actor)
    touch(plan)
    audit.record(
        actor=actor,
        verb="plan.approved" if state == WorkPlan.State.APPROVED else "plan.returned",
        obj=plan,
        changes={"state": [WorkPlan.State.SUBMITTED, state]},
    )
