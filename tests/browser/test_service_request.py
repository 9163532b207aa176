"""A promise made while logging a contact, done, told; a broken one becomes a complaint."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from complaints.models import Complaint, ServiceRequest
from contacts.models import ContactRecord
from core import clock
from customers.models import Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory

PHONE = 360
Person = Callable[..., Page]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    found: Customer = CustomerFactory(name="王小美", manager=manager, last_contact_on=clock.today())
    return found


def test_a_promise_of_the_log_drawer_is_kept_and_a_broken_one_becomes_a_complaint(
    customer: Customer, manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number, width=PHONE)
    page.goto(reverse("customers:customer_detail", args=[customer.pk]))

    def promise(what: str, *, again: bool = False) -> None:
        page.get_by_role("link", name="Log a contact").click()
        drawer = page.locator("#_log_drawer")
        drawer.get_by_label("Promised something?").fill(what)
        drawer.get_by_role("button", name="Next working day").click()
        drawer.get_by_role("button", name="Save").click()
        if again:
            # The customer was logged a moment ago: it is asked whether this is another contact.
            drawer.get_by_role("button", name="Yes, once more").click()
        expect(page.locator("#_customer_requests")).to_contain_text(what)
        expect(drawer).to_have_count(0)

    promise("寄新卡")
    request = ServiceRequest.objects.get()
    assert request.contact_record == ContactRecord.objects.get()
    panel = page.locator("#_customer_requests")
    panel.get_by_role("button", name="Done", exact=True).click()
    expect(panel).to_contain_text("tell the customer")
    panel.get_by_role("button", name="Told").click()
    expect(panel).to_contain_text("Done and told")
    promise("开发票", again=True)
    ServiceRequest.objects.filter(what="开发票").update(
        due_at=clock.now() - timedelta(hours=1), promised_at=clock.now() - timedelta(hours=9)
    )
    page.goto(reverse("complaints:request_list"))
    row = page.locator("[data-row]").filter(has_text="开发票")
    expect(row).to_contain_text("overdue")
    row.get_by_role("button", name="More").click()
    row.get_by_role("button", name="Not kept: make it a complaint").click()
    expect(page).to_have_url(re.compile(r"/complaints/[0-9]+/$"))
    expect(page.locator("body")).to_contain_text("开发票")
    assert Complaint.objects.get().service_requests.get().state == "broken"
