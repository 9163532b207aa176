"""My day, the drawers and the board in a real browser: by keyboard, by thumb, light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from contacts.models import Cadence, ContactRecord, Exemption, Outcome, Snooze
from contacts.services.exemptions import request_exemption
from contacts.services.flags import flag_overdue
from contacts.services.records import Contact, log_contact
from core import clock
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory

AXE = Path(settings.NODE_MODULES_DIR) / "axe-core" / "axe.min.js"
PHONE = 360
# A tel: link would leave for the dialler, which no test machine has.
STAY = """document.addEventListener("click", (event) => {
  if (event.target.closest("a[href^=tel]")) event.preventDefault();
});"""
Person = Callable[..., Page]


@pytest.fixture
def customers(manager: StaffUser) -> list[Customer]:
    """Three overdue customers, the longest overdue first."""
    today = clock.today()
    found: list[Customer] = [
        CustomerFactory(
            name=name,
            manager=manager,
            last_contact_on=today - timedelta(days=days),
            preferred_channel="phone",
        )
        for name, days in (("甲客户", 90), ("乙客户", 80), ("丙客户", 70))
    ]
    flag_overdue()
    return found


def row_of(page: Page, name: str) -> Locator:
    return page.locator("[data-row]").filter(has_text=name)


def serious_faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:160]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def is_wider_than_the_screen(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


def test_a_contact_is_logged_by_keyboard_alone(
    customers: list[Customer], manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number)
    expect(page.locator("[data-row]")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("l")
    expect(page.locator("#_log_drawer")).to_contain_text("乙客户")
    expect(page.locator("#outcome_reached")).to_be_focused()
    page.locator("textarea[name=summary]").focus()
    page.keyboard.type("一切都好")
    page.keyboard.press("Control+Enter")
    expect(row_of(page, "乙客户")).to_have_count(0)
    expect(page.locator("#_log_drawer")).to_have_count(0)
    record = ContactRecord.objects.get()
    assert (record.customer, record.summary) == (customers[1], "一切都好")


def test_outcomes_follow_the_channel(
    customers: list[Customer], manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number)
    row_of(page, "甲客户").get_by_role("link", name="Log").click()
    outcomes = page.locator(".tap-outcomes label:visible")
    expect(outcomes).to_have_count(6)
    expect(outcomes.first).to_have_text("Talked")
    expect(page.get_by_label("Place")).to_be_hidden()
    page.locator("label[for=outcome_busy]").click()
    page.locator("label[for=channel_visit]").click()
    expect(outcomes).to_have_text(["Met", "Not met"])
    expect(page.locator("#outcome_reached")).to_be_checked()
    expect(page.get_by_label("Place")).to_be_visible()


def test_after_a_call_one_tap_logs_it_and_a_line_may_follow(
    customers: list[Customer], manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number, width=PHONE)
    page.evaluate(STAY)
    row_of(page, "甲客户").get_by_role("link", name="Call").click()
    expect(page.locator("#_call_drawer")).to_be_visible()
    page.get_by_role("button", name="Talked").click()
    expect(page.locator("#_note_drawer")).to_be_visible()
    expect(row_of(page, "甲客户")).to_have_count(0)
    page.locator("textarea[name=summary]").fill("想换套餐")
    page.locator("#drawer").get_by_role("button", name="In 3 days").click()
    page.locator("#drawer").get_by_role("button", name="Save").click()
    expect(page.locator("#_note_drawer")).to_have_count(0)
    record = ContactRecord.objects.get()
    assert (record.outcome, record.summary) == (Outcome.REACHED, "想换套餐")
    assert record.follow_up_on == record.happened_on + timedelta(days=3)


def test_call_again_tomorrow_promises_it(
    customers: list[Customer], manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number, width=PHONE)
    page.evaluate(STAY)
    row_of(page, "甲客户").get_by_role("link", name="Call").click()
    page.get_by_role("button", name="Call again tomorrow").click()
    expect(page.locator("#_call_drawer")).to_have_count(0)
    record = ContactRecord.objects.get()
    assert record.outcome == Outcome.NO_ANSWER
    assert record.follow_up_on == record.happened_on + timedelta(days=1)
    expect(row_of(page, "甲客户")).to_have_count(1)


def test_a_double_click_is_one_record(
    customers: list[Customer], manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number)
    row_of(page, "甲客户").get_by_role("link", name="Log").click()
    page.locator("#drawer").get_by_role("button", name="Save").dblclick()
    expect(row_of(page, "甲客户")).to_have_count(0)
    assert ContactRecord.objects.count() == 1


def test_what_is_refused_keeps_what_was_typed(
    customers: list[Customer], manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number)
    row_of(page, "甲客户").get_by_role("link", name="Log").click()
    page.locator("textarea[name=summary]").fill("不要丢")
    page.locator("#drawer summary").last.click()
    tomorrow = clock.today() + timedelta(days=1)
    page.locator("[name=happened_at_0]").fill(tomorrow.isoformat())
    page.locator("[name=happened_at_1]").fill("09:00")
    page.locator("#drawer").get_by_role("button", name="Save").click()
    expect(page.locator("#drawer [data-error]")).to_contain_text("That is in the future")
    expect(page.locator("textarea[name=summary]")).to_have_value("不要丢")
    assert not ContactRecord.objects.exists()


def test_a_row_is_hidden_and_brought_back(
    customers: list[Customer], manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number)
    row_of(page, "甲客户").get_by_role("link", name="Hide for some days").click()
    page.get_by_role("button", name="In a week").click()
    page.get_by_role("button", name="On holiday").click()
    page.get_by_role("button", name="Hide until then").click()
    expect(row_of(page, "甲客户")).to_have_count(0)
    assert Snooze.objects.get().reason == "On holiday"
    page.get_by_role("button", name="Undo").click()
    expect(row_of(page, "甲客户")).to_have_count(1)
    assert not Snooze.objects.exists()


def test_filters_have_addresses_and_the_back_button_works(
    customers: list[Customer], manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number)
    page.get_by_role("link", name="Birthdays").click()
    expect(page).to_have_url(re.compile(r"\?show=birthday$"))
    expect(page.locator("[data-row]")).to_have_count(0)
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(3)


def test_a_record_is_voided_from_the_timeline(
    customers: list[Customer], manager: StaffUser, person: Person
) -> None:
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    record = log_contact(actor=manager, customer=customers[0], contact=contact)
    page = person(manager.staff_number)
    page.goto(reverse("customers:customer_detail", args=[customers[0].pk]))
    timeline = page.locator("#_customer_timeline")
    timeline.get_by_role("link", name="Void").click()
    page.locator("#drawer input[name=reason]").fill("打错了人")
    page.get_by_role("button", name="Void the record").click()
    expect(timeline).to_contain_text("打错了人")
    record.refresh_from_db()
    assert record.is_voided


def test_requests_are_decided_by_keyboard(
    customers: list[Customer], manager: StaffUser, supervisor: StaffUser, person: Person
) -> None:
    for customer in customers[:2]:
        request_exemption(
            actor=manager,
            customer=customer,
            cadence=Cadence.CONTACT,
            reason=Exemption.Reason.ABROAD,
            ends_on=clock.today() + timedelta(days=9),
        )
    page = person(supervisor.staff_number)
    page.goto(reverse("contacts:exemption_list"))
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.locator("[data-row]")).to_have_count(0)
    states = dict(Exemption.objects.values_list("customer", "state"))
    assert states == {customers[0].pk: "approved", customers[1].pk: "refused"}


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (PHONE, "dark")])
def test_axe_finds_nothing_serious_and_everything_fits(
    customers: list[Customer],
    manager: StaffUser,
    supervisor: StaffUser,
    person: Person,
    width: int,
    theme: str,
) -> None:
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.NO_ANSWER, follow_up_on=clock.today())
    log_contact(actor=manager, customer=customers[0], contact=contact)
    pk = customers[0].pk
    pages = {
        manager: [
            "/",
            reverse("contacts:contact_log", args=[pk]),
            reverse("contacts:row_snooze", args=[pk]),
            reverse("contacts:exemption_request", args=[pk]),
            reverse("contacts:customer_timeline", args=[pk]),
            reverse("contacts:customer_care", args=[pk]),
        ],
        supervisor: [
            reverse("portfolio:board"),
            reverse("contacts:flag_list"),
            reverse("contacts:exemption_list"),
        ],
    }
    for user, addresses in pages.items():
        page = person(user.staff_number, width=width)
        cookie = {"name": "theme", "value": theme, "domain": "localhost", "path": "/"}
        page.context.add_cookies([cookie])  # type: ignore[list-item]
        for address in addresses:
            page.goto(address)
            assert serious_faults(page) == [], address
            assert not is_wider_than_the_screen(page), address
    page = person(manager.staff_number, width=width)
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto("/")
    page.locator("[data-key=l]").first.click()
    expect(page.locator("#_log_drawer")).to_be_visible()
    expect(page.locator("#drawer")).to_have_class(re.compile(r"(?<!-)\bshow\b"))
    assert serious_faults(page) == []
