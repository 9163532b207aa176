"""A day's log in a real browser: it fills itself, is submitted and locked, and is answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from contacts.models import Outcome
from core import clock
from customers.models import Channel
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.workplans.logs_of import contact
from workplans.models import WorkLog

AXE = Path(settings.NODE_MODULES_DIR) / "axe-core" / "axe.min.js"
PHONE = 375
Person = Callable[..., Page]


def serious_faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run()")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:160]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def test_the_days_log_is_complete_but_for_its_free_text(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, person: Person
) -> None:
    customer = CustomerFactory(name="王小美", manager=manager, last_contact_on=clock.today())
    page = person(manager.staff_number, width=PHONE)
    page.goto(reverse("contacts:contact_log", args=[customer.pk]))
    page.get_by_label("What was said").fill("下月出国")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_label("What was said")).to_have_count(0)

    page.goto(reverse("workplans:log_list"))
    assert serious_faults(page) == []
    page.get_by_role("link", name="Today's log").click()
    contacts = page.locator("[data-section=contacts]")
    expect(contacts).to_contain_text("王小美")
    expect(contacts).to_contain_text("下月出国")
    # What is typed is kept when the field is left.
    page.get_by_label("What was learnt").fill("出国前要开漫游")
    page.get_by_label("For tomorrow").focus()
    expect(page.locator("#_log_saved")).to_contain_text("Saved at")
    assert WorkLog.objects.get().learnt == "出国前要开漫游"
    page.get_by_label("For tomorrow").fill("办漫游")
    assert serious_faults(page) == []
    assert not page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    page.get_by_role("button", name="Submit the log").click()
    expect(page.locator("main")).to_contain_text("and locked")
    expect(page.locator("#_log_texts textarea")).to_have_count(0)
    assert WorkLog.objects.get().tomorrow == "办漫游"

    contact(manager, customer, Outcome.BUSY, channel=Channel.PHONE)
    page.reload()
    expect(page.locator("[data-section=additions]")).to_contain_text("Busy")
    expect(contacts).not_to_contain_text("Busy")

    boss = person(supervisor.staff_number)
    boss.goto(reverse("workplans:log_queue"))
    expect(boss.locator("[data-row]").filter(has_text=manager.name)).to_contain_text("Not read yet")
    assert serious_faults(boss) == []
    boss.get_by_role("link", name=manager.name).click()
    expect(boss.locator("#_log_texts")).to_contain_text("出国前要开漫游")
    boss.keyboard.press("a")
    expect(boss.get_by_label("Your answer")).to_be_focused()
    boss.keyboard.type("漫游资费已发你")
    boss.get_by_role("button", name="Answer").click()
    expect(boss.locator("#_log_remarks")).to_contain_text("漫游资费已发你")
    assert serious_faults(boss) == []
    boss.goto(reverse("workplans:log_queue"))
    expect(boss.locator("[data-row]").filter(has_text=manager.name)).not_to_contain_text("Not read")

    page.reload()
    expect(page.locator("#_log_remarks")).to_contain_text("漫游资费已发你")
    expect(page.locator("main")).to_contain_text(f"Read by {supervisor.name}")
