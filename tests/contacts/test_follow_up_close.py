"""A promise marked as kept without a new contact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import ContactRecord, Outcome
from contacts.services.records import Contact, log_contact
from core.models import AuditEntry
from customers.models import Channel
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY, events, get_part, post_part

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def promise(manager: StaffUser) -> ContactRecord:
    contact = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.NO_ANSWER,
        happened_at=NOW - timedelta(days=1),
        follow_up_on=TODAY,
    )
    return log_contact(actor=manager, customer=CustomerFactory(manager=manager), contact=contact)


def close_url(record: ContactRecord) -> str:
    return reverse("contacts:follow_up_close", args=[record.pk])


def test_it_is_marked_once_and_leaves_my_day(
    signed_in: Browser, manager: StaffUser, promise: ContactRecord
) -> None:
    browser = signed_in(manager)
    home = reverse("portfolio:my_day") + "?show=follow_up"
    assert len(get_part(browser, home).context["sections"]) == 1
    for _time in range(2):
        response = post_part(browser, close_url(promise))
        assert response.status_code == 204
        assert "careChanged" in events(response)
    assert events(response)["toast"]["text"] == "The promise was kept already, 0 seconds ago."
    assert get_part(browser, home).context["sections"] == []
    assert AuditEntry.objects.filter(verb="contact.follow_up_closed").count() == 1


def test_a_record_without_a_promise_has_nothing_to_keep(
    signed_in: Browser, manager: StaffUser, promise: ContactRecord
) -> None:
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.BUSY)
    other = log_contact(actor=manager, customer=promise.customer, contact=contact)
    assert post_part(signed_in(manager), close_url(other)).status_code == 404


def test_only_who_serves_or_supervises_marks_it(
    signed_in: Browser,
    outsider: StaffUser,
    colleague: StaffUser,
    head_office: StaffUser,
    handler: StaffUser,
    administrator: StaffUser,
    supervisor: StaffUser,
    promise: ContactRecord,
) -> None:
    for person in (outsider, colleague, head_office, handler, administrator):
        assert post_part(signed_in(person), close_url(promise)).status_code == 404
    promise.refresh_from_db()
    assert promise.follow_up_closed_at is None
    assert post_part(signed_in(supervisor), close_url(promise)).status_code == 204


def test_it_wants_a_form_that_is_sent(
    signed_in: Browser, manager: StaffUser, promise: ContactRecord
) -> None:
    assert signed_in(manager).get(close_url(promise)).status_code == 405
