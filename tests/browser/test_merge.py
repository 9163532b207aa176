"""Two rows of one person, in a real browser: the warning, the list, the merge, the undoing."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from customers.models import Customer
from staff.models import StaffUser
from tests.browser.test_daily_work import PHONE, is_wider_than_the_screen, serious_faults
from tests.factories import CustomerFactory


@pytest.mark.parametrize("width", [1280, PHONE])
def test_a_supervisor_makes_two_rows_one_and_two_again(
    manager: StaffUser, supervisor: StaffUser, person: Any, width: int
) -> None:
    there = CustomerFactory(
        name="王芳", manager=manager, phone="13812345678", profile={"sports": "足球"}
    )
    page = person(supervisor.staff_number, width=width)
    page.goto(reverse("customers:customer_create"))
    page.locator("#id_number").fill("NEW-1")
    page.locator("#id_name").fill("王 芳")
    page.locator("#id_phone").fill("138 1234 5678")
    page.locator("#id_manager").select_option(str(manager.pk))
    page.locator("main form .btn-primary").click()
    expect(page.locator("#_alike_warning")).to_contain_text(there.number)
    expect(page.locator("#id_name")).to_have_value("王 芳")
    assert serious_faults(page) == []
    assert not is_wider_than_the_screen(page)
    page.locator("#_alike_warning button:not([disabled])").click()
    page.wait_for_url("**/customers/*/")
    made = Customer.objects.get(number="NEW-1")
    expect(page.locator("#_likeness_hint")).to_contain_text(there.number)
    page.goto(reverse("portfolio:likeness_list"))
    expect(page.locator(".likeness-row")).to_have_count(1)
    assert serious_faults(page) == []
    assert not is_wider_than_the_screen(page)
    page.locator(".likeness-row .btn-primary").click()
    page.locator(f"[name=survivor][value='{there.pk}']").check()
    page.locator(f"[name=choice-name][value='{made.pk}']").check()
    assert serious_faults(page) == []
    assert not is_wider_than_the_screen(page)
    page.locator("main form .btn-primary").click()
    page.wait_for_url(f"**{reverse('customers:customer_detail', args=[there.pk])}")
    expect(page.locator(".page-title")).to_contain_text("王 芳")
    expect(page.locator("#_likeness_hint")).to_contain_text("NEW-1")
    page.goto(reverse("customers:customer_detail", args=[made.pk]))
    page.wait_for_url(f"**{reverse('customers:customer_detail', args=[there.pk])}")
    page.locator("#_likeness_hint a").click()
    page.locator("main form button:not([disabled])").click()
    expect(page.locator(".alert-info")).to_be_visible()
    assert serious_faults(page) == []
    page.goto(reverse("portfolio:likeness_list"))
    expect(page.locator(".likeness-row")).to_have_count(1)
    there.refresh_from_db()
    assert there.name == "王芳"
