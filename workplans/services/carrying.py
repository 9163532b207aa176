"""What other plans left: unfinished items of the last one, and the month's for a week's days."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from workplans.models import PlanItem, WorkPlan
from workplans.models.plans import PlanKind
from workplans.rules.calendar import previous_period
from workplans.rules.drafting import Carried

COLUMNS = (
    "text",
    "matter",
    "channel",
    "occasion",
    "purpose",
    "minutes",
    "needs_visit",
)


@dataclass
class Left:
    """What is carried into a plan: by customer, and what has none."""

    customers: dict[int, Carried] = field(default_factory=dict)
    texts: list[Carried] = field(default_factory=list)


def left_by_others(plan: WorkPlan, first: date) -> Left:
    """Return what is unfinished of the manager's last plan and of the month's. One statement.

    ``first``: the first day that is planned. Birthdays are not carried: they are over.
    """
    last = previous_period(plan.period)
    wanted = Q(plan__kind=plan.kind, plan__starts_on=last.starts_on)
    if plan.kind == PlanKind.WEEK:
        wanted |= Q(plan__kind=PlanKind.MONTH, day__range=(plan.starts_on, plan.ends_on))
    rows = PlanItem.objects.filter(wanted, plan__manager=plan.manager_id).standing()
    rows = rows.exclude(matter=PlanItem.Matter.BIRTHDAY).with_done().filter(Q(is_done=False))
    found = Left()
    for row in rows.order_by("day", "position", "pk").values(*COLUMNS, "customer_id", "day"):
        customer, day = row.pop("customer_id"), row.pop("day")
        carried = Carried(**row, on=day if day >= first else None)
        if customer is None:
            found.texts.append(carried)
        else:
            found.customers.setdefault(customer, carried)
    found.texts = list({one.text: one for one in found.texts}.values())
    return found
