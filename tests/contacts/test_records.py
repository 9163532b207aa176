"""Logging and voiding contacts: the record, the clocks, the flags, the promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from contacts.models import (
    CadenceFlag,
    ContactRecord,
    Direction,
    Occasion,
    Outcome,
    RecordedAs,
)
from contacts.services.flags import flag_overdue
from contacts.services.records import (
    Contact,
    Learnt,
    close_follow_up,
    log_contact,
    void_contact,
)
from contacts.tasks import judge_anew as judge_task
from core.models import AuditEntry
from customers.models import Channel, Customer, FactConfirmation
from customers.services.standing import mark_key
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)  # 10:00 in Shanghai
TODAY = date(2026, 11, 23)
REACHED_CALL = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _frozen() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    """A gold customer who was never contacted: overdue."""
    return CustomerFactory(manager=manager, tier="gold", vip_since=date(2026, 9, 1))


def at(days_ago: int, hour: int = 10) -> datetime:
    return NOW - timedelta(days=days_ago) + timedelta(hours=hour - 10)


def overdue_flags(customer: Customer) -> int:
    return CadenceFlag.objects.open().filter(customer=customer).count()


def test_a_reached_call_sets_the_clock_and_closes_the_flag(
    manager: StaffUser, customer: Customer
) -> None:
    flag_overdue()
    assert overdue_flags(customer) == 1
    record = log_contact(actor=manager, customer=customer, contact=REACHED_CALL)
    customer.refresh_from_db()
    assert (record.is_counted, record.recorded_as) == (True, RecordedAs.MANAGER)
    assert record.happened_on == TODAY
    assert customer.last_contact_on == TODAY
    assert customer.contact_due_on == date(2026, 12, 23)
    assert overdue_flags(customer) == 0


def test_an_unanswered_call_changes_neither_clock_nor_flag(
    manager: StaffUser, customer: Customer
) -> None:
    flag_overdue()
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.NO_ANSWER)
    record = log_contact(actor=manager, customer=customer, contact=contact)
    due = customer.contact_due_on
    customer.refresh_from_db()
    assert not record.is_counted
    assert (customer.last_contact_on, customer.contact_due_on) == (None, due)
    assert overdue_flags(customer) == 1


def test_an_older_contact_entered_later_does_not_turn_the_clock_back(
    manager: StaffUser, customer: Customer
) -> None:
    log_contact(actor=manager, customer=customer, contact=REACHED_CALL)
    older = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED, happened_at=at(20))
    record = log_contact(actor=manager, customer=customer, contact=older)
    customer.refresh_from_db()
    assert record.is_late
    assert customer.last_contact_on == TODAY


def test_a_contact_of_the_future_is_refused_and_nothing_is_written(
    manager: StaffUser, customer: Customer
) -> None:
    contact = Contact(
        channel=Channel.PHONE, outcome=Outcome.REACHED, happened_at=NOW + timedelta(minutes=1)
    )
    with pytest.raises(ValidationError, match="future"):
        log_contact(actor=manager, customer=customer, contact=contact)
    assert not ContactRecord.objects.exists()


def test_an_outcome_that_the_channel_cannot_have_is_refused(
    manager: StaffUser, customer: Customer
) -> None:
    contact = Contact(channel=Channel.SMS, outcome=Outcome.BUSY)
    with pytest.raises(ValidationError, match="channel"):
        log_contact(actor=manager, customer=customer, contact=contact)


def test_a_call_just_before_midnight_belongs_to_the_units_day(
    manager: StaffUser, customer: Customer
) -> None:
    late_evening = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED, happened_at=late_evening)
    record = log_contact(actor=manager, customer=customer, contact=contact)
    assert record.happened_on == date(2026, 11, 22)


def test_sent_twice_is_one_record(manager: StaffUser, customer: Customer) -> None:
    key = uuid4()
    first = log_contact(actor=manager, customer=customer, contact=REACHED_CALL, submission_key=key)
    second = log_contact(actor=manager, customer=customer, contact=REACHED_CALL, submission_key=key)
    assert first == second
    assert ContactRecord.objects.count() == 1
    first.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_under_cover_the_record_is_the_managers_and_names_the_stand_in(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    record = log_contact(actor=colleague, customer=customer, contact=REACHED_CALL)
    assert (record.manager, record.recorded_by) == (manager, colleague)
    assert (record.recorded_as, record.is_counted) == (RecordedAs.COVER, True)


def test_a_supervisors_contact_counts(supervisor: StaffUser, customer: Customer) -> None:
    record = log_contact(actor=supervisor, customer=customer, contact=REACHED_CALL)
    assert (record.recorded_as, record.is_counted) == (RecordedAs.SUPERVISOR, True)


def test_a_complaint_handlers_contact_does_not_count(
    handler: StaffUser, customer: Customer
) -> None:
    record = log_contact(actor=handler, customer=customer, contact=REACHED_CALL)
    customer.refresh_from_db()
    assert (record.recorded_as, record.is_counted) == (RecordedAs.HANDLER, False)
    assert customer.last_contact_on is None


def test_who_does_not_serve_the_customer_records_nothing(
    other_manager: StaffUser, customer: Customer
) -> None:
    with pytest.raises(ValidationError, match="serve"):
        log_contact(actor=other_manager, customer=customer, contact=REACHED_CALL)
    assert not ContactRecord.objects.exists()


def test_a_visit_moves_the_face_to_face_clock_too(
    manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    customer = mark_key(actor=supervisor, customer=customer, is_key=True, on=date(2026, 9, 10))
    assert customer.visit_due_on == date(2026, 12, 10)
    log_contact(actor=manager, customer=customer, contact=REACHED_CALL)
    customer.refresh_from_db()
    assert customer.visit_due_on == date(2026, 12, 10)
    visit = Contact(channel=Channel.VISIT, outcome=Outcome.REACHED, place="客户单位")
    log_contact(actor=manager, customer=customer, contact=visit)
    customer.refresh_from_db()
    assert customer.visit_due_on == date(2027, 2, 23)


def test_a_voided_contact_no_longer_counts_and_its_flag_comes_back(
    manager: StaffUser, customer: Customer
) -> None:
    flag_overdue()
    record = log_contact(actor=manager, customer=customer, contact=REACHED_CALL)
    void_contact(actor=manager, record=record, reason="打错了")
    customer.refresh_from_db()
    record.refresh_from_db()
    assert (record.is_counted, record.voided_by, record.void_reason) == (False, manager, "打错了")
    assert (customer.last_contact_on, customer.contact_due_on) == (None, date(2026, 10, 1))
    assert overdue_flags(customer) == 1
    assert CadenceFlag.objects.filter(customer=customer).count() == 2


def test_voiding_the_newest_leaves_the_one_before(manager: StaffUser, customer: Customer) -> None:
    older = Contact(channel=Channel.SMS, outcome=Outcome.REACHED, happened_at=at(3))
    log_contact(actor=manager, customer=customer, contact=older)
    newest = log_contact(actor=manager, customer=customer, contact=REACHED_CALL)
    void_contact(actor=manager, record=newest, reason="重复")
    customer.refresh_from_db()
    assert customer.last_contact_on == date(2026, 11, 20)


def test_voiding_needs_a_reason_and_twice_is_once(
    manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    record = log_contact(actor=manager, customer=customer, contact=REACHED_CALL)
    with pytest.raises(ValidationError):
        void_contact(actor=manager, record=record, reason="  ")
    void_contact(actor=manager, record=record, reason="重复")
    again = void_contact(actor=supervisor, record=record, reason="又一次")
    assert (again.voided_by, again.void_reason) == (manager, "重复")
    assert AuditEntry.objects.filter(verb="contact.voided").count() == 1


def test_the_sixth_of_the_same_text_takes_all_six_out_and_voiding_one_brings_five_back(
    manager: StaffUser,
) -> None:
    customers = [
        CustomerFactory(manager=manager, tier="gold", vip_since=date(2026, 9, 1)) for _ in range(6)
    ]
    greeting = Contact(channel=Channel.SMS, outcome=Outcome.REACHED, summary="节日快乐")
    records = [log_contact(actor=manager, customer=c, contact=greeting) for c in customers]
    counted = ContactRecord.objects.counted()
    assert counted.count() == 0
    assert records[-1].is_broadcast
    assert not Customer.objects.filter(last_contact_on__isnull=False).exists()
    void_contact(actor=manager, record=records[0], reason="重复")
    assert counted.count() == 5
    assert Customer.objects.filter(last_contact_on=TODAY).count() == 5
    call_command("verify_clocks")


def texts(sender: StaffUser, *minutes: int, text: str = "节日快乐") -> None:
    """One message each to a customer of ``sender`` who gets no other, so long before now."""
    for minute in minutes:
        contact = Contact(
            channel=Channel.SMS,
            outcome=Outcome.REACHED,
            summary=text,
            happened_at=NOW - timedelta(hours=9) + timedelta(minutes=minute),
        )
        log_contact(actor=sender, customer=CustomerFactory(manager=sender), contact=contact)


def counted_minutes() -> list[int]:
    begin = NOW - timedelta(hours=9)
    times = ContactRecord.objects.counted().values_list("happened_at", flat=True)
    return sorted(round((at - begin).total_seconds() / 60) for at in times)


def test_a_later_message_leaves_a_broadcast_that_it_sees_only_in_part(manager: StaffUser) -> None:
    texts(manager, 0, 10, 20, 30, 40, 50)
    assert counted_minutes() == []
    # Within two hours of most of them, within the hour of none.
    texts(manager, 130)
    assert counted_minutes() == [130]
    texts(manager, -75)
    assert counted_minutes() == [-75, 130]


def test_a_message_entered_late_makes_a_broadcast_of_those_before_and_after_it(
    manager: StaffUser,
) -> None:
    texts(manager, 0, 15, 70, 75, 80)
    assert len(counted_minutes()) == 5
    texts(manager, 40)
    assert len(counted_minutes()) == 6
    # From 15 to 75 there are six now; the first and the last stand outside of that hour.
    texts(manager, 60, 61)
    assert counted_minutes() == [0]
    call_command("verify_clocks")


def test_each_sender_is_judged_alone(manager: StaffUser, colleague: StaffUser) -> None:
    texts(manager, 0, 1, 2, 3, 4)
    texts(colleague, 0, 1, 2, 3, 4)
    assert len(counted_minutes()) == 10
    texts(manager, 5)
    assert counted_minutes() == [0, 1, 2, 3, 4]


def test_what_the_system_and_the_customers_wrote_makes_no_broadcast(manager: StaffUser) -> None:
    texts(manager, 0, 1, 2)
    ContactRecord.objects.all().update(is_automatic=True, is_counted=False)
    for minute in (3, 4):
        contact = Contact(
            channel=Channel.SMS,
            outcome=Outcome.REACHED,
            direction=Direction.INCOMING,
            summary="节日快乐",
            happened_at=NOW - timedelta(hours=9) + timedelta(minutes=minute),
        )
        log_contact(actor=manager, customer=CustomerFactory(manager=manager), contact=contact)
    texts(manager, 5, 6, 7, 8, 9)
    assert counted_minutes() == [5, 6, 7, 8, 9]


def test_a_message_from_the_customer_moves_no_clock_and_the_answer_does(
    manager: StaffUser, customer: Customer
) -> None:
    flag_overdue()
    wrote = Contact(
        channel=Channel.IM,
        outcome=Outcome.REACHED,
        direction=Direction.INCOMING,
        summary="请问流量怎么查",
    )
    assert not log_contact(actor=manager, customer=customer, contact=wrote).is_counted
    customer.refresh_from_db()
    assert (customer.last_contact_on, overdue_flags(customer)) == (None, 1)
    answer = Contact(channel=Channel.IM, outcome=Outcome.REACHED, summary="已回复")
    assert log_contact(actor=manager, customer=customer, contact=answer).is_counted
    customer.refresh_from_db()
    assert (customer.last_contact_on, overdue_flags(customer)) == (TODAY, 0)


def test_records_that_counted_by_an_older_rule_are_judged_anew(
    manager: StaffUser, customer: Customer
) -> None:
    wrote = Contact(channel=Channel.SMS, outcome=Outcome.REACHED, direction=Direction.INCOMING)
    record = log_contact(actor=manager, customer=customer, contact=wrote)
    ContactRecord.objects.filter(pk=record.pk).update(is_counted=True)
    Customer.objects.filter(pk=customer.pk).update(
        last_contact_on=TODAY, contact_due_on=date(2026, 12, 23)
    )
    assert (judge_task(), judge_task()) == (1, 0)
    customer.refresh_from_db()
    assert (customer.last_contact_on, customer.contact_due_on) == (None, date(2026, 10, 1))
    assert overdue_flags(customer) == 1
    call_command("verify_clocks")


def test_where_only_the_date_is_known_dates_are_compared(
    manager: StaffUser, customer: Customer
) -> None:
    this_evening = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.REACHED,
        happened_at=NOW + timedelta(hours=6),
        date_only=True,
    )
    record = log_contact(actor=manager, customer=customer, contact=this_evening)
    assert (record.happened_on, record.is_late) == (TODAY, False)
    assert record.happened_at == datetime(2026, 11, 22, 16, tzinfo=UTC)
    tomorrow = replace(this_evening, happened_at=NOW + timedelta(hours=15))
    with pytest.raises(ValidationError, match="future"):
        log_contact(actor=manager, customer=customer, contact=tomorrow)


def test_a_contact_of_the_last_century_is_a_late_one(
    manager: StaffUser, customer: Customer
) -> None:
    old = Contact(
        channel=Channel.SMS,
        outcome=Outcome.REACHED,
        happened_at=datetime(1999, 12, 31, 4, tzinfo=UTC),
        summary="您好",
    )
    record = log_contact(actor=manager, customer=customer, contact=old)
    customer.refresh_from_db()
    assert (record.is_late, record.is_counted) == (True, True)
    assert customer.contact_due_on == date(2000, 1, 31)


def test_a_promise_is_kept_by_a_contact_on_or_after_its_day(
    manager: StaffUser, customer: Customer
) -> None:
    promised = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.REACHED,
        happened_at=at(5),
        follow_up_on=date(2026, 11, 23),
    )
    promise = log_contact(actor=manager, customer=customer, contact=promised)
    later = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.REACHED,
        happened_at=at(4),
        follow_up_on=date(2026, 11, 30),
    )
    future = log_contact(actor=manager, customer=customer, contact=later)
    missed = Contact(channel=Channel.PHONE, outcome=Outcome.BUSY)
    log_contact(actor=manager, customer=customer, contact=missed)
    open_promises = ContactRecord.objects.open_follow_ups()
    assert set(open_promises) == {promise, future}
    kept_by = log_contact(actor=manager, customer=customer, contact=REACHED_CALL)
    assert set(open_promises.all()) == {future}
    promise.refresh_from_db()
    assert promise.follow_up_closed_by == kept_by
    void_contact(actor=manager, record=kept_by, reason="记错客户")
    assert set(open_promises.all()) == {promise, future}


def test_a_promise_can_be_ticked_or_closed_by_hand(manager: StaffUser, customer: Customer) -> None:
    contact = Contact(
        channel=Channel.PHONE, outcome=Outcome.NO_ANSWER, follow_up_on=date(2026, 11, 24)
    )
    first = log_contact(actor=manager, customer=customer, contact=contact)
    second = log_contact(actor=manager, customer=customer, contact=contact)
    log_contact(actor=manager, customer=customer, contact=REACHED_CALL, closes=[first.pk])
    assert set(ContactRecord.objects.open_follow_ups()) == {second}
    close_follow_up(actor=manager, record=second)
    close_follow_up(actor=manager, record=second)
    assert not ContactRecord.objects.open_follow_ups().exists()
    assert AuditEntry.objects.filter(verb="contact.follow_up_closed").count() == 1


def test_a_promise_before_the_contact_is_refused(manager: StaffUser, customer: Customer) -> None:
    contact = Contact(
        channel=Channel.PHONE, outcome=Outcome.REACHED, follow_up_on=date(2026, 11, 22)
    )
    with pytest.raises(ValidationError, match="before the contact"):
        log_contact(actor=manager, customer=customer, contact=contact)


def test_facts_learnt_in_a_contact_are_stored_and_fresh(
    manager: StaffUser, customer: Customer
) -> None:
    learnt = Learnt(values={"sports": "钓鱼", "employer": ""}, confirmed=["phone"])
    log_contact(actor=manager, customer=customer, contact=REACHED_CALL, learnt=learnt)
    customer.profile.refresh_from_db()
    assert customer.profile.sports == "钓鱼"
    confirmed = FactConfirmation.objects.filter(customer=customer)
    assert {c.fact for c in confirmed} == {"sports", "phone"}
    assert {c.confirmed_by for c in confirmed} == {manager}


def test_a_fact_that_does_not_exist_undoes_the_whole_contact(
    manager: StaffUser, customer: Customer
) -> None:
    with pytest.raises(ValidationError):
        log_contact(
            actor=manager,
            customer=customer,
            contact=REACHED_CALL,
            learnt=Learnt(values={"password": "x"}),
        )
    assert not ContactRecord.objects.exists()


def test_every_change_is_in_the_audit_trail(manager: StaffUser, customer: Customer) -> None:
    record = log_contact(actor=manager, customer=customer, contact=REACHED_CALL)
    entry = AuditEntry.objects.get(verb="contact.logged")
    assert (entry.actor, entry.object_id, entry.customer_id) == (manager, record.pk, customer.pk)


def test_verify_clocks_finds_a_clock_and_a_record_that_were_changed_behind_its_back(
    manager: StaffUser, customer: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    record = log_contact(actor=manager, customer=customer, contact=REACHED_CALL)
    call_command("verify_clocks")
    Customer.objects.filter(pk=customer.pk).update(contact_due_on=date(2030, 1, 1))
    ContactRecord.objects.filter(pk=record.pk).update(is_counted=False)
    with pytest.raises(CommandError, match="2 differences"):
        call_command("verify_clocks")
    printed = capsys.readouterr().out
    assert f"record {record.pk}" in printed
    assert f"customer {customer.number}" in printed


def test_logging_costs_the_same_however_much_there_is(
    manager: StaffUser, customer: Customer, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    manager.scope  # noqa: B018  (asked once a request, before the service)
    with django_assert_max_num_queries(12):
        log_contact(actor=manager, customer=customer, contact=REACHED_CALL, submission_key=uuid4())
    for _ in range(20):
        contact = Contact(
            channel=Channel.PHONE, outcome=Outcome.REACHED, occasion=Occasion.CAMPAIGN
        )
        log_contact(actor=manager, customer=customer, contact=contact)
    with django_assert_max_num_queries(12):
        log_contact(actor=manager, customer=customer, contact=REACHED_CALL, submission_key=uuid4())
