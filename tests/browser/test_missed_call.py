"""A VIP rings at three in the morning and is called back by the cover at twenty past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from contacts.models import ContactRecord, MissedCall
from contacts.services.missed_calls import escalate_missed_calls
from core import clock
from customers.models import Customer
from staff.models import StaffUser
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import CoverFactory, CustomerFactory

AXE = Path(settings.NODE_MODULES_DIR) / "axe-core" / "axe.min.js"
PHONE = 375
NUMBER = "13812345678"
Person = Callable[..., Page]


def at_night(hour: int, minute: int) -> datetime:
    """Return that moment of the coming night in Shanghai."""
    night = clock.now().astimezone(clock.zone_info("Asia/Shanghai")) + timedelta(days=1)
    return night.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(UTC)


def serious_faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run()")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:160]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    found: Customer = CustomerFactory(name="王小美", manager=manager, phone=NUMBER)
    return found


def test_a_call_missed_at_three_is_returned_by_the_cover_at_twenty_past(
    customer: Customer,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    person: Person,
) -> None:
    centre = call_centre()
    three = at_night(3, 0)
    night = clock.local_date(three, "Asia/Shanghai")
    CoverFactory(
        manager=manager, stand_in=colleague, arranged_by=supervisor, starts_on=night, ends_on=night
    )
    with time_machine.travel(three + timedelta(minutes=1), tick=True) as traveller:
        page = person(colleague.staff_number, width=PHONE)
        page.goto(reverse("contacts:call_list"))
        missed = page.locator("#_call_list")
        expect(missed).to_contain_text("No customer waits for a call")
        # It appears by itself: the page asks again.
        tell(centre, a_call(NUMBER, three))
        row = missed.locator("[data-row]").filter(has_text="王小美")
        expect(row).to_contain_text(f"On duty: {colleague.name}", timeout=30_000)
        expect(row).to_contain_text("left")
        assert row.get_by_role("link", name="Call").get_attribute("href") == f"tel:{NUMBER}"
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
        assert serious_faults(page) == []

        traveller.shift(timedelta(minutes=9))
        own = {"staff_number": colleague.staff_number, "direction": "outgoing"}
        tell(centre, a_call(NUMBER, three + timedelta(minutes=10), "no_answer", **own))
        page.reload()
        expect(row).to_contain_text("1 attempt")

        traveller.shift(timedelta(minutes=14))
        tell(centre, a_call(NUMBER, three + timedelta(minutes=20), "answered", **own))
        page.reload()
        row.get_by_role("button", name="Confirm the call of 03:20").click()
        expect(missed).to_contain_text("No customer waits for a call")

        traveller.shift(timedelta(minutes=30))
        assert escalate_missed_calls() == 0
    returned = MissedCall.objects.get()
    assert returned.close_reason == "reached"
    assert returned.closed_at is not None
    assert returned.closed_at - three < timedelta(minutes=21)
    record = ContactRecord.objects.get(outcome="reached")
    assert (record.manager, record.recorded_by, record.recorded_as) == (
        manager,
        colleague,
        "cover",
    )
    assert record.is_counted
