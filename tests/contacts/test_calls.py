"""Calls taken in, missed calls opened, joined, closed and reopened, records confirmed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import (
    CallEvent,
    ContactRecord,
    Direction,
    DiscardReason,
    MissedCall,
    MissedCallNotice,
    Outcome,
    RecordedAs,
)
from contacts.services.call_records import confirm_call, discard_call
from contacts.services.calls import choose_customer, explain_recent_calls
from contacts.services.missed_calls import escalate_missed_calls
from contacts.services.records import Contact, log_contact, void_contact
from core.models import AuditEntry
from customers.models import Channel, Customer, CustomerPhone
from staff.models import StaffUser
from tests.conftest import Company
from tests.contacts.calls_of import a_call, call_centre, only_missed, tell, told
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, TODAY

pytestmark = pytest.mark.usefixtures("frozen")

NUMBER = "13812345678"
AGO = NOW - timedelta(minutes=20)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    found: Customer = CustomerFactory(manager=manager, phone=NUMBER)
    return found


@pytest.fixture
def centre(company: Company) -> StaffUser:
    return call_centre()


def log(
    actor: StaffUser,
    customer: Customer,
    at: datetime,
    outcome: Outcome = Outcome.REACHED,
    channel: Channel = Channel.PHONE,
    direction: Direction = Direction.OUTGOING,
) -> ContactRecord:
    contact = Contact(channel=channel, outcome=outcome, happened_at=at, direction=direction)
    return log_contact(actor=actor, customer=customer, contact=contact)


def test_a_missed_call_is_to_be_returned_within_thirty_minutes_by_who_was_on_duty(
    customer: Customer,
    centre: StaffUser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
) -> None:
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    [event] = tell(centre, a_call(NUMBER, AGO))
    missed = only_missed()
    assert (event.customer, event.manager, event.served_by) == (customer, manager, colleague)
    assert (missed.opened_at, missed.due_at) == (AGO, AGO + 30 * MINUTE)
    assert (missed.manager, missed.holder, missed.unit) == (manager, colleague, manager.unit)
    assert CallEvent.objects.get().missed_call == missed
    assert AuditEntry.objects.filter(verb="missed_call.opened", customer_id=customer.pk).exists()
    for person in (manager, colleague):
        person.refresh_from_db()
        assert MissedCall.objects.due_for(person)[customer.pk].due_at == missed.due_at


def test_more_missed_calls_join_and_attempts_are_counted(
    customer: Customer, centre: StaffUser, manager: StaffUser
) -> None:
    tell(centre, a_call(NUMBER, AGO), a_call(NUMBER, AGO + 3 * MINUTE, "busy"))
    tell(centre, a_call(NUMBER, AGO + 5 * MINUTE, "no_answer", "outgoing"))
    log(manager, customer, AGO + 6 * MINUTE, Outcome.BUSY)
    missed = only_missed()
    assert (missed.calls, missed.attempts, missed.is_open) == (2, 2, True)
    assert (missed.due_at, missed.last_call_at) == (AGO + 30 * MINUTE, AGO + 3 * MINUTE)
    assert missed.last_attempt_at == AGO + 6 * MINUTE


@pytest.mark.parametrize("direction", Direction)
def test_a_contact_that_reached_closes_and_voiding_it_opens_again(
    customer: Customer, centre: StaffUser, manager: StaffUser, direction: Direction
) -> None:
    log(manager, customer, AGO - MINUTE)
    tell(centre, a_call(NUMBER, AGO))
    assert only_missed().is_open
    record = log(manager, customer, AGO + 10 * MINUTE, direction=direction)
    missed = only_missed()
    assert (missed.closed_at, missed.close_reason) == (AGO + 10 * MINUTE, "reached")
    assert missed.closed_by_record == record
    void_contact(actor=manager, record=record, reason="记错了")
    missed = only_missed()
    assert (missed.is_open, missed.closed_by_record, missed.calls) == (True, None, 1)


def test_a_contact_logged_later_closes_as_of_when_it_was(
    customer: Customer, centre: StaffUser, manager: StaffUser
) -> None:
    tell(centre, a_call(NUMBER, AGO))
    log(manager, customer, NOW)
    log(manager, customer, AGO + 4 * MINUTE)
    assert only_missed().closed_at == AGO + 4 * MINUTE


def test_an_answered_call_of_the_customer_closes_but_is_no_contact_of_the_manager(
    customer: Customer, centre: StaffUser
) -> None:
    tell(centre, a_call(NUMBER, AGO))
    [event] = tell(centre, a_call(NUMBER, AGO + 9 * MINUTE, "answered", line="10086"))
    missed = only_missed()
    assert (missed.closed_by_event, missed.closed_by_record) == (event, None)
    assert event.confirmation == "nothing"
    assert not ContactRecord.objects.exists()


def test_a_missed_call_told_late_finds_itself_returned_already(
    customer: Customer, centre: StaffUser, manager: StaffUser
) -> None:
    record = log(manager, customer, AGO + 5 * MINUTE)
    tell(centre, a_call(NUMBER, AGO))
    assert only_missed().closed_by_record == record


def test_a_voided_return_joins_what_came_after_it(
    customer: Customer, centre: StaffUser, manager: StaffUser
) -> None:
    tell(centre, a_call(NUMBER, AGO))
    record = log(manager, customer, AGO + MINUTE)
    tell(centre, a_call(NUMBER, AGO + 2 * MINUTE))
    first, second = MissedCall.objects.order_by("pk")
    assert (first.is_open, second.is_open) == (False, True)
    void_contact(actor=manager, record=record, reason="记错了")
    first, second = MissedCall.objects.order_by("pk")
    assert (first.is_open, first.calls) == (True, 2)
    assert second.close_reason == "joined"
    assert MissedCall.objects.standing().get() == first


def test_unknown_numbers_are_kept_apart_until_somebody_has_them(
    customer: Customer, centre: StaffUser, company: Company
) -> None:
    [event] = tell(centre, a_call("13900000000", AGO))
    assert (event.match, event.customer, event.unit) == ("unknown", None, company.province)
    assert not MissedCall.objects.exists()
    assert explain_recent_calls() == 0
    CustomerPhone.objects.create(customer=customer, number="+8613900000000", position=1)
    assert explain_recent_calls() == 1
    assert explain_recent_calls() == 0
    assert only_missed().opened_at == AGO


def test_a_shared_number_is_kept_with_the_unit_of_all_until_a_customer_is_chosen(
    customer: Customer, centre: StaffUser, company: Company, other_manager: StaffUser
) -> None:
    other = CustomerFactory(manager=other_manager, phone=NUMBER)
    [event] = tell(centre, a_call(NUMBER, AGO))
    assert (event.match, event.unit) == ("shared", company.city)
    stranger = CustomerFactory(manager=other_manager)
    with pytest.raises(ValidationError):
        choose_customer(actor=other_manager, event=event, customer=stranger)
    for _twice in range(2):
        choose_customer(actor=other_manager, event=event, customer=other)
    assert only_missed().customer == other


def test_a_customer_who_has_left_or_is_out_of_the_senders_units_is_unknown(
    company: Company, manager: StaffUser, outsider: StaffUser
) -> None:
    CustomerFactory(manager=outsider, phone=NUMBER)
    CustomerFactory(manager=manager, phone="13911111111", status="left")
    events = tell(call_centre(company.city), a_call(NUMBER, AGO), a_call("13911111111", AGO))
    assert [(event.match, event.unit) for event in events] == [("unknown", company.city)] * 2


def test_the_same_id_is_one_call(customer: Customer, centre: StaffUser) -> None:
    call = a_call(NUMBER, AGO, event_id="C")
    other = a_call(NUMBER, AGO - MINUTE, event_id="C")
    outcomes = [taken.outcome.value for taken in told(centre, call, call, other)]
    assert outcomes == ["new", "same", "conflict"]
    outcomes = [taken.outcome.value for taken in told(centre, other, call)]
    assert outcomes == ["conflict", "same"]
    assert CallEvent.objects.get().started_at == AGO
    assert only_missed().calls == 1


def test_taking_in_takes_the_same_statements_for_many(
    manager: StaffUser, centre: StaffUser
) -> None:
    numbers = [f"1370000000{n}" for n in range(9)]
    for number in numbers:
        CustomerFactory(manager=manager, phone=number)

    def taken(*few: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            tell(centre, *(a_call(number, AGO) for number in few))
        return len(captured)

    assert taken(numbers[0]) == taken(*numbers[1:])


# --- Records to confirm --------------------------------------------------------------------------


def test_the_managers_own_call_becomes_a_record_with_one_tap_and_counts_only_then(
    customer: Customer, centre: StaffUser, manager: StaffUser, colleague: StaffUser
) -> None:
    tell(centre, a_call(NUMBER, AGO))
    own = a_call(NUMBER, AGO + 8 * MINUTE, "answered", "outgoing", staff_number="2001")
    [event] = tell(centre, own)
    assert (event.handled_by, event.confirmation) == (manager, "waiting")
    assert not ContactRecord.objects.exists()
    assert only_missed().is_open
    with pytest.raises(ValidationError):
        confirm_call(actor=colleague, event=event)
    record = confirm_call(actor=manager, event=event)
    assert confirm_call(actor=manager, event=event) == record
    assert ContactRecord.objects.get() == record
    assert (record.is_counted, record.outcome, record.duration_seconds) == (True, "reached", 180)
    assert (record.recorded_as, record.happened_at) == (RecordedAs.MANAGER, own.answered_at)
    assert only_missed().closed_by_record == record
    with pytest.raises(ValidationError):
        discard_call(actor=manager, event=event, reason=DiscardReason.PRIVATE)


def test_an_unanswered_call_is_one_attempt_before_and_after_it_is_confirmed(
    customer: Customer, centre: StaffUser, manager: StaffUser
) -> None:
    tell(centre, a_call(NUMBER, AGO))
    own = a_call(NUMBER, AGO + MINUTE, "switched_off", "outgoing", staff_number="2001")
    [event] = tell(centre, own)
    assert only_missed().attempts == 1
    record = confirm_call(actor=manager, event=event)
    assert (record.outcome, only_missed().attempts) == ("switched_off", 1)


def test_a_record_logged_by_hand_is_linked_instead_of_doubled(
    customer: Customer, centre: StaffUser, manager: StaffUser
) -> None:
    by_hand = log(manager, customer, AGO + 5 * MINUTE)
    own = a_call(NUMBER, AGO, "answered", "outgoing", staff_number="2001")
    [event] = tell(centre, own)
    assert confirm_call(actor=manager, event=event) == by_hand
    assert ContactRecord.objects.count() == 1


def test_a_private_call_is_discarded_with_its_reason_and_is_no_attempt(
    customer: Customer, centre: StaffUser, manager: StaffUser
) -> None:
    tell(centre, a_call(NUMBER, AGO))
    own = a_call(NUMBER, AGO + MINUTE, "no_answer", "outgoing", line="139 1111 2222")
    manager.phone = "13911112222"
    manager.save()
    [event] = tell(centre, own)
    assert event.handled_by == manager
    with pytest.raises(ValidationError):
        discard_call(actor=manager, event=event, reason=DiscardReason.OTHER)
    for _twice in range(2):
        discard_call(actor=manager, event=event, reason=DiscardReason.PRIVATE)
    assert (only_missed().attempts, CallEvent.objects.filter(confirmation="discarded").count()) == (
        0,
        1,
    )
    with pytest.raises(ValidationError):
        confirm_call(actor=manager, event=event)


def test_the_call_of_who_does_not_serve_the_customer_is_nothing_to_confirm(
    customer: Customer, centre: StaffUser, outsider: StaffUser, city_supervisor: StaffUser
) -> None:
    calls = [
        a_call(NUMBER, AGO, "answered", "outgoing", staff_number=person.staff_number)
        for person in (outsider, city_supervisor)
    ]
    assert [event.confirmation for event in tell(centre, *calls)] == ["nothing", "waiting"]


# --- The minute job ------------------------------------------------------------------------------


def test_an_overdue_one_is_told_once_to_the_next_in_line_and_the_supervisor(
    customer: Customer,
    centre: StaffUser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    frozen: time_machine.Traveller,
) -> None:
    tell(centre, a_call(NUMBER, AGO))
    frozen.move_to(AGO + 30 * MINUTE - timedelta(seconds=1))
    assert escalate_missed_calls() == 0
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    frozen.move_to(AGO + 30 * MINUTE)
    assert (escalate_missed_calls(), escalate_missed_calls()) == (1, 0)
    notices = MissedCallNotice.objects.values_list("person", "role")
    assert set(notices) == {(colleague.pk, "next"), (supervisor.pk, "supervisor")}
    assert AuditEntry.objects.filter(verb="missed_call.escalated").count() == 1


def test_without_a_supervisor_of_the_unit_the_next_one_up_is_told(
    customer: Customer,
    centre: StaffUser,
    city_supervisor: StaffUser,
    frozen: time_machine.Traveller,
) -> None:
    tell(centre, a_call(NUMBER, AGO))
    frozen.move_to(AGO + 31 * MINUTE)
    escalate_missed_calls()
    assert MissedCallNotice.objects.get().person == city_supervisor


def test_the_job_takes_the_same_statements_for_many_and_asks_only_for_what_is_due(
    manager: StaffUser,
    supervisor: StaffUser,
    centre: StaffUser,
    frozen: time_machine.Traveller,
) -> None:
    numbers = [f"1370000000{n}" for n in range(9)]
    for number in numbers:
        CustomerFactory(manager=manager, phone=number)
    tell(centre, a_call(numbers[0], AGO), *(a_call(number, NOW) for number in numbers[1:]))

    def taken() -> int:
        with CaptureQueriesContext(connection) as captured:
            escalate_missed_calls()
        return len(captured)

    idle = taken()
    frozen.move_to(AGO + 31 * MINUTE)
    one = taken()
    frozen.move_to(NOW + 31 * MINUTE)
    assert taken() == one
    assert idle <= 3
    assert MissedCall.objects.filter(escalated_at=None).count() == 0


def test_who_has_left_waits_for_no_call(
    customer: Customer, centre: StaffUser, frozen: time_machine.Traveller
) -> None:
    tell(centre, a_call(NUMBER, AGO))
    Customer.objects.filter(pk=customer.pk).update(
        status="left", left_on=TODAY, contact_due_on=None, visit_due_on=None
    )
    frozen.move_to(AGO + 31 * MINUTE)
    assert escalate_missed_calls() == 0
    assert only_missed().close_reason == "left"


def test_open_and_overdue_ones_are_counted_by_unit_and_manager(
    customer: Customer,
    centre: StaffUser,
    manager: StaffUser,
    supervisor: StaffUser,
    outsider: StaffUser,
    django_assert_num_queries: Callable[..., AbstractContextManager[object]],
) -> None:
    late = CustomerFactory(manager=manager, phone="13700000001")
    far = CustomerFactory(manager=outsider, phone="13700000002")
    tell(centre, a_call(NUMBER, AGO), a_call("13700000001", AGO - 30 * MINUTE))
    tell(centre, a_call("13700000002", AGO))
    rows = MissedCall.objects.visible_to(supervisor)
    with django_assert_num_queries(1):
        assert rows.open_counts(NOW) == {(manager.unit_id, manager.pk): (2, 1)}
    assert manager.scope.manager_ids
    with django_assert_num_queries(1):
        assert list(MissedCall.objects.due_for(manager)) == [late.pk, customer.pk]
    assert list(MissedCall.objects.due_for(outsider)) == [far.pk]
