"""Plans for tests, made the way the product makes them."""

from __future__ import annotations

from datetime import date
from typing import Any

from customers.models import Customer
from staff.models import StaffUser
from tests.pages import TODAY
from workplans.models import PlanItem, WorkPlan
from workplans.models.plans import PlanKind
from workplans.services.plans import ItemEntry, add_item, open_plan, submit_plan


def a_plan(actor: StaffUser, kind: PlanKind = PlanKind.WEEK, day: date = TODAY) -> WorkPlan:
    """Open the plan of the period that holds ``day``."""
    return open_plan(actor=actor, kind=kind, day=day)


def an_item(plan: WorkPlan, customer: Customer | None = None, **entry: Any) -> PlanItem:
    """Add an item as the plan's manager does: for the customer, or of paperwork."""
    given = {"day": TODAY, "customer": customer, **entry}
    if customer is None:
        given.setdefault("text", "Paperwork")
    return add_item(actor=plan.manager, plan=plan, entry=ItemEntry(**given))


def a_submitted_plan(actor: StaffUser, **given: Any) -> WorkPlan:
    """Open a plan with one item of paperwork and hand it in."""
    plan = a_plan(actor, **given)
    an_item(plan, day=plan.starts_on)
    return submit_plan(actor=actor, plan=plan)
