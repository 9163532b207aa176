"""From another system's event to the charts: a warning through a real worker, saved, then lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core import clock
from customers.models import Customer
from retention.models import CaseFollowUp, ChurnEvent, ChurnWarning, Departure, RetentionCase
from retention.services.goals import freeze_base
from staff.models import StaffUser
from tests.api import send, system
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.retention.cases_of import a_measure
from tests.workers import RUN_SECONDS, queue, wait_for, worker

__all__ = ["queue", "worker"]

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

Person = Callable[..., Page]


def port_out(administrator: StaffUser, company: Company, *customers: Customer) -> None:
    """The network tells that these customers have begun to port out."""
    _client, network = system(administrator, unit=company.city, name="携号转网平台")
    rows = [
        {
            "number": customer.number,
            "kind": "port_out_started",
            "happened_at": (clock.now() - timedelta(minutes=1)).isoformat(),
            "external_id": f"P-{customer.number}",
            "competitor": "乙公司",
        }
        for customer in customers
    ]
    answer = send(network, "post", "/api/v1/churn-events/", {"rows": rows})
    assert answer.json()["new"] == len(customers), answer.content


def open_a_case(page: Page, name: str) -> None:
    """From the warning on My day to the open case."""
    page.goto("/")
    row = page.locator("[data-row]").filter(has_text=name)
    expect(row).to_contain_text("Hard trigger")
    expect(row).to_contain_text("Port-out started")
    row.get_by_role("link", name="Open").click()
    page.get_by_role("link", name="Asks to leave").click()
    drawer = page.locator("#_case_open_drawer")
    drawer.get_by_text("A competitor's offer").click()
    drawer.get_by_role("button", name="Open the case").click()
    expect(page.locator("#_case_measures")).to_be_visible()


def test_a_port_out_is_warned_of_one_is_saved_another_lost_and_the_charts_tell(
    company: Company,
    manager: StaffUser,
    supervisor: StaffUser,
    administrator: StaffUser,
    person: Person,
    worker: Path,
) -> None:
    since = clock.today() - timedelta(days=800)
    today = clock.today()
    kept, lost = (
        CustomerFactory(name=name, manager=manager, vip_since=since, last_contact_on=today)
        for name in ("王留住", "李离网")
    )
    for _number in range(58):
        CustomerFactory(manager=manager, vip_since=since, last_contact_on=today)
    a_measure("large", name_en="Six free months", value=Decimal(250))
    freeze_base(year=today.year)

    port_out(administrator, company, kept, lost)
    wait_for(lambda: ChurnWarning.objects.open().count() == 2, RUN_SECONDS, worker)

    page = person(manager.staff_number)
    open_a_case(page, "王留住")
    measure = page.locator("#_case_measures li").filter(has_text="Six free months")
    measure.get_by_role("button").click()
    offers = page.locator("#_case_offers")
    expect(offers).to_contain_text("Waiting for approval")

    boss = person(supervisor.staff_number)
    boss.goto("/retention/approvals/")
    boss.keyboard.press("j")
    boss.keyboard.press("a")
    expect(boss.locator("#_approval_list")).to_contain_text("No measure is waiting")

    expect(offers).to_contain_text("May be offered")
    offers.get_by_role("button", name="Accepted").click()
    page.get_by_role("button", name="Saved").click()
    expect(page.locator("#_case_follow_ups")).to_be_visible()
    days = dict(CaseFollowUp.objects.values_list("kind", "due_on"))
    assert days["day"] == today + timedelta(days=1)
    assert days["week"] == today + timedelta(days=7)
    assert days["month"] == today + timedelta(days=30)

    open_a_case(page, "李离网")
    page.get_by_role("button", name="Lost").click()
    expect(page.locator("#_case_clock")).to_contain_text("Lost")
    assert set(RetentionCase.objects.values_list("state", flat=True)) == {"saved", "lost"}

    boss.goto(f"/retention/customers/{lost.pk}/departure/")
    boss.get_by_label("Ported out").check()
    boss.get_by_label("The customer has left").check()
    boss.get_by_role("button", name="Record the departure").click()
    boss.locator("select[name=cause]").select_option(label="A cheaper plan elsewhere")
    boss.get_by_label("Yes, and we were warned").check()
    boss.get_by_label("Lesson").fill("携号转网前就该联系")
    boss.get_by_role("button", name="Save the review").click()
    expect(boss.get_by_text("The review is saved.")).to_be_visible()
    assert Departure.objects.get().customer == lost
    assert not ChurnEvent.objects.filter(judged_at=None).exists()

    boss.goto("/retention/goals/")
    expect(boss.locator("[data-chart-picture] canvas")).to_be_visible()
    boss.get_by_role("link", name="Causes", exact=True).click()
    expect(boss.locator("figure.chart tbody tr").first).to_contain_text("Price")
