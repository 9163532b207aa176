"""Searching by a whole phone number: never in an address, written down, bounded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from redis.exceptions import ConnectionError as RedisConnectionError

from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from core.models import AuditEntry
from customers.models import Channel, Customer, ServiceStandard
from customers.rules import Traits
from customers.services.likeness import warn_of
from staff.models import SavedView, StaffUser
from tests.factories import CustomerFactory
from tests.pages import HTMX, NOW, text_of

SignIn = Callable[[StaffUser], Client]

LIST = reverse("customers:customer_list")
RECORDS = reverse("contacts:contact_list")
SEARCH = reverse("customers:customer_search")
NUMBER = "13900005101"
WRITTEN = "+86 139-0000-5101"

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    found: Customer = CustomerFactory(name="王伟芳", manager=manager, phone=NUMBER)
    CustomerFactory(name="赵六", manager=manager)
    return found


def searches() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(verb="number.searched"))


def post(browser: Client, url: str, **data: str) -> str:
    """Send the form without scripts; return the address that it leads to."""
    answer = browser.post(url, data)
    assert answer.status_code == 302
    return answer.headers["Location"]


def names(browser: Client, address: str) -> list[str]:
    return [row.name for row in browser.get(address).context["page"].rows]


def allow(searches_an_hour: int) -> None:
    figure = ServiceStandard.objects.filter(figure="number_searches_an_hour")
    assert figure.update(value=searches_an_hour) == 1


@pytest.mark.parametrize("written", [WRITTEN, "013900005101", "1795113900005101", NUMBER])
def test_the_list_finds_by_a_number_that_never_stands_in_an_address(
    signed_in: SignIn, manager: StaffUser, customer: Customer, written: str
) -> None:
    browser = signed_in(manager)
    address = post(browser, LIST, q=written, status="all")
    assert parse_qs(urlsplit(address).query)["q"][0].startswith("~")
    assert names(browser, address) == [customer.name]
    page = text_of(browser.get(address))
    # Neither in the field, which shows it masked, nor in a chip or a link of the page; but in the
    # call button, which is the manager's.
    assert 'value="139****5101"' in page
    assert written not in page.replace(f"tel:{NUMBER}", "").replace("data-number", "")


def test_the_filters_go_on_from_a_number_that_the_field_shows_masked(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    [key] = parse_qs(urlsplit(post(browser, LIST, q=WRITTEN)).query)["q"]
    on = post(browser, LIST, q="139****5101", q_key=key, tier="gold")
    assert names(browser, on) == [customer.name]
    assert parse_qs(urlsplit(on).query)["q"] == [key]
    other = post(browser, LIST, q="赵六", q_key=key)
    assert names(browser, other) == ["赵六"]


def test_htmx_is_led_to_the_sealed_address(
    signed_in: SignIn, supervisor: StaffUser, customer: Customer
) -> None:
    part = signed_in(supervisor).post(LIST, {"q": WRITTEN}, headers=HTMX)
    assert customer.name in text_of(part)
    assert "q=~" in part.headers["HX-Push-Url"]
    for written in (NUMBER, "5101"):
        assert written not in part.headers["HX-Push-Url"]


def test_the_field_at_the_top_and_its_suggestions_post(
    signed_in: SignIn, supervisor: StaffUser, customer: Customer
) -> None:
    browser = signed_in(supervisor)
    part = browser.post(SEARCH, {"q": WRITTEN}, headers=HTMX)
    assert [one.name for one in part.context["customers"]] == [customer.name]
    address = post(browser, SEARCH, q=WRITTEN)
    assert "5101" not in address
    assert names(browser, address) == [customer.name]


@pytest.mark.parametrize("url", [LIST, RECORDS])
@pytest.mark.parametrize("brought", ["x", NUMBER, f"~gAAAA{'A' * 80}"])
def test_a_search_is_noted_whatever_key_its_form_brings_along(
    signed_in: SignIn, supervisor: StaffUser, customer: Customer, url: str, brought: str
) -> None:
    browser = signed_in(supervisor)
    for headers in ({}, HTMX):
        before = len(searches())
        written = NUMBER if not headers else "13900005102"
        browser.post(url, {"q": written, "q_key": brought}, headers=headers)
        assert len(searches()) == before + 1
    allow(2)
    third = browser.post(url, {"q": "13900005103", "q_key": brought}, headers=HTMX)
    assert (third.status_code, third.content) == (204, b"")


def test_words_stay_as_they_are(signed_in: SignIn, manager: StaffUser, customer: Customer) -> None:
    browser = signed_in(manager)
    assert post(browser, LIST, q="wang", tier="") == f"{LIST}?q=wang"
    # Part of a number is no number; it stays readable, so that a view with it can be kept.
    assert post(browser, LIST, q="5101") == f"{LIST}?q=5101"


def test_a_search_that_is_too_old_narrows_nothing_and_says_so(
    signed_in: SignIn,
    manager: StaffUser,
    customer: Customer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = signed_in(manager)
    address = post(browser, LIST, q=WRITTEN)
    monkeypatch.setattr("core.sealed.SEALED_HOURS", 1)
    with time_machine.travel(NOW + timedelta(minutes=61), tick=False):
        page = browser.get(address)
    assert page.context["filter"].form.errors["q"] == ["This search is too old. Enter it again."]
    assert len(page.context["page"].rows) == 2


def test_a_saved_view_keeps_no_number_in_plain(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    query = urlsplit(post(browser, LIST, q=WRITTEN)).query
    for kept in (query, f"q={NUMBER}"):
        data = {"name": f"v{len(kept)}", "list": "customers", "query": kept}
        assert browser.post(reverse("portfolio:view_create"), data).status_code in (302, 204)
    views = SavedView.objects.values_list("query", flat=True)
    assert len(views) == 2
    assert not any(part in view for view in views for part in (NUMBER, "5101"))
    trail = AuditEntry.objects.exclude(verb="number.searched").values_list("changes", flat=True)
    assert NUMBER not in str(list(trail))


@pytest.mark.parametrize("role", ["supervisor", "head_office"])
def test_who_sees_masked_numbers_is_written_down_once_a_search(
    request: pytest.FixtureRequest, signed_in: SignIn, customer: Customer, role: str
) -> None:
    user = request.getfixturevalue(role)
    browser = signed_in(user)
    address = post(browser, LIST, q=WRITTEN)
    for url in (address, address):
        assert names(browser, url) == [customer.name]
    browser.post(SEARCH, {"q": NUMBER}, headers=HTMX)
    [entry] = searches()
    assert (entry.actor, entry.changes) == (user, {"phone": [None, "139****5101"]})
    browser.get(LIST, {"q": "13900005102"})
    assert len(searches()) == 2
    browser.post(SEARCH, {"q": "5101"}, headers=HTMX)
    assert len(searches()) == 2


def test_who_serves_the_customers_is_not(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    assert names(signed_in(manager), f"{LIST}?q={NUMBER}") == [customer.name]
    assert searches() == []


def test_an_address_that_another_sent_is_a_search_of_the_reader(
    signed_in: SignIn, manager: StaffUser, head_office: StaffUser, customer: Customer
) -> None:
    address = post(signed_in(manager), LIST, q=WRITTEN)
    page = signed_in(head_office).get(address)
    assert [row.name for row in page.context["page"].rows] == [customer.name]
    assert NUMBER not in text_of(page)
    assert [entry.actor for entry in searches()] == [head_office]


def test_an_hour_has_so_many_searches_and_then_a_time_is_named(
    signed_in: SignIn, head_office: StaffUser, customer: Customer
) -> None:
    allow(2)
    browser = signed_in(head_office)
    for last in (1, 2):
        assert "q=~" in post(browser, LIST, q=f"1390000510{last}")
    for _again in range(2):
        address = post(browser, LIST, q="13900005103")
        assert address == LIST
    refused = browser.post(SEARCH, {"q": "13900005103"}, headers=HTMX)
    assert "You have searched by 2 whole phone numbers within the hour." in text_of(refused)
    assert "11 a.m." in text_of(refused)
    assert refused.context["customers"] == []
    assert len(searches()) == 2
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert "q=~" in post(browser, LIST, q="13900005103")


def test_without_the_cache_the_page_goes_on_and_writes_down(
    signed_in: SignIn, head_office: StaffUser, customer: Customer
) -> None:
    browser = signed_in(head_office)
    with patch("core.throttle.cache.add", side_effect=RedisConnectionError):
        assert names(browser, post(browser, LIST, q=WRITTEN)) == [customer.name]
    assert len(searches()) == 1


def test_text_is_searched_as_it_is_read(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    said = "回电 139 0000 5101，套餐 128 元"
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED, summary=said)
    log_contact(actor=manager, customer=customer, contact=contact)
    browser = signed_in(manager)

    def count(text: str) -> int:
        return len(browser.get(RECORDS, {"text": text}).context["page"].rows)

    assert [count(text) for text in ("套餐", "128", "128 元")] == [1, 1, 1]
    for part in ("139 0", "0000", "000 5", "39 0000", NUMBER, "139 0000 5101"):
        assert count(part) == 0, part
    # Its ends are read by everybody.
    assert count("5101") == 1


def test_the_trail_is_narrowed_by_a_number_that_stands_in_no_address(
    signed_in: SignIn, supervisor: StaffUser, customer: Customer
) -> None:
    browser = signed_in(supervisor)
    url = reverse("portfolio:audit_trail")
    address = post(browser, url, customer=WRITTEN)
    assert "5101" not in address
    page = browser.get(address)
    assert page.context["form"].cleaned_data["customer"] == [customer.pk]
    assert 'value="139****5101"' in text_of(page)
    [key] = parse_qs(urlsplit(address).query)["customer"]
    on = post(browser, url, customer="139****5101", customer_key=key, since="2026-11-01")
    assert parse_qs(urlsplit(on).query)["customer"] == [key]
    assert len(searches()) == 1


def test_a_warning_of_the_same_number_is_a_search_too(
    signed_in: SignIn, supervisor: StaffUser, customer: Customer
) -> None:
    allow(1)
    traits = [Traits("新客户", [number]) for number in ("13900005109", NUMBER)]
    browser = signed_in(supervisor)
    user = browser.get(LIST).wsgi_request.user
    assert isinstance(user, StaffUser)
    assert warn_of(user=user, traits=traits[0]) == []
    assert len(searches()) == 1
    # The second number of the hour is one too many: nobody is found by it.
    assert warn_of(user=user, traits=traits[1]) == []
    allow(3)
    assert [one.customer for one in warn_of(user=user, traits=traits[1])] == [customer]


def test_a_view_that_keeps_a_number_is_a_search_when_it_is_opened(
    signed_in: SignIn, head_office: StaffUser, customer: Customer
) -> None:
    browser = signed_in(head_office)
    data = {"name": "一", "list": "customers", "query": f"q={NUMBER}"}
    browser.post(reverse("portfolio:view_create"), data)
    assert searches() == []
    view = SavedView.objects.get()
    page = browser.get(LIST, {"view": view.pk}, follow=True)
    assert [row.name for row in page.context["page"].rows] == [customer.name]
    assert len(searches()) == 1
