"""A week's plan in a real browser: drafted, adjusted, submitted, returned, approved, and ticked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from core import clock
from customers.models import Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory
from workplans.models import PlanItem, WorkPlan
from workplans.models.plans import PlanKind
from workplans.services.drafting import draft_plan
from workplans.services.plans import open_plan

AXE = Path(settings.NODE_MODULES_DIR) / "axe-core" / "axe.min.js"
PHONE = 375
Person = Callable[..., Page]


@pytest.fixture
def customers(manager: StaffUser) -> list[Customer]:
    """Two customers whose contacts are overdue."""
    long_ago = clock.today() - timedelta(days=60)
    return [
        CustomerFactory(name=name, manager=manager, last_contact_on=long_ago)
        for name in ("王小美", "李大明")
    ]


def next_week(manager: StaffUser) -> WorkPlan:
    """Next week's plan: all its days are to come, whatever today is."""
    day = clock.today() + timedelta(days=7)
    return open_plan(actor=manager, kind=PlanKind.WEEK, day=day)


def serious_faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run()")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:160]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def is_wider_than_the_screen(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


def day_list(page: Page, plan: WorkPlan, number: int) -> Locator:
    """The items of the week's day ``number``, Monday being 0."""
    day = plan.starts_on + timedelta(days=number)
    return page.locator(f"[data-day='{day.isoformat()}']")


def drag(page: Page, card: Locator, onto: Locator) -> None:
    """Take a card at its grip and let it go in another day."""
    start = card.locator("[data-grip]").bounding_box()
    end = onto.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(start["x"] + 25, start["y"] + 15, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 15, steps=5)
    page.mouse.up()


def test_a_week_is_drafted_adjusted_submitted_returned_and_approved(
    customers: list[Customer], manager: StaffUser, supervisor: StaffUser, person: Person
) -> None:
    plan = next_week(manager)
    page = person(manager.staff_number)
    page.get_by_role("link", name="Plans", exact=True).click()
    next_card = page.locator(".plan-glance").filter(has_text="Next week")
    next_card.get_by_role("button", name="Draft for me").click()
    expect(page.locator(".messages")).to_contain_text("2 items were added.")
    assert serious_faults(page) == []
    # Dragged to another day, then by the keyboard to the one before it.
    card = page.locator("[data-item]").filter(has_text="王小美")
    drag(page, card, day_list(page, plan, 3))
    expect(day_list(page, plan, 3)).to_contain_text("王小美")
    expect(page.locator(".is-dragged")).to_have_count(0)
    grip = card.locator("[data-grip]")
    grip.focus()
    page.keyboard.press("ArrowLeft")
    expect(day_list(page, plan, 2)).to_contain_text("王小美")
    expect(grip).to_be_focused()
    item = PlanItem.objects.get(customer=customers[0])
    assert item.day == plan.starts_on + timedelta(days=2)
    # Taken out by mistake, and back.
    other = page.locator("[data-item]").filter(has_text="李大明")
    other.get_by_role("button", name="Take out").click()
    expect(other).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(other).to_have_count(1)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#_plan_sheet")).to_contain_text("Submitted")

    boss = person(supervisor.staff_number)
    menu = boss.get_by_role("navigation", name="Main menu")
    menu.get_by_role("link", name="Plans and logs").click()
    expect(boss.locator("#_plan_queue [data-row]")).to_have_count(1)
    # The keys work as soon as the scripts are there.
    boss.wait_for_load_state()
    boss.keyboard.press("j")
    boss.keyboard.press("r")
    expect(boss.locator(".toast")).to_contain_text("Say what is to be changed.")
    expect(boss.get_by_placeholder("A word (needed")).to_be_focused()
    boss.get_by_role("link", name="王经理").click()
    boss.locator("#_plan_sheet [data-row]").filter(has_text="王小美").get_by_label(
        "Comment on this item"
    ).fill("改为上门")
    assert serious_faults(boss) == []
    boss.get_by_role("button", name="Return with comments").click()
    expect(boss.locator("#_plan_queue")).to_contain_text("No plan waits")

    page.reload()
    expect(card).to_contain_text("改为上门")
    card.get_by_role("link", name="Change").click()
    drawer = page.locator("#_plan_item_drawer")
    drawer.get_by_label("Channel").select_option(label="Home visit")
    drawer.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("Home visit")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#_plan_sheet")).to_contain_text("Submitted")

    boss.reload()
    boss.keyboard.press("j")
    boss.keyboard.press("a")
    expect(boss.locator("#_plan_queue")).to_contain_text("No plan waits")
    page.reload()
    expect(page.locator(".plan-head")).to_contain_text("Approved")
    plan.refresh_from_db()
    states = list(plan.steps.values_list("state", flat=True))
    assert states == ["submitted", "returned", "submitted", "approved"]
    assert not is_wider_than_the_screen(page)


def test_a_logged_contact_ticks_its_item_on_the_phone(
    customers: list[Customer], manager: StaffUser, person: Person
) -> None:
    plan = open_plan(actor=manager, kind=PlanKind.MONTH, day=clock.today())
    draft_plan(actor=manager, plan=plan)
    page = person(manager.staff_number, width=PHONE)
    page.goto(reverse("workplans:plan_detail", args=[plan.pk]))
    row = page.locator("[data-row]").filter(has_text="王小美")
    assert not is_wider_than_the_screen(page)
    row.get_by_role("link", name="Log a contact").click()
    page.locator("#_log_drawer").get_by_role("button", name="Save").click()
    expect(row.locator(".plan-tick.is-done")).to_have_count(1)
    expect(page.locator(".plan-head")).to_contain_text("1 of 2 items done")
    assert serious_faults(page) == []
