"""The panel of a customer's flags, promises, exemptions and snoozes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Cadence, Exemption, Outcome, Snooze
from contacts.services.exemptions import request_exemption
from contacts.services.flags import flag_overdue
from contacts.services.records import Contact, log_contact
from contacts.services.snoozes import snooze_row
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY, get_part, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    """An overdue customer with a promise, a request and a snooze."""
    customer = CustomerFactory(manager=manager, vip_since=date(2026, 9, 1))
    flag_overdue()
    contact = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.BUSY,
        happened_at=NOW - timedelta(days=1),
        follow_up_on=TODAY,
    )
    log_contact(actor=manager, customer=customer, contact=contact)
    request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.VISIT,
        reason=Exemption.Reason.ABROAD,
        ends_on=TODAY + timedelta(days=3),
    )
    snooze_row(
        actor=manager,
        customer=customer,
        subject=Snooze.Subject.CONTACT,
        until=TODAY + timedelta(days=2),
        reason="出差",
    )
    return customer


def care_url(customer: Customer) -> str:
    return reverse("contacts:customer_care", args=[customer.pk])


def offered(browser: Client, customer: Customer) -> set[str]:
    page = text_of(get_part(browser, care_url(customer)))
    routes = {
        "kept": reverse("contacts:follow_up_close", args=[customer.contact_records.get().pk]),
        "end": reverse("contacts:exemption_end", args=[customer.exemptions.get().pk]),
        "wake": reverse("contacts:row_wake", args=[customer.snoozes.get().pk]),
        "ask": reverse("contacts:exemption_request", args=[customer.pk]),
        "decide": f'href="{reverse("contacts:exemption_list")}"',
    }
    return {name for name, url in routes.items() if url in page}


def test_it_shows_what_stands_and_offers_what_each_may_do(
    signed_in: Browser,
    manager: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    customer: Customer,
) -> None:
    page = text_of(get_part(signed_in(head_office), care_url(customer)))
    for words in ("Overdue: Contact", "Promised to get back", "Exemption asked for", "出差"):
        assert words in page
    assert offered(signed_in(manager), customer) == {"kept", "end", "wake", "ask"}
    assert offered(signed_in(supervisor), customer) == {"kept", "end", "ask", "decide"}
    assert offered(signed_in(head_office), customer) == set()


def test_with_nothing_it_says_so(signed_in: Browser, manager: StaffUser) -> None:
    calm = CustomerFactory(manager=manager, vip_since=TODAY)
    page = text_of(get_part(signed_in(manager), care_url(calm)))
    assert "No flag, no open promise, no exemption." in page


def test_what_is_over_is_not_shown(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    Snooze.objects.update(until=TODAY)
    Exemption.objects.update(starts_on=TODAY - timedelta(days=9), ends_on=TODAY - timedelta(days=1))
    context = get_part(signed_in(manager), care_url(customer)).context
    assert (list(context["snoozes"]), list(context["exemptions"])) == ([], [])


def test_others_find_nothing(
    signed_in: Browser,
    colleague: StaffUser,
    outsider: StaffUser,
    handler: StaffUser,
    administrator: StaffUser,
    manager: StaffUser,
    customer: Customer,
) -> None:
    for person in (colleague, outsider, handler, administrator):
        assert get_part(signed_in(person), care_url(customer)).status_code == 404
    assert signed_in(manager).get(care_url(customer)).status_code == 200
