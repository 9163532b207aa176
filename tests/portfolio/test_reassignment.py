"""Handing over: everything goes along untouched, both sides are told, nothing happens twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from contacts.models import Cadence, CadenceFlag, ContactRecord, Exemption, Outcome, Snooze
from contacts.services.exemptions import request_exemption
from contacts.services.flags import flag_overdue
from contacts.services.records import Contact, log_contact
from contacts.services.snoozes import snooze_row
from core.models import AuditEntry
from customers.models import Channel, Customer, ManagerChange
from customers.services.standing import assign_manager
from portfolio.models import HandoverNotice, ReassignedCustomer, Reassignment
from portfolio.services import reassignment
from portfolio.services.reassignment import apply_due_reassignments, preview
from portfolio.tasks import apply_reassignments
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, TODAY
from tests.portfolio.handovers import hand_over

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

OPEN_WORK: tuple[Any, ...] = (CadenceFlag, ContactRecord, Exemption, Snooze)
MOVED = {"manager_id", "unit_id", "updated_at", "version"}


def with_open_work(manager: StaffUser) -> Customer:
    """A customer with an overdue flag, a promise, a waiting exemption and a snooze."""
    customer: Customer = CustomerFactory(manager=manager, last_contact_on=date(2026, 9, 1))
    flag_overdue()
    contact = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.NO_ANSWER,
        happened_at=NOW - timedelta(days=1),
        follow_up_on=TODAY,
    )
    log_contact(actor=manager, customer=customer, contact=contact)
    request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.VISIT,
        reason=Exemption.Reason.ABROAD,
        ends_on=TODAY + timedelta(days=9),
    )
    snooze_row(
        actor=manager,
        customer=customer,
        subject=Snooze.Subject.BIRTHDAY,
        until=TODAY + timedelta(days=3),
        reason="出差",
    )
    return customer


def rows_of(customer: Customer) -> dict[str, list[dict[str, Any]]]:
    """Everything that belongs to the customer, as it is stored."""
    return {
        model.__name__: list(model._default_manager.filter(customer=customer).values())
        for model in OPEN_WORK
    }


def own_columns(customer: Customer) -> dict[str, Any]:
    found = Customer.objects.filter(pk=customer.pk).values().get()
    return {name: value for name, value in found.items() if name not in MOVED}


def test_open_work_and_clocks_go_along_untouched(
    manager: StaffUser, other_manager: StaffUser, city_supervisor: StaffUser
) -> None:
    customer = with_open_work(manager)
    work, columns = rows_of(customer), own_columns(customer)
    assert all(work.values())
    hand_over(city_supervisor, [customer], other_manager)
    customer.refresh_from_db()
    assert (customer.manager, customer.unit) == (other_manager, other_manager.unit)
    assert rows_of(customer) == work
    assert own_columns(customer) == columns
    assert flag_overdue().opened == flag_overdue().closed == 0


def test_history_keeps_both_and_says_who_when_and_why(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager)
    hand_over(supervisor, [customer], colleague, note="王经理调岗")
    first, last = ManagerChange.objects.filter(customer=customer)
    assert (first.manager, last.old_manager, last.manager) == (manager, manager, colleague)
    assert (last.effective_on, last.changed_by, last.reason) == (TODAY, supervisor, "王经理调岗")
    entry = AuditEntry.objects.get(verb="customer.manager_changed")
    assert (entry.actor, entry.customer_id) == (supervisor, customer.pk)
    assert entry.changes["manager_id"] == [manager.pk, colleague.pk]
    assert AuditEntry.objects.filter(verb="handover.made").count() == 1


def test_both_managers_are_told_and_the_pool_is_nobody(
    company: Any,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
) -> None:
    own = [CustomerFactory(manager=manager) for _ in range(2)]
    pooled = CustomerFactory(manager=None, unit=company.district)
    hand_over(supervisor, [*own, pooled], colleague)
    told = set(HandoverNotice.objects.values_list("reader", "other", "came", "customers"))
    assert told == {
        (colleague.pk, manager.pk, True, 2),
        (colleague.pk, None, True, 1),
        (manager.pk, colleague.pk, False, 2),
    }


def test_sent_twice_it_is_one_handover(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    customer, key = CustomerFactory(manager=manager), uuid4()
    first = hand_over(supervisor, [customer], colleague, submission_key=key)
    assert hand_over(supervisor, [customer], colleague, submission_key=key) == first
    assert Reassignment.objects.count() == 1
    assert ManagerChange.objects.filter(customer=customer).count() == 2


def test_who_is_not_the_supervisors_stays_and_is_not_counted(
    manager: StaffUser, colleague: StaffUser, outsider: StaffUser, supervisor: StaffUser
) -> None:
    own, far = CustomerFactory(manager=manager), CustomerFactory(manager=outsider)
    there_already = CustomerFactory(manager=colleague)
    left = CustomerFactory(manager=manager, status="left")
    made = hand_over(supervisor, [own, far, there_already, left], colleague)
    assert made.counts["customers"] == 1
    assert [item.customer for item in made.reassigned.all()] == [own]
    managers = [Customer.objects.get(pk=one.pk).manager for one in (own, far, there_already, left)]
    assert managers == [colleague, outsider, colleague, manager]


@pytest.mark.parametrize("wrong", ["far", "inactive", "supervisor", "past", "nobody"])
def test_what_cannot_be_is_refused_and_changes_nothing(
    wrong: str,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
) -> None:
    customer = CustomerFactory(manager=manager)
    target, day, given = colleague, TODAY, [customer]
    if wrong == "far":
        target = outsider
    elif wrong == "inactive":
        colleague.is_active = False
        colleague.save()
    elif wrong == "supervisor":
        target = supervisor
    elif wrong == "past":
        day = TODAY - timedelta(days=1)
    else:
        given = []
    with pytest.raises(ValidationError):
        hand_over(supervisor, given, target, day)
    assert not Reassignment.objects.exists()
    assert Customer.objects.get(pk=customer.pk).manager == manager


def test_who_is_no_supervisor_hands_nobody_over(manager: StaffUser, colleague: StaffUser) -> None:
    customer = CustomerFactory(manager=manager)
    with pytest.raises(ValidationError):
        hand_over(manager, [customer], colleague)


# --- A later day --------------------------------------------------------------------------------


def test_a_later_handover_takes_place_on_its_day_and_once(
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    frozen: time_machine.Traveller,
) -> None:
    customer = CustomerFactory(manager=manager)
    day = TODAY + timedelta(days=2)
    made = hand_over(supervisor, [customer], colleague, day)
    assert apply_due_reassignments() == 0
    customer.refresh_from_db()
    assert (customer.manager, HandoverNotice.objects.count()) == (manager, 0)
    frozen.move_to(NOW + timedelta(days=2))
    assert apply_reassignments() == 1
    assert apply_reassignments() == 0
    customer.refresh_from_db()
    assert customer.manager == colleague
    assert ManagerChange.objects.get(manager=colleague).effective_on == day
    item = made.reassigned.get()
    assert item.first_contact_due_on == day + timedelta(days=7)
    assert HandoverNotice.objects.count() == 2


def test_a_later_handover_leaves_who_has_another_manager_by_then(
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    city_supervisor: StaffUser,
    frozen: time_machine.Traveller,
) -> None:
    gone, staying = CustomerFactory(manager=manager), CustomerFactory(manager=manager)
    made = hand_over(city_supervisor, [gone, staying], colleague, TODAY + timedelta(days=1))
    assign_manager(actor=city_supervisor, customer=gone, manager=other_manager, reason="调整")
    frozen.move_to(NOW + timedelta(days=1))
    apply_due_reassignments()
    gone.refresh_from_db()
    assert gone.manager == other_manager
    moved = ReassignedCustomer.objects.filter(reassignment=made, moved_at__isnull=False)
    assert [item.customer for item in moved] == [staying]


def test_a_later_handover_to_who_has_left_waits_and_is_logged(
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    frozen: time_machine.Traveller,
    caplog: pytest.LogCaptureFixture,
) -> None:
    customer = CustomerFactory(manager=manager)
    hand_over(supervisor, [customer], colleague, TODAY + timedelta(days=1))
    StaffUser.objects.filter(pk=colleague.pk).update(is_active=False)
    frozen.move_to(NOW + timedelta(days=1))
    assert apply_due_reassignments() == 0
    assert "its new manager has left" in caplog.text
    customer.refresh_from_db()
    assert customer.manager == manager


# --- Preview and cover --------------------------------------------------------------------------


def test_the_preview_counts_what_goes_along(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    ids = [with_open_work(manager).pk, CustomerFactory(manager=manager, tier="diamond").pk]
    CustomerFactory(manager=colleague)
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    flag_overdue()
    flags = CadenceFlag.objects.open().filter(customer__in=ids).count()
    found = preview(actor=supervisor, customers=ids, today=TODAY)
    assert found.tiers == {"diamond": 1, "gold": 1, "silver": 0}
    assert (found.customers, found.promises, found.exemptions, found.covers) == (2, 1, 1, 1)
    assert found.flags == flags > 0


def test_a_cover_follows_the_manager_not_the_customer(
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    customer = with_open_work(manager)
    last = TODAY + timedelta(days=5)
    for away in (manager, other_manager):
        CoverFactory(
            manager=away,
            stand_in=colleague,
            ends_on=last,
            arranged_by=city_supervisor,
        )
    hand_over(city_supervisor, [customer], other_manager)
    stand_in = StaffUser.objects.get(pk=colleague.pk)
    assert stand_in.scope.manager_ids == {colleague.pk, manager.pk, other_manager.pk}
    assert list(Customer.objects.visible_to(stand_in)) == [customer]
    assert CadenceFlag.objects.visible_to(stand_in).open().exists()
    former = StaffUser.objects.get(pk=manager.pk)
    assert not Customer.objects.visible_to(former).exists()


# --- Size and concurrency -----------------------------------------------------------------------


def statements_for(
    count: int, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> int:
    made = [CustomerFactory(manager=manager) for _ in range(count)]
    supervisor.refresh_from_db()
    with CaptureQueriesContext(connection) as captured:
        hand_over(supervisor, made, colleague)
    assert Customer.objects.filter(manager=manager).count() == 0
    return len(captured)


def test_the_same_statements_for_few_and_many(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    few = statements_for(10, manager, colleague, supervisor)
    assert statements_for(100, manager, colleague, supervisor) == few
    assert few <= 26


@pytest.mark.postgres
def test_the_same_statements_for_a_whole_portfolio(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    few = statements_for(10, manager, colleague, supervisor)
    assert statements_for(800, manager, colleague, supervisor) == few


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_contacts_logged_meanwhile_are_all_kept(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    customers = [
        CustomerFactory(manager=manager, last_contact_on=date(2026, 9, 1)) for _ in range(20)
    ]
    flag_overdue()
    both_begin = threading.Barrier(2)
    call = Contact(
        channel=Channel.PHONE, outcome=Outcome.REACHED, follow_up_on=TODAY + timedelta(days=2)
    )

    def log_all() -> None:
        both_begin.wait()
        try:
            for customer in reversed(customers):
                log_contact(actor=supervisor, customer=customer, contact=call)
        finally:
            connection.close()

    def hand_all_over() -> None:
        both_begin.wait()
        try:
            hand_over(supervisor, customers, colleague)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as pool:
        for job in [pool.submit(log_all), pool.submit(hand_all_over)]:
            job.result()
    assert ContactRecord.objects.open_follow_ups().count() == 20
    moved = Customer.objects.filter(manager=colleague, last_contact_on=TODAY)
    assert moved.filter(contact_due_on=date(2026, 12, 23)).count() == 20
    assert not CadenceFlag.objects.open().exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_jobs_at_once_hand_over_once(
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    frozen: time_machine.Traveller,
) -> None:
    customer = CustomerFactory(manager=manager)
    hand_over(supervisor, [customer], colleague, TODAY + timedelta(days=1))
    frozen.move_to(NOW + timedelta(days=1))

    def run() -> int:
        try:
            return apply_due_reassignments()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=3) as pool:
        assert sum(job.result() for job in [pool.submit(run) for _ in range(3)]) == 1
    assert ManagerChange.objects.filter(customer=customer).count() == 2


def test_a_failure_half_way_leaves_everything_as_it_was(
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customer = CustomerFactory(manager=manager)

    def broken(*args: Any) -> None:
        raise RuntimeError("full disk")

    monkeypatch.setattr(reassignment, "_tell", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        hand_over(supervisor, [customer], colleague)
    customer.refresh_from_db()
    assert customer.manager == manager
    assert not Reassignment.objects.exists()
    assert ManagerChange.objects.count() == 1
