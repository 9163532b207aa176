"""What of plans, logs and inspections wants a manager's eye today. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from staff.models import StaffUser
from workplans.models import Finding, Lapse, PlanItem, WorkPlan
from workplans.models.plans import PlanKind
from workplans.services.log_days import LogDay, month_of

MOST_LAPSES = 5
"""So many missing plans and logs are named."""


@dataclass(frozen=True)
class Today:
    """The day of one manager.

    ``items``: what the week's plan means for today and can be shown, each with ``is_done``.
    ``plan``: the week's plan, None where it was not begun. ``log``: where the day's log stands.
    ``lapses``: plans and logs that are missing, the oldest first. ``findings``: how many are to
    be answered.
    """

    day: date
    plan: WorkPlan | None
    items: Sequence[PlanItem]
    log: LogDay
    lapses: Sequence[Lapse]
    findings: int

    @property
    def done(self) -> int:
        """How many of today's items are done."""
        return sum(getattr(item, "is_done", False) for item in self.items)


def load_today(manager: StaffUser, day: date) -> Today:
    """Return what ``manager`` has planned and owes on ``day``. Eleven statements."""
    plans = WorkPlan.objects.visible_to(manager).filter(manager=manager, kind=PlanKind.WEEK)
    plan = plans.holding(day).first()
    items = PlanItem.objects.visible_to(manager).filter(plan=plan).open_on(day).with_done()
    lapses = Lapse.objects.visible_to(manager).filter(manager=manager).open().oldest_first()
    return Today(
        day=day,
        plan=plan,
        items=list(items.select_related("customer")) if plan is not None else [],
        log=month_of(manager, day, day)[0],
        lapses=list(lapses[:MOST_LAPSES]),
        findings=Finding.objects.answerable_by(manager).wanting_answer().count(),
    )
