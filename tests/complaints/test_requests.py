"""Promises through the services: made, done, told of, taken back, reminded of, complained of."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import Traveller

from complaints.models import Complaint, ServiceRequest, Source
from complaints.services.requests import (
    Promise,
    cancel_request,
    do_request,
    make_complaint_of,
    make_request,
    reassign_request,
    remind_and_escalate,
    subject_of,
    take_back,
    tell_customer,
)
from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from core import clock
from core.models import AuditEntry
from customers.models import Channel, Customer
from staff.models import StaffUser
from staff.services import arrange_cover
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY

pytestmark = pytest.mark.usefixtures("frozen")
HOUR = timedelta(hours=1)


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    made: Customer = CustomerFactory(manager=manager)
    return made


def promises(
    actor: StaffUser, customer: Customer, what: str = "寄新卡", **said: Any
) -> ServiceRequest:
    """Promise something to a customer."""
    return make_request(actor=actor, customer=customer, promise=Promise(what=what, **said))


def statements_of_the_job() -> int:
    """Run the job; return what it took."""
    with CaptureQueriesContext(connection) as captured:
        assert all(remind_and_escalate().values())
    return len(captured)


def test_a_promise_is_the_managers_and_due_at_the_end_of_the_next_working_day(
    manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    request = promises(supervisor, customer)
    zone = clock.zone_info(customer.unit.time_zone)
    due = request.due_at.astimezone(zone)
    assert (request.responsible, request.promised_by, request.state) == (
        manager,
        supervisor,
        "open",
    )
    assert f"{due:%H:%M}" == "23:59"
    assert due.date() > TODAY
    assert due.weekday() < 5
    assert request.promised_at < request.remind_at < request.due_at
    assert request.escalate_at == request.due_at + 24 * HOUR
    entry = AuditEntry.objects.get(verb="request.promised")
    assert (entry.actor, entry.customer_id) == (supervisor, customer.pk)


def test_sent_twice_it_is_one_promise_and_anothers_key_is_refused(
    manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    key = uuid4()
    said: dict[str, Any] = {"customer": customer, "promise": Promise("寄卡")}
    first = make_request(actor=manager, submission_key=key, **said)
    assert make_request(actor=manager, submission_key=key, **said) == first
    with pytest.raises(ValidationError, match="sent under this key"):
        make_request(actor=supervisor, submission_key=key, **said)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"what": "  "}, "what"),
        ({"due_on": TODAY - timedelta(days=1)}, "due_on"),
        ({"due_at": NOW}, "due_at"),
        ({"due_on": date(2030, 1, 1)}, "due_on"),
    ],
)
def test_an_impossible_promise_is_refused_beside_its_field(
    manager: StaffUser, customer: Customer, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        promises(manager, customer, **said)
    assert field in refusal.value.error_dict


def test_only_who_serves_the_customer_can_be_responsible(
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    supervisor: StaffUser,
    customer: Customer,
) -> None:
    with pytest.raises(ValidationError):
        promises(manager, customer, responsible=other_manager)
    request = promises(manager, customer)
    with pytest.raises(ValidationError):
        reassign_request(actor=manager, request=request, responsible=colleague)
    arrange_cover(
        actor=supervisor, manager=manager, stand_in=colleague, starts_on=TODAY, ends_on=TODAY
    )
    request = reassign_request(actor=manager, request=request, responsible=colleague)
    assert request.responsible == colleague
    version = request.version
    assert (
        reassign_request(actor=manager, request=request, responsible=colleague).version == version
    )


def test_done_then_told_by_a_contact_and_each_once(manager: StaffUser, customer: Customer) -> None:
    request = do_request(actor=manager, request=promises(manager, customer))
    assert (request.state, request.done_at, request.is_open) == ("done", NOW, True)
    assert do_request(actor=manager, request=request).version == request.version
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    record = log_contact(actor=manager, customer=customer, contact=contact)
    strange = log_contact(actor=manager, customer=CustomerFactory(manager=manager), contact=contact)
    with pytest.raises(ValidationError):
        tell_customer(actor=manager, request=request, contact_record=strange)
    told = tell_customer(actor=manager, request=request, contact_record=record)
    assert (told.state, told.told_at, told.told_record) == ("told", NOW, record)
    assert tell_customer(actor=manager, request=told).version == told.version
    with pytest.raises(ValidationError, match="cannot be done"):
        cancel_request(actor=manager, request=told, reason="不要了")


def test_a_step_is_taken_back_once_and_not_after_another(
    manager: StaffUser, customer: Customer, frozen: Traveller
) -> None:
    done = do_request(actor=manager, request=promises(manager, customer))
    frozen.move_to(NOW + HOUR)
    told = tell_customer(actor=manager, request=done)
    with pytest.raises(ValidationError, match="meanwhile"):
        take_back(actor=manager, request=told, version=done.version)
    back = take_back(actor=manager, request=told, version=told.version)
    assert (back.state, back.done_at, back.told_at, back.ended_at) == ("done", NOW, None, None)
    back = take_back(actor=manager, request=back, version=back.version)
    assert (back.state, back.done_at) == ("open", None)
    at_once = tell_customer(actor=manager, request=back)
    assert take_back(actor=manager, request=at_once, version=at_once.version).state == "open"


def test_called_off_it_wants_a_reason(manager: StaffUser, customer: Customer) -> None:
    request = promises(manager, customer)
    with pytest.raises(ValidationError):
        cancel_request(actor=manager, request=request, reason=" ")
    cancelled = cancel_request(actor=manager, request=request, reason="客户不要了")
    assert (cancelled.state, cancelled.note, cancelled.ended_by) == (
        "cancelled",
        "客户不要了",
        manager,
    )


def test_the_complaint_of_a_promise_speaks_the_language_of_the_company(
    manager: StaffUser, customer: Customer
) -> None:
    assert subject_of(promises(manager, customer)) == "承诺未兑现：寄新卡"


def test_a_broken_promise_becomes_one_complaint_that_tells_its_history(
    manager: StaffUser, supervisor: StaffUser, customer: Customer, frozen: Traveller
) -> None:
    request = promises(manager, customer, due_at=NOW + 4 * HOUR)
    frozen.move_to(NOW + 30 * HOUR)
    remind_and_escalate()
    complaint = make_complaint_of(actor=manager, request=request)
    assert make_complaint_of(actor=supervisor, request=request) == complaint
    assert Complaint.objects.count() == 1
    assert (complaint.source, complaint.category.code) == (Source.REQUEST, "service-promise")
    assert complaint.wish == "寄新卡"
    assert manager.name in complaint.description
    assert len(complaint.description.splitlines()) == 5
    request.refresh_from_db()
    assert (request.state, request.complaint) == ("broken", complaint)
    customer.refresh_from_db()
    assert customer.has_open_complaint
    with pytest.raises(ValidationError):
        take_back(actor=manager, request=request, version=request.version)


def test_the_job_reminds_marks_and_escalates_once_each(
    manager: StaffUser, customer: Customer, frozen: Traveller
) -> None:
    request = promises(manager, customer, due_at=NOW + 4 * HOUR)
    done = do_request(actor=manager, request=promises(manager, customer, due_at=NOW + 4 * HOUR))
    seen = []

    def runs(at: datetime) -> dict[str, int]:
        frozen.move_to(at)
        found = dict(remind_and_escalate())
        assert not any(remind_and_escalate().values())
        seen.append(found)
        return found

    assert not any(runs(NOW + 2 * HOUR).values())
    assert runs(NOW + 3 * HOUR) == {"reminded_at": 1, "broken_at": 0, "escalated_at": 0}
    assert runs(NOW + 5 * HOUR) == {"reminded_at": 0, "broken_at": 1, "escalated_at": 0}
    assert runs(NOW + 28 * HOUR) == {"reminded_at": 0, "broken_at": 0, "escalated_at": 1}
    request.refresh_from_db()
    assert (request.state, request.reminded_at) == ("open", NOW + 3 * HOUR)
    done.refresh_from_db()
    assert (done.reminded_at, done.broken_at) == (None, None)


def test_the_job_costs_the_same_statements_for_many(
    manager: StaffUser, customer: Customer, frozen: Traveller
) -> None:
    promises(manager, customer, due_at=NOW + HOUR)
    frozen.move_to(NOW + 48 * HOUR)
    one = statements_of_the_job()
    for number in range(12):
        frozen.move_to(NOW)
        promises(manager, customer, what=str(number), due_at=NOW + HOUR)
    frozen.move_to(NOW + 48 * HOUR)
    assert statements_of_the_job() == one


def test_a_managers_day_holds_all_promises_to_the_customers_in_one_statement(
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    customer: Customer,
    frozen: Any,
    django_assert_num_queries: Any,
) -> None:
    late = promises(supervisor, customer, responsible=supervisor, due_at=NOW + HOUR)
    untold = do_request(actor=manager, request=promises(manager, customer))
    promises(manager, customer, due_at=NOW + 200 * HOUR)
    frozen.move_to(NOW + 2 * HOUR)
    now = clock.now()
    assert manager.scope.user_id == manager.pk
    with django_assert_num_queries(1):
        rows = list(ServiceRequest.objects.for_day_of(manager, now))
        assert [row.customer.name for row in rows] == [customer.name] * 2
    assert rows == [late, untold]
    assert not ServiceRequest.objects.for_day_of(colleague, now).exists()
    assert list(ServiceRequest.objects.for_day_of(supervisor, now)) == [late]
    assert ServiceRequest.objects.visible_to(supervisor).counts(now) == [
        {
            "unit_id": customer.unit_id,
            "manager_id": manager.pk,
            "open": 3,
            "overdue": 1,
            "untold": 1,
        }
    ]
