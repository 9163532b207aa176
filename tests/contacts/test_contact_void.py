"""Taking a record back: with a reason, or at once from the notice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import ContactRecord, Outcome
from contacts.services.records import Contact, log_contact
from core.models import AuditEntry
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import events, get_part, post_part, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager)


@pytest.fixture
def record(manager: StaffUser, customer: Customer) -> ContactRecord:
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED, summary="谈了话费")
    return log_contact(actor=manager, customer=customer, contact=contact)


def void_url(record: ContactRecord) -> str:
    return reverse("contacts:contact_void", args=[record.pk])


def test_it_asks_for_a_reason_and_says_what_follows(
    signed_in: Browser, manager: StaffUser, record: ContactRecord
) -> None:
    page = text_of(get_part(signed_in(manager), void_url(record)))
    assert page.strip().startswith('<div id="_void_drawer"')
    assert "谈了话费" in page


def test_a_reason_voids_the_record_and_the_clock_goes_back(
    signed_in: Browser, manager: StaffUser, customer: Customer, record: ContactRecord
) -> None:
    response = post_part(signed_in(manager), void_url(record), {"reason": "打错了人"})
    record.refresh_from_db()
    customer.refresh_from_db()
    assert response.status_code == 204
    assert "contactLogged" in events(response)
    assert (record.is_voided, record.void_reason) == (True, "打错了人")
    assert customer.last_contact_on is None


def test_without_a_reason_nothing_happens(
    signed_in: Browser, manager: StaffUser, record: ContactRecord
) -> None:
    browser = signed_in(manager)
    for reason in ("", "   "):
        assert post_part(browser, void_url(record), {"reason": reason}).status_code == 422
    record.refresh_from_db()
    assert not record.is_voided


def test_undone_twice_it_is_void_once(
    signed_in: Browser, manager: StaffUser, record: ContactRecord
) -> None:
    browser = signed_in(manager)
    for _time in range(2):
        assert post_part(browser, void_url(record) + "?undo=1").status_code == 204
    record.refresh_from_db()
    assert record.void_reason == "Undone right after saving"
    assert AuditEntry.objects.filter(verb="contact.voided").count() == 1


def test_a_void_record_offers_no_form(
    signed_in: Browser, manager: StaffUser, record: ContactRecord
) -> None:
    browser = signed_in(manager)
    post_part(browser, void_url(record), {"reason": "打错了人"})
    assert get_part(browser, void_url(record)).status_code == 404


def test_who_may_void(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    handler: StaffUser,
    administrator: StaffUser,
    record: ContactRecord,
) -> None:
    for person in (colleague, outsider, head_office, handler, administrator):
        browser = signed_in(person)
        assert get_part(browser, void_url(record)).status_code == 404
        assert post_part(browser, void_url(record), {"reason": "不是我的"}).status_code == 404
    record.refresh_from_db()
    assert not record.is_voided
    assert get_part(signed_in(manager), void_url(record)).status_code == 200
    assert post_part(signed_in(supervisor), void_url(record), {"reason": "查过"}).status_code == 204


def test_what_a_stand_in_logged_both_may_void(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    customer: Customer,
) -> None:
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.BUSY)
    own = log_contact(actor=colleague, customer=customer, contact=contact)
    browser = signed_in(colleague)
    assert get_part(browser, void_url(own)).status_code == 200
    assert get_part(signed_in(manager), void_url(own)).status_code == 200
