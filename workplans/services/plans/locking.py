"""A plan held for one change at a time, and what is refused of it as it stands."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core import clock
from staff.models import StaffUser
from workplans.models import WorkPlan


def locked(plan: WorkPlan) -> WorkPlan:
    """Return the plan as it is now, its row held until the transaction ends."""
    rows = WorkPlan.objects.select_for_update(of=("self",))
    return rows.select_related("manager__unit").get(pk=plan.pk)


def own(actor: StaffUser, plan: WorkPlan) -> WorkPlan:
    """Return the actor's own plan, held. Raises PermissionDenied for somebody else's."""
    found = locked(plan)
    if found.manager_id != actor.pk:
        raise PermissionDenied
    return found


def refuse_closed(plan: WorkPlan) -> None:
    """Raise ValidationError for a plan that the manager does not write any more."""
    refuse_waiting(plan)
    if plan.state == WorkPlan.State.APPROVED:
        raise ValidationError(_("The plan is approved. This is not changed any more."))


def refuse_waiting(plan: WorkPlan) -> None:
    """Raise ValidationError for a plan that waits for the supervisor."""
    if plan.state == WorkPlan.State.SUBMITTED:
        raise ValidationError(_("The plan is submitted. Take it back before you change it."))


def touch(plan: WorkPlan) -> None:
    """Note that something of the plan changed. One statement."""
    now = clock.now()
    WorkPlan.objects.filter(pk=plan.pk).update(version=F("version") + 1, updated_at=now)
    plan.version, plan.updated_at = plan.version + 1, now
