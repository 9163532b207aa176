"""Test data of inspections, made the way the product makes it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from core import clock
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.workplans.records_of import a_record, save
from workplans.models import InspectedItem, Inspection
from workplans.services.findings import add_finding
from workplans.services.inspection_plans import make_inspection_plan, plan_inspection
from workplans.services.inspections import close_inspection, judge_item, open_inspection


def records_for(manager: StaffUser, count: int = 6, **fields: Any) -> None:
    """Save calls of the last days, one a day, with one customer."""
    customer = CustomerFactory(name="王小美", manager=manager)
    now = clock.now()
    save(
        [
            a_record(
                manager,
                customer,
                now - timedelta(days=n, hours=1),
                7 + n,
                summary="说了套餐",
                **fields,
            )
            for n in range(count)
        ]
    )


def inspect(
    actor: StaffUser, manager: StaffUser, days: int = 14, seed: str = "1", **fields: Any
) -> Inspection:
    """Open an inspection of the last days."""
    today: date = clock.today()
    return open_inspection(
        actor=actor,
        manager=manager,
        starts_on=today - timedelta(days=days),
        ends_on=today,
        seed=seed,
        **fields,
    )


def one_of_each(manager: StaffUser, supervisor: StaffUser) -> dict[str, int]:
    """Make a closed inspection with a finding, an open one, and a plan; return their ids."""
    records_for(manager, 2)
    closed = inspect(supervisor, manager)
    judge_all(supervisor, closed)
    finding = add_finding(actor=supervisor, inspection=closed, text="没有写内容")
    close_inspection(actor=supervisor, inspection=closed, conclusion="记录过于简单")
    opened = inspect(supervisor, manager)
    assert supervisor.unit is not None
    plan = make_inspection_plan(actor=supervisor, unit=supervisor.unit, day=clock.today())
    line = plan_inspection(actor=supervisor, plan=plan, manager=manager, day=clock.today())
    return {
        "inspection": opened.pk,
        "closed_inspection": closed.pk,
        "inspected_item": opened.items.all()[0].pk,
        "finding": finding.pk,
        "inspection_plan": plan.pk,
        "inspection_plan_line": line.pk,
    }


def judge_all(actor: StaffUser, inspection: Inspection, verdict: str = "genuine") -> None:
    """Judge every item, the quality 4."""
    for item in InspectedItem.objects.filter(inspection=inspection):
        judge_item(actor=actor, item=item, verdict=verdict, quality=4)
