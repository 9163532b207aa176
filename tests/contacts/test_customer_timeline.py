"""The timeline of one customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Cadence, ContactRecord, Exemption, Outcome
from contacts.services.exemptions import request_exemption
from contacts.services.records import Contact, log_contact, void_contact
from contacts.services.timeline import KINDS, timeline_of
from customers.models import Channel, Customer, Tier
from customers.services.standing import assign_manager, change_tier
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, TODAY, get_part, statements, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager, vip_since=date(2026, 9, 1))


def timeline_url(customer: Customer, query: str = "") -> str:
    return reverse("contacts:customer_timeline", args=[customer.pk]) + query


def call(manager: StaffUser, customer: Customer, days_ago: float = 0, **said: Any) -> ContactRecord:
    fields = {"channel": Channel.PHONE, "outcome": Outcome.REACHED, **said}
    contact = Contact(happened_at=NOW - timedelta(days=days_ago), **fields)
    return log_contact(actor=manager, customer=customer, contact=contact)


def kinds(browser: Client, customer: Customer, query: str = "") -> list[str]:
    page = get_part(browser, timeline_url(customer, query)).context["page"]
    return [entry.kind for entry in page.entries]


def test_everything_that_happened_stands_in_one_list(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    customer: Customer,
) -> None:
    call(manager, customer, days_ago=20)
    change_tier(actor=supervisor, customer=customer, tier=Tier.DIAMOND, on=date(2026, 11, 10))
    request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.CONTACT,
        reason=Exemption.Reason.ABROAD,
        ends_on=TODAY,
    )
    assign_manager(actor=supervisor, customer=customer, manager=colleague)
    browser = signed_in(colleague)
    assert kinds(browser, customer) == [
        "exemption",
        "manager",
        "tier",
        "contact",
        "tier",
        "manager",
    ]
    for kind, count in (("contact", 1), ("exemption", 1), ("tier", 2), ("manager", 2)):
        assert kinds(browser, customer, f"?kind={kind}") == [kind] * count
    assert len(kinds(browser, customer, "?kind=unknown")) == 6


def test_it_says_why_a_record_does_not_count(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    call(manager, customer, outcome=Outcome.NO_ANSWER)
    page = text_of(get_part(signed_in(manager), timeline_url(customer)))
    assert "Does not count: not reached" in page
    void_contact(actor=manager, record=call(manager, customer), reason="打错了人")
    call(manager, customer, days_ago=4)
    page = text_of(get_part(signed_in(manager), timeline_url(customer)))
    for words in ("打错了人", "Voided by", "Entered late", "Counts"):
        assert words in page


def test_the_same_text_to_many_is_marked(signed_in: Browser, manager: StaffUser) -> None:
    customers = [CustomerFactory(manager=manager) for _number in range(6)]
    for one in customers:
        call(manager, one, channel=Channel.SMS, summary="中秋快乐")
    page = text_of(get_part(signed_in(manager), timeline_url(customers[0])))
    assert "Does not count: the same text to many" in page


def test_under_cover_it_names_both(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    customer: Customer,
) -> None:
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    call(colleague, customer)
    page = text_of(get_part(signed_in(manager), timeline_url(customer)))
    assert f"{colleague.name} for {manager.name}" in page


def test_voiding_is_offered_where_it_is_allowed(
    signed_in: Browser,
    manager: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    customer: Customer,
) -> None:
    void = reverse("contacts:contact_void", args=[call(manager, customer).pk])
    for person, offered in ((manager, True), (supervisor, True), (head_office, False)):
        page = text_of(get_part(signed_in(person), timeline_url(customer)))
        assert (void in page) is offered


def test_texts_are_texts(signed_in: Browser, manager: StaffUser, customer: Customer) -> None:
    call(manager, customer, summary="<script>alert(1)</script>")
    assert "<script>alert" not in text_of(get_part(signed_in(manager), timeline_url(customer)))


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_hold_every_entry_once_in_the_same_order(
    manager: StaffUser, supervisor: StaffUser, customer: Customer, size: int
) -> None:
    midnight = NOW.replace(hour=16) - timedelta(days=1)
    for days_ago in (0, 0, 1, 2):
        call(manager, customer, days_ago=days_ago)
    for tier, day in (
        (Tier.SILVER, 20),
        (Tier.GOLD, 22),
        (Tier.DIAMOND, 23),
        (Tier.GOLD, 23),
    ):
        change_tier(actor=supervisor, customer=customer, tier=tier, on=date(2026, 11, day))
    # At the very moment at which changes of that date stand.
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.BUSY, happened_at=midnight)
    for _time in range(2):
        log_contact(actor=manager, customer=customer, contact=contact)
    whole = timeline_of(customer, size=100).entries
    assert len(whole) == 12
    assert [entry.key for entry in whole] == sorted((e.key for e in whole), reverse=True)
    found, cursor = [], ""
    while True:
        page = timeline_of(customer, cursor=cursor, size=size)
        assert len(page.entries) <= size
        found += page.entries
        cursor = page.next_cursor
        if not cursor:
            break
    assert [entry.key for entry in found] == [entry.key for entry in whole]


@pytest.mark.parametrize("cursor", ["x", "1_2_3", "2026-11-23T00:00:00_0_0", "a_b_c"])
def test_a_cursor_that_is_not_ours_gives_the_first_page(customer: Customer, cursor: str) -> None:
    assert len(timeline_of(customer, cursor=cursor).entries) == 2


def test_earlier_entries_are_fetched_on_demand(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    for number in range(25):
        call(manager, customer, days_ago=number / 10)
    browser = signed_in(manager)
    first = get_part(browser, timeline_url(customer)).context["page"]
    later = browser.get(timeline_url(customer), {"cursor": first.next_cursor})
    assert (len(first.entries), len(later.context["page"].entries)) == (20, 7)
    assert later.context["page"].next_cursor == ""


def test_it_takes_the_same_statements_for_many(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    call(manager, customer)
    one = statements(browser, timeline_url(customer))
    for number in range(19):
        call(manager, customer, days_ago=number)
    assert statements(browser, timeline_url(customer)) == one
    assert one <= 6 + len(KINDS)


def test_another_units_customer_is_not_found(
    signed_in: Browser,
    colleague: StaffUser,
    outsider: StaffUser,
    handler: StaffUser,
    administrator: StaffUser,
    head_office: StaffUser,
    customer: Customer,
) -> None:
    for person in (colleague, outsider, handler, administrator):
        assert get_part(signed_in(person), timeline_url(customer)).status_code == 404
    assert get_part(signed_in(head_office), timeline_url(customer)).status_code == 200


def test_a_former_manager_finds_nothing_more(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    customer: Customer,
) -> None:
    assert get_part(signed_in(manager), timeline_url(customer)).status_code == 200
    assign_manager(actor=supervisor, customer=customer, manager=colleague)
    assert get_part(signed_in(manager), timeline_url(customer)).status_code == 404
