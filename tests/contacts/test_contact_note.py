"""A line added to a contact that was logged by one tap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from contacts.models import ContactRecord, Outcome
from contacts.services.records import Contact, add_to_contact, log_contact, void_contact
from core.models import AuditEntry
from customers.models import Channel
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY, events, post_part, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def record(manager: StaffUser) -> ContactRecord:
    """A call that was logged by one tap."""
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    return log_contact(actor=manager, customer=CustomerFactory(manager=manager), contact=contact)


def note_url(record: ContactRecord) -> str:
    return reverse("contacts:contact_note", args=[record.pk])


def test_the_line_and_the_promised_day_are_added(
    signed_in: Browser, manager: StaffUser, record: ContactRecord
) -> None:
    data = {"summary": "想换套餐", "follow_up_on": TODAY + timedelta(days=3)}
    response = post_part(signed_in(manager), note_url(record), data)
    record.refresh_from_db()
    assert response.status_code == 204
    assert "contactLogged" in events(response)
    assert (record.summary, record.follow_up_on) == ("想换套餐", TODAY + timedelta(days=3))
    assert AuditEntry.objects.get(verb="contact.completed").changes["summary"] == ["", "想换套餐"]


def test_sent_twice_it_is_written_once(
    signed_in: Browser, manager: StaffUser, record: ContactRecord
) -> None:
    browser = signed_in(manager)
    for line in ("第一次", "第二次"):
        assert post_part(browser, note_url(record), {"summary": line}).status_code == 204
    record.refresh_from_db()
    assert record.summary == "第一次"
    assert AuditEntry.objects.filter(verb="contact.completed").count() == 1


def test_a_promised_day_before_the_contact_is_refused_and_the_line_stays(
    signed_in: Browser, manager: StaffUser, record: ContactRecord
) -> None:
    data = {"summary": "想换套餐", "follow_up_on": TODAY - timedelta(days=1)}
    response = post_part(signed_in(manager), note_url(record), data)
    assert response.status_code == 422
    assert "想换套餐" in text_of(response)
    record.refresh_from_db()
    assert record.summary == ""


def test_only_the_one_who_made_it_adds_to_it(
    signed_in: Browser,
    supervisor: StaffUser,
    outsider: StaffUser,
    head_office: StaffUser,
    record: ContactRecord,
) -> None:
    for person, status in ((supervisor, 422), (outsider, 404), (head_office, 404)):
        response = post_part(signed_in(person), note_url(record), {"summary": "别人的话"})
        assert response.status_code == status
    record.refresh_from_db()
    assert record.summary == ""


def test_a_void_record_and_a_message_stay_as_they_are(
    manager: StaffUser, record: ContactRecord
) -> None:
    message = log_contact(
        actor=manager,
        customer=record.customer,
        contact=Contact(channel=Channel.SMS, outcome=Outcome.REACHED, summary="生日快乐"),
    )
    void_contact(actor=manager, record=record, reason="错了")
    for one in (record, message):
        with pytest.raises(ValidationError):
            add_to_contact(actor=manager, record=one, summary="更多")
