"""A customer asks to leave, in a real browser: two people, one case, and the days after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from core import clock
from customers.models import Customer
from customers.rules import add_months
from retention.models import (
    CaseFollowUp,
    ChurnWarning,
    MeasureOffer,
    RetentionCase,
)
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.retention.cases_of import a_measure, warn

AXE = Path(settings.NODE_MODULES_DIR) / "axe-core" / "axe.min.js"
PHONE = 360
Person = Callable[..., Page]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    """A customer with a warning that cannot wait, contacted today."""
    found: Customer = CustomerFactory(
        name="王小美", manager=manager, last_contact_on=clock.today(), phone="13812345678"
    )
    warn(found, is_hard=True)
    a_measure("large", name_en="Six free months", value=Decimal(250))
    return found


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


def open_the_case(page: Page) -> None:
    """From the warning on My day to the open case."""
    row = page.locator("[data-row]").filter(has_text="王小美")
    expect(row).to_contain_text("Hard trigger")
    row.get_by_role("link", name="Open").click()
    page.get_by_role("link", name="Asks to leave").click()
    drawer = page.locator("#_case_open_drawer")
    drawer.get_by_text("Price or plan").click()
    drawer.get_by_label("In the customer's words").fill("对方便宜50元")
    drawer.get_by_text("given out just now").click()
    drawer.get_by_role("button", name="Open the case").click()
    expect(page.locator("#_case_clock")).to_contain_text("left")


def test_a_measure_is_approved_during_the_call_and_the_customer_is_asked_again(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number, width=PHONE)
    open_the_case(page)
    # The countdown runs.
    mark = page.locator("#_case_clock [data-time]")
    before = mark.text_content()
    expect(mark).not_to_have_text(before or "")
    # What is typed is kept when the field is left, without a button.
    page.get_by_label("Competitor", exact=True).fill("联通")
    page.get_by_label("In the customer's words").focus()
    expect(page.locator("#_case_saved")).to_contain_text("Saved at")
    case = RetentionCase.objects.get()
    assert (case.competitor, case.version) == ("联通", 2)
    measure = page.locator("#_case_measures li").filter(has_text="Six free months")
    measure.get_by_placeholder("A word to the supervisor").fill("客户在线")
    measure.get_by_role("button").click()
    offers = page.locator("#_case_offers")
    expect(offers).to_contain_text("Waiting for approval")
    assert not is_wider_than_the_screen(page)
    assert serious_faults(page) == []
    # Half a sentence stays while the answer comes in by itself.
    words = page.get_by_label("What decided it?")
    words.fill("赠送半年")

    boss = person(supervisor.staff_number)
    boss.get_by_role("link", name="1 retention measure waits for your approval").click()
    expect(boss.locator("#_approval_list [data-row]")).to_contain_text("客户在线")
    assert serious_faults(boss) == []
    boss.keyboard.press("j")
    boss.keyboard.press("a")
    expect(boss.locator("#_approval_list")).to_contain_text("No measure is waiting")

    expect(offers).to_contain_text("May be offered")
    expect(words).to_have_value("赠送半年")
    offers.get_by_role("button", name="Accepted").click()
    expect(offers.locator(".offer-accepted")).to_have_count(1)
    page.get_by_role("button", name="Saved").click()
    expect(page.locator("#_case_clock")).to_contain_text("赠送半年")

    today = clock.today(customer.unit.time_zone)
    assert MeasureOffer.objects.get().state == "accepted"
    assert ChurnWarning.objects.get().result == "stays"
    assert dict(CaseFollowUp.objects.values_list("kind", "due_on")) == {
        "day": today + timedelta(days=1),
        "week": today + timedelta(days=7),
        "month": today + timedelta(days=30),
        "quarter": add_months(today, 3),
    }


def test_the_follow_up_is_on_my_day_on_its_day_and_is_noted_with_its_contact(
    customer: Customer, manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number)
    open_the_case(page)
    page.get_by_role("button", name="Saved").click()
    page.goto(reverse("portfolio:my_day"))
    expect(page.locator("#_day_list")).not_to_contain_text("王小美")

    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        page = person(manager.staff_number)
        row = page.locator("[data-row]").filter(has_text="王小美")
        expect(row).to_contain_text("After 24 hours")
        row.get_by_role("link", name="Log").click()
        page.locator("#_log_drawer").get_by_role("button", name="Save").click()
        drawer = page.locator("#_case_follow_up_drawer")
        drawer.get_by_text("Content", exact=True).click()
        drawer.get_by_role("button", name="Save").click()
        expect(page.locator("#_day_list")).not_to_contain_text("After 24 hours")
    follow_up = CaseFollowUp.objects.get(kind="day")
    assert follow_up.result == "content"
    assert follow_up.contact_record is not None
    assert follow_up.contact_record.is_counted


def test_the_device_clock_does_not_matter_to_the_countdown(
    customer: Customer, manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number)
    open_the_case(page)
    page.clock.install(time=clock.now() + timedelta(hours=5))
    page.reload()
    expect(page.locator("#_case_clock [data-time]")).to_contain_text("5")
    expect(page.locator("#_case_clock .is-over")).to_have_count(0)
