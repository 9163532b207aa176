"""After signing out nothing of a customer comes back; sessions are seen and ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from staff.models import StaffUser
from tests.factories import CustomerFactory

Person = Callable[..., Page]


def test_back_after_signing_out_shows_no_number(manager: StaffUser, person: Person) -> None:
    customer = CustomerFactory(manager=manager, name="王芳", phone="13812345678")
    page = person(manager.staff_number)
    page.goto("/customers/")
    page.goto(f"/customers/{customer.pk}/")
    expect(page.locator("body")).to_contain_text("王芳")
    page.goto("/accounts/logout/")
    page.locator("main button[type=submit]").click()
    expect(page.locator("input[name=password]")).to_be_visible()
    for _ in range(3):
        page.go_back()
        page.wait_for_load_state()
        text = page.content()
        assert "13812345678" not in text
        assert "王芳" not in text


@pytest.mark.parametrize(("width", "language"), [(1280, "zh-CN"), (375, "en-US")])
def test_another_browsers_session_is_ended(
    manager: StaffUser, person: Person, width: int, language: str
) -> None:
    there = person(manager.staff_number)
    here = person(manager.staff_number, width=width, language=language)
    here.goto("/staff/sessions/")
    rows = here.locator("main li.list-group-item")
    expect(rows).to_have_count(2)
    rows.nth(1).locator("button").click()
    expect(rows).to_have_count(1)
    there.goto("/staff/profile/")
    expect(there.locator("input[name=password]")).to_be_visible()
