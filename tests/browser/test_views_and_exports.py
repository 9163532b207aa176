"""The way of a list, in a real browser: filter, columns, view, share, a colleague, export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from customers.models import Channel, Tier
from exchange.services import exports
from staff.models import SavedView, StaffUser
from tests.browser.test_daily_work import PHONE, is_wider_than_the_screen, serious_faults
from tests.exchange.exporting import allow
from tests.factories import CustomerFactory

LIST = reverse("customers:customer_list")


def choose_columns(page: Page) -> None:
    page.get_by_role("link", name="Columns").click()
    drawer = page.locator("#drawer")
    drawer.get_by_label("Phone", exact=True).uncheck()
    drawer.get_by_label("Gender", exact=True).check()
    # From the end to right behind what was chosen, then one further to the front.
    for _step in range(20):
        if drawer.locator("[data-column]").nth(1).get_by_label("Gender").count():
            break
        drawer.get_by_role("button", name="Move Gender forward").click()
    assert serious_faults(page) == []
    drawer.get_by_role("button", name="Show these columns").click()
    expect(page.locator("table.customers thead")).to_be_attached()


@pytest.mark.parametrize("width", [1280, PHONE])
def test_from_a_filter_to_a_colleagues_export(
    supervisor: StaffUser,
    manager: StaffUser,
    person: Any,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
    tasks_at_once: None,
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE_ROWS", 2)
    for number in range(4):
        CustomerFactory(name=f"客户{number}", manager=manager, tier=Tier.DIAMOND)
    CustomerFactory(name="不在其中", manager=manager, tier=Tier.SILVER)
    allow(manager)
    page = person(supervisor.staff_number, width=width)
    page.goto(LIST)
    expect(page.get_by_role("button", name="Export")).to_have_count(0)
    page.locator("label", has_text="Diamond").first.click()
    expect(page.locator("[data-row]")).to_have_count(4)
    choose_columns(page)
    assert "columns=tier&columns=gender&columns=name" in page.url
    assert not is_wider_than_the_screen(page)
    page.get_by_role("link", name="Views").click()
    page.locator("#drawer").get_by_role("link", name="Save what is shown").click()
    drawer = page.locator("#drawer")
    drawer.get_by_label("Name").fill("我们的钻卡")
    drawer.get_by_label("Share with the unit").check()
    assert serious_faults(page) == []
    drawer.get_by_role("button", name="Save the view").click()
    page.wait_for_url("**view=*")
    expect(page.locator(".list-tools-name")).to_have_text("我们的钻卡")
    page.locator(".filter-chip").first.click()
    expect(page.locator(".list-tools-name")).to_have_text("我们的钻卡 (changed)")
    assert SavedView.objects.get().query == "tier=diamond"

    page = person(manager.staff_number, width=width)
    page.goto(LIST)
    expect(page.locator("[data-row]")).to_have_count(5)
    page.get_by_role("link", name="Views").click()
    page.locator("#drawer").get_by_role("link", name="我们的钻卡", exact=True).click()
    page.wait_for_url("**view=*")
    expect(page.locator("[data-row]")).to_have_count(4)
    page.get_by_role("button", name="Export").click()
    assert serious_faults(page) == []
    page.get_by_role("button", name="CSV file").click()
    page.wait_for_url("**/exports/*/")
    assert serious_faults(page) == []
    assert not is_wider_than_the_screen(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].split(",")[:5] == [
        *("Tier", "Gender", "Customer", "Customer number", "Marks"),
    ]
    assert text.count("Diamond") == 4
    assert "不在其中" not in text


@pytest.mark.parametrize("width", [1280, PHONE])
def test_contact_records_are_narrowed_and_stay_within_the_screen(
    manager: StaffUser, person: Any, width: int
) -> None:
    customer = CustomerFactory(manager=manager)
    for outcome in (Outcome.REACHED, Outcome.NO_ANSWER):
        contact = Contact(channel=Channel.PHONE, outcome=outcome, summary="谈了新资费")
        log_contact(actor=manager, customer=customer, contact=contact)
    page = person(manager.staff_number, width=width)
    page.goto(reverse("contacts:contact_list"))
    expect(page.locator("[data-row]")).to_have_count(2)
    assert serious_faults(page) == []
    assert not is_wider_than_the_screen(page)
    page.locator("summary").click()
    page.get_by_label("No answer").check()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.wait_for_url("**outcome=no_answer**")
    assert serious_faults(page) == []
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(2)
