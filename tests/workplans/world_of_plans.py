"""Plans in every state, for the guards that look at every page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.workplans.plans_of import a_plan, an_item
from workplans.models import Lapse, Leave, WorkPlan
from workplans.models.plans import PlanKind
from workplans.services.feeds import make_feed
from workplans.services.plans import (
    approve_plan,
    move_item,
    remove_item,
    return_plan,
    set_note,
    set_targets,
    submit_plan,
    tick_item,
)

KEY = UUID("6a3a0a4e-3f0e-4a39-9f1d-2a1f5b0c7d11")
OF_A_PLAN = (
    "customers",
    "decide",
    "detail",
    "draft",
    "item_add",
    "note",
    "submit",
    "take_back",
    "targets",
    "undo",
)
OF_AN_ITEM = ("item_edit", "item_move", "item_remove", "item_tick")


def one_plan(manager: StaffUser, today: date) -> dict[str, dict[str, Any]]:
    """Return what stands in the addresses of all routes of plans: a draft of the manager's."""
    plan = a_plan(manager, day=today)
    item = an_item(plan, CustomerFactory(manager=manager), day=today)
    return {
        **{f"workplans:plan_{name}": {"pk": plan.pk} for name in OF_A_PLAN},
        **{f"workplans:plan_{name}": {"pk": item.pk} for name in OF_AN_ITEM},
        "workplans:plan_item_restore": {"pk": plan.pk, "key": KEY},
        "workplans:plan_feed": {"key": make_feed(actor=manager)},
    }


def plans_of_every_state(
    manager: StaffUser, supervisor: StaffUser, today: date
) -> dict[str, list[dict[str, Any]]]:
    """Return the arguments of every route of plans, with one of each state and all there can be."""
    first = one_plan(manager, today)
    customer = CustomerFactory(
        name="赵敏", manager=manager, contact_due_on=today, preferred_channel="visit"
    )
    draft = WorkPlan.objects.get(pk=first["workplans:plan_detail"]["pk"])
    set_note(actor=manager, plan=draft, note="重点走访")
    an_item(draft, customer, day=today, minutes=600, channel="visit", purpose="续约", text="带资料")
    tick_item(actor=manager, item=an_item(draft, text="培训", day=today), done=True)
    Leave.objects.create(
        manager=manager, starts_on=draft.ends_on, ends_on=draft.ends_on, entered_by=supervisor
    )
    approved = a_plan(manager, PlanKind.MONTH, today)
    set_targets(actor=manager, plan=approved, values={"visits": 3, "contacts_gold": 1})
    items = [an_item(approved, customer, day=today), an_item(approved, text="整理", day=today)]
    submit_plan(actor=manager, plan=approved)
    approve_plan(actor=supervisor, plan=approved, note="可以")
    other_day = approved.starts_on if today == approved.ends_on else approved.ends_on
    move_item(actor=manager, item=items[0], day=other_day)
    remove_item(actor=manager, item=items[1])
    returned = a_plan(manager, day=today + timedelta(days=7))
    said = an_item(returned, customer, day=returned.starts_on)
    submit_plan(actor=manager, plan=returned)
    return_plan(actor=supervisor, plan=returned, note="太少", remarks={said.pk: "改为上门"})
    waiting = a_plan(manager, PlanKind.YEAR, today)
    set_targets(actor=manager, plan=waiting, values={"visits": 12})
    submit_plan(actor=manager, plan=waiting)
    Lapse.objects.create(
        manager=manager, subject="week", starts_on=draft.starts_on, due_at=draft.due_at
    )
    pages = [{"pk": plan.pk} for plan in (draft, approved, returned, waiting)]
    found = {route: [kwargs] for route, kwargs in first.items()}
    return {**found, "workplans:plan_detail": pages, "api:work_plan_detail": pages[:1]}
