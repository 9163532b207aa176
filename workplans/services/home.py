"""A manager's plans at a glance: state, deadline, plan against fact (article 4). Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q

from core import clock
from staff.models import StaffUser
from workplans.models import PlanItem, PlanTarget, WorkPlan
from workplans.rules.calendar import Period
from workplans.services.planned import TargetLine
from workplans.services.plans.writing import due_at
from workplans.services.targets import done_between


@dataclass(frozen=True)
class Glance:
    """One period with its plan, where there is one.

    ``due_at``: until when it is to be handed in. ``planned`` and ``done``: items.
    """

    period: Period
    due_at: datetime
    plan: WorkPlan | None = None
    planned: int = 0
    done: int = 0
    targets: list[TargetLine] = field(default_factory=list)

    @property
    def is_missing(self) -> bool:
        """Whether the plan still has to be handed in."""
        return self.plan is None or self.plan.is_open


def glances_of(manager: StaffUser, periods: Sequence[Period]) -> list[Glance]:
    """Return the manager's plans of ``periods``.

    A number of statements that depends on the number of periods alone.
    """
    today = clock.today(manager.time_zone)
    wanted = Q(pk__in=[])
    for period in periods:
        wanted |= Q(kind=period.kind.value, starts_on=period.starts_on)
    found = {
        (plan.kind, plan.starts_on): plan
        for plan in WorkPlan.objects.filter(wanted, manager=manager)
    }
    ids = [plan.pk for plan in found.values()]
    counts = _counts(ids)
    targets: dict[int, dict[str, int]] = {}
    for plan_id, kind, value in PlanTarget.objects.filter(plan__in=ids).values_list(
        "plan_id", "kind", "value"
    ):
        targets.setdefault(plan_id, {})[kind] = value
    glances = []
    for period in periods:
        plan = found.get((period.kind.value, period.starts_on))
        if plan is None:
            glances.append(Glance(period, due_at(period, manager.time_zone, today)))
            continue
        planned, done = counts.get(plan.pk, (0, 0))
        aims = targets.get(plan.pk, {})
        lines = _lines(aims, done_between(manager.pk, plan.starts_on, plan.ends_on))
        glances.append(Glance(period, plan.due_at, plan, planned, done, lines if aims else []))
    return glances


def _counts(plan_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Items and those done, by plan. One statement."""
    items = PlanItem.objects.standing().filter(plan__in=plan_ids).with_done().order_by()
    counted = items.values_list("plan_id").annotate(
        n=Count("pk"), kept=Count("pk", filter=Q(is_done=True))
    )
    return {plan: (number, kept) for plan, number, kept in counted}


def _lines(aims: dict[str, int], facts: dict[str, int]) -> list[TargetLine]:
    return [
        TargetLine(kind.value, kind.label, aims[kind.value], 0, facts.get(kind.value, 0))
        for kind in PlanTarget.Kind
        if kind.value in aims
    ]
