"""Handing over, in a real browser: tick, preview, confirm; readable and within the screen."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from portfolio.models import Reassignment
from staff.models import StaffUser
from tests.browser.test_daily_work import PHONE, is_wider_than_the_screen, serious_faults
from tests.factories import CustomerFactory


@pytest.mark.parametrize("width", [1280, PHONE])
def test_a_supervisor_hands_over_what_is_ticked(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, person: Any, width: int
) -> None:
    for _ in range(3):
        CustomerFactory(manager=manager)
    page = person(supervisor.staff_number, width=width)
    page.goto(reverse("customers:customer_list"))
    assert serious_faults(page) == []
    for number in range(2):
        page.locator("[name=customer]").nth(number).check()
    page.locator("#hand_over button").click()
    expect(page.locator("#_handover_counts")).to_contain_text("2")
    assert serious_faults(page) == []
    page.locator("#id_manager").select_option(str(colleague.pk))
    page.locator("main form button[type=submit]").click()
    expect(page.locator(".handover-row")).to_have_count(2)
    assert serious_faults(page) == []
    assert not is_wider_than_the_screen(page)
    page.locator(".handover-row .btn").first.click()
    page.wait_for_url("**/handovers/customers/**")
    assert serious_faults(page) == []
    assert not is_wider_than_the_screen(page)
    assert Reassignment.objects.get().counts["customers"] == 2
    page = person(colleague.staff_number, width=width)
    page.goto("/")
    assert serious_faults(page) == []
    page.locator("#_handover_notices button").click()
    expect(page.locator(".handover-notice")).to_have_count(0)
