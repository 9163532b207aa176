"""Small inputs that once came out wrong, from the reports of people who do this job.

The files lie in `tests/data/cases/`; a case that is a way of working has its steps in its test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar

from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.workplans.plans_of import a_plan, an_item
from workplans.services.feeds import make_feed

# --- Files: which sheet, which cells, which kind of file ---------------------------------------


# --- Files: headings, columns, what an import makes --------------------------------------------


# --- Numbers: calls, search --------------------------------------------------------------------


# --- Pages -------------------------------------------------------------------------------------


# --- API, complaints, feeds --------------------------------------------------------------------


@pytest.mark.usefixtures("frozen")
def test_the_calendar_feed_speaks_the_language_of_its_manager(
    manager: StaffUser, signed_in: Callable[[StaffUser], Client], client: Client
) -> None:
    """`feed-language.md`: calendar servers send no Accept-Language."""
    week = a_plan(manager)
    for entry in ({}, {"needs_visit": True}):
        an_item(week, CustomerFactory(manager=manager), **entry)
    address = f"/workplans/plans/feed/{make_feed(actor=manager)}.ics"
    signed_in(manager).get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert summaries(client, address) == ["1 次沟通、1 次面访"]


def summaries(client: Client, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200, response
    events: Any = Calendar.from_ical(response.content).walk("VEVENT")
    return [str(event["summary"]) for event in events]
