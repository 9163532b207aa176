"""An inspection of five drawn records in a real browser, by keyboard, with a finding answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from core import clock
from staff.models import StaffUser
from tests.browser.test_retention_case import is_wider_than_the_screen, serious_faults
from tests.workplans.inspections_of import records_for
from workplans.models import Finding, InspectedItem, Inspection

PHONE = 375
Person = Callable[..., Page]


@pytest.fixture
def records(manager: StaffUser) -> None:
    """Nine calls of the last days."""
    records_for(manager, 9)


def test_five_records_are_walked_through_and_the_manager_answers_a_finding(
    records: None, manager: StaffUser, supervisor: StaffUser, person: Person
) -> None:
    boss = person(supervisor.staff_number)
    boss.goto(reverse("workplans:inspection_list"))
    waiting = boss.locator(".inspection-waiting li").filter(has_text=manager.name)
    expect(waiting).to_contain_text("never inspected")
    waiting.get_by_role("link", name="Inspect").click()
    first_day = clock.today() - timedelta(days=14)
    boss.get_by_label("First day").fill(first_day.isoformat())
    boss.get_by_role("button", name="Draw and begin").click()
    count = boss.locator(".walk-count")
    expect(count).to_have_text("0 of 5 judged")
    assert serious_faults(boss) == []

    # A verdict and the quality by one key each, kept without a button; Enter goes on.
    saved = boss.locator("#_walk_saved")
    boss.keyboard.press("g")
    expect(count).to_have_text("1 of 5 judged")
    boss.keyboard.press("4")
    expect(saved).to_contain_text("Saved at")
    boss.keyboard.press("Enter")
    expect(boss.locator(".walk-step[aria-current]")).to_contain_text("2:")
    # k goes back to what is kept, j on again.
    boss.keyboard.press("k")
    expect(boss.locator("#verdict_genuine")).to_be_checked()
    expect(boss.locator("#quality_4")).to_be_checked()
    boss.keyboard.press("j")
    expect(boss.locator(".walk-step[aria-current]")).to_contain_text("2:")

    # The customer is called back; the number is shown by a click.
    boss.get_by_role("button", name="Call back").click()
    expect(boss.locator("#_walk_phone a[href^='tel:']")).to_be_visible()
    boss.get_by_text("The customer knows nothing of it").click()
    boss.keyboard.press("n")
    remark = boss.get_by_label("Remark")
    remark.fill("客户说没有接过电话")
    # Typed letters are no keys.
    expect(boss.locator("#verdict_not_genuine")).to_be_checked()
    boss.locator("h1").click()
    boss.keyboard.press("f")
    drawer = boss.locator("#_finding_drawer")
    drawer.get_by_label("What was found").fill("这次通话客户不知情")
    drawer.get_by_role("button", name="Save").click()
    expect(boss.locator("#_walk_findings")).to_contain_text("这次通话客户不知情")
    for number in (3, 4, 5):
        boss.keyboard.press("Enter")
        expect(boss.locator(".walk-step[aria-current]")).to_contain_text(f"{number}:")
        boss.keyboard.press("g")
        expect(count).to_have_text(f"{number} of 5 judged")
    boss.keyboard.press("Enter")
    expect(boss.locator(".inspection-figures")).to_contain_text("80 %")
    denied = InspectedItem.objects.get(position=2)
    assert (denied.verdict, denied.call_back) == ("not_genuine", "denied")
    assert denied.remark == "客户说没有接过电话"

    # Until it is closed the manager learns nothing.
    page = person(manager.staff_number, width=PHONE)
    page.goto(reverse("workplans:finding_list"))
    expect(page.locator("#_finding_list")).to_contain_text("Nothing to answer")
    boss.get_by_role("button", name="Close the inspection").click()
    expect(boss.get_by_text("The inspection is closed.").first).to_be_visible()
    page.reload()
    row = page.locator("#_finding_list [data-row]")
    row.get_by_label("Your answer").fill("号码拨错了，已更正记录")
    assert not is_wider_than_the_screen(page)
    assert serious_faults(page) == []
    row.get_by_role("button", name="Send the answer").click()
    expect(page.locator("#_finding_list")).to_contain_text("号码拨错了")

    boss.goto(reverse("workplans:finding_list"))
    expect(boss.locator("#_finding_list")).to_contain_text("号码拨错了")
    boss.get_by_role("button", name="Settle").click()
    expect(boss.locator("#_finding_list")).to_contain_text("No finding here")
    assert Finding.objects.get().closed_by == supervisor
    assert Inspection.objects.get().closed_at is not None
