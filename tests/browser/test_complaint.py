"""A complaint's whole life in a real browser: registered, answered, paused, over time, reopened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from playwright.sync_api import Page, expect

from complaints.models import Complaint, ComplaintNotice
from complaints.services.notices import tell_due
from core import clock
from customers.models import Customer
from staff.models import StaffUser
from tests.complaints.reports import designate
from tests.conftest import Company
from tests.factories import CustomerFactory

AXE = Path(settings.NODE_MODULES_DIR) / "axe-core" / "axe.min.js"
PHONE = 360
Person = Callable[..., Page]


def serious_faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run()")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:160]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def fits(page: Page) -> bool:
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


@pytest.fixture
def customer(manager: StaffUser, handler: StaffUser, company: Company) -> Customer:
    designate(handler, company.district)
    made: Customer = CustomerFactory(
        name="王小美", manager=manager, phone="13812345678", last_contact_on=clock.today()
    )
    return made


def register(page: Page, customer: Customer) -> None:
    """On a phone, from the customer's page."""
    page.goto(f"/customers/{customer.pk}/")
    page.locator("#_customer_complaints").get_by_role("link", name="Register a complaint").click()
    drawer = page.locator("#_complaint_create_drawer")
    drawer.get_by_label("What happened").fill("三个月都多扣了钱")
    drawer.get_by_role("button", name="Register").click()
    expect(drawer.get_by_text("Not saved yet")).to_be_visible()
    # What was typed is still there.
    expect(drawer.get_by_label("What happened")).to_have_value("三个月都多扣了钱")
    drawer.get_by_label("What is it about?").fill("话费多扣")
    drawer.get_by_label("Category").select_option(label="A charge is disputed")
    drawer.get_by_text("High", exact=True).click()
    drawer.get_by_role("button", name="Register").click()
    expect(page.get_by_text("Registered. 吴专员 handles it.")).to_be_visible()
    assert fits(page)


def take_up(page: Page) -> None:
    """From the queue, by keyboard, to the first contact."""
    page.goto("/")
    expect(page).to_have_url("/complaints/")
    row = page.locator("[data-row]").filter(has_text="话费多扣")
    expect(row).to_contain_text("First response")
    assert serious_faults(page) == []
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="Begin work").click()
    expect(page.get_by_text("138****5678")).to_be_visible()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name="13812345678")).to_be_visible()
    answer = page.locator("section").filter(has_text="Contact with the customer")
    answer.get_by_label("Response template").select_option(index=1)
    expect(answer.get_by_label("What was said")).not_to_have_value("")
    answer.get_by_role("button", name="Note the contact").click()
    expect(page.locator("#_clocks")).to_contain_text("in time")
    assert serious_faults(page) == []


def add_what_belongs_to_it(page: Page) -> None:
    """A picture, and a question to another department."""
    page.get_by_label("Add a file").set_input_files(
        {"name": "账单.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"0" * 64}
    )
    page.locator("section").filter(has_text="Add a file").get_by_role(
        "button", name="Add", exact=True
    ).click()
    expect(page.get_by_role("link", name="账单.png")).to_be_visible()
    page.get_by_text("Ask another department").click()
    task = page.locator("details").filter(has_text="Ask another department")
    task.get_by_label("Department").fill("计费部")
    task.get_by_label("What to do").fill("核对三个月账单")
    tomorrow = clock.today() + timedelta(days=1)
    task.get_by_label("Date").fill(tomorrow.isoformat())
    task.get_by_label("Time").fill("10:00")
    task.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_placeholder("What came of it").fill("多计三次")
    page.get_by_role("button", name="Answered").click()
    expect(page.locator("#_story")).to_contain_text("计费部 has answered")


def test_a_complaints_whole_life(
    person: Person, customer: Customer, handler: StaffUser, supervisor: StaffUser
) -> None:
    began = clock.now()
    register(person("2001", width=PHONE), customer)
    page = person("4001")
    take_up(page)
    add_what_belongs_to_it(page)
    page.get_by_label("What is the customer waited for?").fill("等客户发账单截图")
    page.get_by_role("button", name="Wait for the customer").click()
    expect(page.locator("#_clocks")).to_contain_text("stands still since")
    with time_machine.travel(began + timedelta(hours=100)):
        assert tell_due() == 0
        page = person("4001")
        page.goto("/complaints/?state=waiting")
        page.get_by_role("link", name="王小美", exact=True).click()
        page.get_by_role("button", name="Resume work").click()
    with time_machine.travel(began + timedelta(hours=140)):
        # 36 hours are over, without those in which the customer was waited for.
        tell_due()
        boss = person("3001")
        boss.goto("/complaints/")
        expect(boss.locator(".complaint-notices")).to_contain_text("Resolution: Overdue")
        boss.get_by_role("button", name="Seen").click()
        expect(boss.locator(".complaint-notices")).to_have_count(0)
        page = person("4001")
        page.goto("/complaints/?time=overdue")
        page.get_by_role("link", name="王小美", exact=True).click()
        page.get_by_label("How was it resolved?").fill("退费 30 元并致歉")
        page.get_by_role("button", name="Resolved").click()
        expect(page.locator("#_clocks")).to_contain_text("late")
        page.locator("button[value=closed]").click()
        expect(page.get_by_text("The customer is to be called back.")).to_be_visible()
        page.get_by_label("Why is it reopened?").fill("退费没有到账")
        page.get_by_role("button", name="Reopen").click()
        expect(page.locator("#_clocks")).to_contain_text("left")
        page.get_by_label("How was it resolved?").fill("已到账")
        page.get_by_role("button", name="Resolved").click()
        page.locator("button[value=closed]").click()
        expect(page.locator("#_story")).to_contain_text("退费没有到账")
    complaint = Complaint.objects.get()
    assert (complaint.state, complaint.reopened) == ("closed", 1)
    assert complaint.paused_seconds > 99 * 3600
    escalated = ComplaintNotice.objects.get(level="escalated", of_clock="resolution")
    assert escalated.person == supervisor
    customer.refresh_from_db()
    assert not customer.has_open_complaint
