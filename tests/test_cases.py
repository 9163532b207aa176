"""Small inputs that once came out wrong, from the reports of people who do this job.

The files lie in `tests/data/cases/`; a case that is a way of working has its steps in its test.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from contacts.models import MissedCall
from exchange.rules.values import read_phone
from staff.models import StaffUser
from tests.api import send, system
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import HTMX

CASES = Path(__file__).parent / "data" / "cases"

SignIn = Callable[[StaffUser], Client]

# --- Files: which sheet, which cells, which kind of file ---------------------------------------


# --- Files: headings, columns, what an import makes --------------------------------------------


# --- Numbers: calls, search --------------------------------------------------------------------

KNOWN_NUMBER = "13900005101"


def found_by(browser: Client, text: str) -> list[set[str]]:
    """Return the names that the list and the field at the top find, each posted as people do."""
    listed = browser.post(reverse("customers:customer_list"), {"q": text}, follow=True)
    suggested = browser.post(reverse("customers:customer_search"), {"q": text}, headers=HTMX)
    return [
        {customer.name for customer in listed.context["page"].rows},
        {customer.name for customer in suggested.context["customers"]},
    ]


@time_machine.travel("2026-11-28T12:00:00+08:00", tick=False)
def test_calls_prefixes(administrator: StaffUser, manager: StaffUser, company: Company) -> None:
    case = json.loads((CASES / "calls-prefixes.json").read_text(encoding="utf-8"))
    customer = CustomerFactory(manager=manager, phone=KNOWN_NUMBER)
    centre = system(administrator, unit=company.city, name="呼叫中心")[1]
    answer = send(centre, "post", "/api/v1/call-events/", {"rows": case["rows"]}).json()
    told = [(row["outcome"], row["match"], row["customer"]) for row in answer["rows"]]
    assert told == [("new", "known", customer.pk)] * len(case["rows"])
    assert MissedCall.objects.get().calls == len(case["rows"])


@pytest.mark.parametrize("role", ["manager", "supervisor"])
@pytest.mark.parametrize(
    "text",
    [
        *("+86 139 0000 5101", "+8613900005101", "139-0000-5101", "0086 13900005101"),
        *("139 0000 5101", "013900005101", "17951 139 0000 5101", "１３９００００５１０１"),
        *("139–0000‑5101", "\u202a+8613900005101\u202c", "(139)0000.5101"),
    ],
)
def test_search_numbers(
    request: pytest.FixtureRequest, signed_in: SignIn, manager: StaffUser, text: str, role: str
) -> None:
    wanted = CustomerFactory(name="王伟芳", manager=manager, phone=KNOWN_NUMBER)
    CustomerFactory(name="赵六", manager=manager)
    browser = signed_in(request.getfixturevalue(role))
    assert found_by(browser, text) == [{wanted.name}] * 2


@pytest.mark.parametrize("dot", ["·", "•", "・", ".", "‧", "．", ""])
@pytest.mark.parametrize(
    "text",
    [
        *("买买提吐尔逊", "买买提•吐尔逊", "买买提.吐尔逊", "买买提·吐尔逊", "买买提 吐尔逊"),
        *("maimaitituerxun", "mmttex", "吐尔逊", "tuerxun", "提吐"),
    ],
)
def test_search_minority_names(signed_in: SignIn, manager: StaffUser, dot: str, text: str) -> None:
    wanted = CustomerFactory(name=f"买买提{dot}吐尔逊", manager=manager)
    CustomerFactory(name="赵六", manager=manager)
    assert found_by(signed_in(manager), text) == [{wanted.name}] * 2


def test_roster_dashes_in_phones() -> None:
    rows: list[Any] = (CASES / "roster-dashes.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [read_phone(row.split(",")[2]) for row in rows[1:]] == ["13900005111", "13900005112"]


# --- Pages -------------------------------------------------------------------------------------


# --- API, complaints, feeds --------------------------------------------------------------------
