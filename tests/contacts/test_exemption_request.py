"""Asking that a customer be excused for some days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Exemption
from customers.models import Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY, events, get_part, post_part, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
DATA = {"cadence": "contact", "reason": "abroad", "ends_on": "2026-12-10", "note": "新加坡"}


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager)


def request_url(customer: Customer) -> str:
    return reverse("contacts:exemption_request", args=[customer.pk])


def test_the_request_waits_for_a_supervisor(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    page = text_of(get_part(browser, request_url(customer)))
    assert page.strip().startswith('<div id="_exemption_drawer"')
    assert "at most 90 days" in page
    response = post_part(browser, request_url(customer), DATA)
    assert response.status_code == 204
    assert {"careChanged", "close_drawer"} <= set(events(response))
    exemption = Exemption.objects.get()
    assert (exemption.state, exemption.requested_by) == ("requested", manager)
    assert (exemption.starts_on, exemption.ends_on) == (TODAY, date(2026, 12, 10))
    customer.refresh_from_db()
    assert customer.contact_exempt_until is None


def test_sent_twice_it_is_one_request(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    assert post_part(browser, request_url(customer), DATA).status_code == 204
    assert post_part(browser, request_url(customer), DATA).status_code == 422
    assert Exemption.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ends_on": "2026-11-22"}, "That day is over."),
        ({"ends_on": "2027-02-21"}, "at most 90 days"),
        ({"reason": "other", "note": ""}, "Say why in a few words."),
        ({"reason": ""}, "This field is required."),
        ({"cadence": "dinner"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_is_refused(
    signed_in: Browser,
    manager: StaffUser,
    customer: Customer,
    changed: dict[str, str],
    words: str,
) -> None:
    response = post_part(signed_in(manager), request_url(customer), DATA | changed)
    assert response.status_code == 422
    assert words in text_of(response)
    assert not Exemption.objects.exists()


def test_the_ninetieth_day_is_allowed(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    data = DATA | {"ends_on": "2027-02-20"}
    assert post_part(signed_in(manager), request_url(customer), data).status_code == 204


def test_others_find_nothing(
    signed_in: Browser,
    colleague: StaffUser,
    outsider: StaffUser,
    head_office: StaffUser,
    handler: StaffUser,
    administrator: StaffUser,
    supervisor: StaffUser,
    customer: Customer,
) -> None:
    for person in (colleague, outsider, head_office, handler, administrator):
        browser = signed_in(person)
        assert get_part(browser, request_url(customer)).status_code == 404
        assert post_part(browser, request_url(customer), DATA).status_code == 404
    assert not Exemption.objects.exists()
    assert post_part(signed_in(supervisor), request_url(customer), DATA).status_code == 204
