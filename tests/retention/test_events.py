"""Events that cannot wait are kept once and asked to be judged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import ContactRecord, Outcome
from contacts.services.records import Contact, log_contact, void_contact
from core import clock
from core.models import AuditEntry, OutboxTask
from customers.models import Channel, Customer
from retention.models import ChurnEvent
from retention.models.usage import Source
from retention.services.events import (
    JUDGE_TASK,
    EventRow,
    TakenEvent,
    take_competitor_mentions,
    take_events,
)
from staff.models import StaffUser
from tests.factories import CustomerFactory


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager)


def event(customer: Customer, external_id: str = "") -> EventRow:
    return EventRow(
        customer=customer.pk,
        kind=ChurnEvent.Kind.PORT_OUT_STARTED,
        happened_at=clock.now() - timedelta(minutes=1),
        external_id=external_id,
        competitor="乙公司",
    )


def take(actor: StaffUser, *events: EventRow) -> list[TakenEvent]:
    return take_events(actor=actor, events=events, source=Source.API)


def test_an_event_is_kept_and_asked_to_be_judged(
    customer: Customer, administrator: StaffUser
) -> None:
    (taken,) = take(administrator, event(customer, "E-1"))
    assert taken.is_new
    kept = ChurnEvent.objects.get()
    assert kept == taken.event
    assert (kept.customer, kept.sent_by, kept.judged_at) == (customer, administrator, None)
    assert OutboxTask.objects.get(task=JUDGE_TASK).kwargs == {"event_ids": [kept.pk]}
    assert AuditEntry.objects.get(verb="churn_event.received").customer_id == customer.pk


def test_an_event_sent_twice_stays_one(customer: Customer, administrator: StaffUser) -> None:
    both = take(administrator, event(customer, "E-1"), event(customer, "E-1"))
    again = take(administrator, event(customer, "E-1"))
    assert [one.is_new for one in (*both, *again)] == [True, False, False]
    assert ChurnEvent.objects.count() == 1
    assert OutboxTask.objects.filter(task=JUDGE_TASK).count() == 1


def test_another_system_may_use_the_same_id(
    customer: Customer, administrator: StaffUser, supervisor: StaffUser
) -> None:
    take(administrator, event(customer, "E-1"))
    take(supervisor, event(customer, "E-1"))
    assert ChurnEvent.objects.count() == 2


def test_events_without_an_id_are_events_of_their_own(
    customer: Customer, manager: StaffUser
) -> None:
    take(manager, event(customer), event(customer))
    assert ChurnEvent.objects.count() == 2


def mention(manager: StaffUser, customer: Customer, competitor: str = "乙公司") -> ContactRecord:
    contact = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.REACHED,
        mentions_competitor=True,
        competitor=competitor,
    )
    return log_contact(actor=manager, customer=customer, contact=contact)


def test_a_mentioned_competitor_becomes_an_event_once(
    customer: Customer, manager: StaffUser
) -> None:
    record = mention(manager, customer)
    log_contact(
        actor=manager,
        customer=customer,
        contact=Contact(channel=Channel.PHONE, outcome=Outcome.REACHED),
    )
    assert [take_competitor_mentions() for _ in range(2)] == [1, 0]
    kept = ChurnEvent.objects.get()
    assert (kept.kind, kept.contact_record) == (ChurnEvent.Kind.COMPETITOR_MENTIONED, record)
    assert (kept.competitor, kept.happened_at) == ("乙公司", record.happened_at)
    assert OutboxTask.objects.get(task=JUDGE_TASK).kwargs == {"event_ids": [kept.pk]}


def test_a_record_that_was_taken_back_mentions_nobody(
    customer: Customer, manager: StaffUser
) -> None:
    void_contact(actor=manager, record=mention(manager, customer), reason="填错客户")
    assert take_competitor_mentions() == 0


def test_mentions_are_taken_up_with_the_same_statements_however_many(manager: StaffUser) -> None:
    def statements(count: int) -> int:
        for _ in range(count):
            mention(manager, CustomerFactory(manager=manager))
        with CaptureQueriesContext(connection) as asked:
            assert take_competitor_mentions() == count
        return len(asked)

    assert statements(1) == statements(10)
