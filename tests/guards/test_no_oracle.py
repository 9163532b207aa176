"""No list, suggestion or endpoint says more than a mask does: parts of a number find nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse
from rest_framework import serializers

from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.complaints.reports import complains
from tests.factories import CustomerFactory
from tests.guards.test_routes import walk
from tests.pages import HTMX, text_of

SignIn = Callable[[StaffUser], Client]

# Every page says when it was drawn.
pytestmark = pytest.mark.usefixtures("frozen")

NUMBER = "13946285173"
# Nobody's digits, of the same lengths: what finds nothing.
PARTS = {"4628": "9357", "13946": "19357", "46285": "93574", "3946285": "8935746"}
SPELT = {"139-4628": "193-9357", "4628 51": "9357 41"}

PAGES = {
    ("customers:customer_list", "q"),
    ("customers:customer_search", "q"),
    ("contacts:contact_list", "q"),
    ("contacts:contact_list", "text"),
    ("complaints:complaint_register", "q"),
    ("portfolio:audit_trail", "customer"),
    ("portfolio:audit_trail", "person"),
    ("portfolio:handover_list", "person"),
}
"""The pages with a field of free text that searches; a plan's is for the manager alone."""


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    found: Customer = CustomerFactory(
        name=f"王伟 {NUMBER}", manager=manager, phone=NUMBER, number="VIP900001"
    )
    contact = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.REACHED,
        summary=f"回电 {NUMBER} 139-4628-5173",
    )
    log_contact(actor=manager, customer=found, contact=contact)
    complains(manager, found, subject=f"来电 {NUMBER}")
    return found


def endpoints() -> Iterator[tuple[str, str]]:
    """Yield every list of the API with its parameters of free text."""
    for name in sorted(
        {one for one in walk(get_resolver().url_patterns, "") if one.startswith("api:")}
    ):
        try:
            url = reverse(name)
        except Exception:  # noqa: BLE001  (a route about one row)
            continue
        view = get_resolver().resolve(url).func
        query = getattr(getattr(view, "cls", None), "query_class", None)
        for field, kind in (query().fields if query else {}).items():
            if isinstance(kind, serializers.CharField) and field != "cursor":
                yield name, field


def answer(browser: Client, url: str, name: str, text: str) -> str:
    """Return what the page answers, without the words that were asked for and what is random."""
    page: Any = browser.get(url, {name: text}, headers={} if url.startswith("/api/") else HTMX)
    shown = text_of(page)
    for space in (" ", "+", "%20", "%2B", "%2520"):
        shown = shown.replace(text.replace(" ", space), "…")
    shown = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", shown)
    # The moment at which a page was made, to which its clocks run.
    shown = re.sub(r"T\d\d:\d\d:\d\d(\.\d+)?", "", shown)
    return f"{page.status_code} {page.headers.get('ETag')} {shown}"


@pytest.mark.parametrize("role", ["supervisor", "head_office"])
def test_parts_of_a_number_find_what_nothing_finds(
    request: pytest.FixtureRequest, signed_in: SignIn, customer: Customer, role: str
) -> None:
    browser = signed_in(request.getfixturevalue(role))
    asked = {*PAGES, *endpoints()}
    assert ("api:customer_list", "q") in asked
    for route, name in sorted(asked):
        url = reverse(route)
        for part, nobodys in {**PARTS, **SPELT}.items():
            told = answer(browser, url, name, part)
            assert told == answer(browser, url, name, nobodys), (route, name, part)


def test_the_search_finds_at_all(
    signed_in: SignIn, supervisor: StaffUser, customer: Customer
) -> None:
    browser = signed_in(supervisor)
    for route, name, text in (
        ("customers:customer_list", "q", "VIP900001"),
        ("customers:customer_list", "q", NUMBER),
        ("contacts:contact_list", "text", "回电"),
    ):
        url = reverse(route)
        assert answer(browser, url, name, text) != answer(browser, url, name, "乱乱乱"), text


def test_every_field_that_searches_is_asked() -> None:
    fields = re.compile(r'type="search"[^>]*name="(\w+)"|name="(\w+)"[^>]*type="search"')
    found = set()
    for file in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        for one in fields.finditer(re.sub(r"\s+", " ", file.read_text(encoding="utf-8"))):
            found.add((file.name, one[1] or one[2]))
    assert found == {
        ("_search.html", "q"),
        ("_customer_filters.html", "q"),
        ("_contact_filters.html", "q"),
        ("_contact_filters.html", "text"),
        ("complaint_register.html", "q"),
        ("plan_customers.html", "q"),
        ("_plan_item_drawer.html", "q"),
    }
