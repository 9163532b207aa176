"""Retention cases: opened, measures offered and approved, decided, followed up."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from core.models import AuditEntry
from customers.models import Channel, Customer
from retention.models import (
    CaseFollowUp,
    ChurnWarning,
    Measure,
    MeasureOffer,
    RetentionCase,
)
from retention.models.cases import LeavingReason
from retention.services import cases
from retention.services.cases import CaseChangedError, CaseRequest
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW
from tests.retention.cases_of import a_measure, asks_to_leave, warn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

State = MeasureOffer.State


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(name="王小美", manager=manager)


@pytest.fixture
def case(manager: StaffUser, customer: Customer) -> RetentionCase:
    return asks_to_leave(manager, customer)


def verbs() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))


# --- Opening ------------------------------------------------------------------------------------


def test_a_case_keeps_who_the_customer_belonged_to_and_what_was_said(
    manager: StaffUser, customer: Customer
) -> None:
    case = asks_to_leave(
        manager,
        customer,
        reason_note=" 对方便宜50元 ",
        competitor="联通",
        code_received_at=NOW - timedelta(minutes=5),
        deadline_at=NOW + timedelta(hours=3),
    )
    assert (case.manager, case.unit, case.opened_by) == (manager, customer.unit, manager)
    assert (case.reason_note, case.competitor) == ("对方便宜50元", "联通")
    # The code lives 60 minutes, which is earlier than what the customer said.
    assert case.deadline_at == NOW + timedelta(minutes=55)
    entry = AuditEntry.objects.get(verb="case.opened")
    assert (entry.customer_id, entry.changes["competitor"]) == (customer.pk, [None, "联通"])


def test_sent_twice_it_is_one_case(manager: StaffUser, customer: Customer) -> None:
    request, key = CaseRequest(reason=LeavingReason.PRICE), uuid4()
    made = [
        cases.open_case(actor=manager, customer=customer, request=request, submission_key=key)
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert verbs().count("case.opened") == 1


def test_a_customer_has_one_open_case(
    manager: StaffUser, supervisor: StaffUser, customer: Customer, case: RetentionCase
) -> None:
    with pytest.raises(ValidationError, match="open retention case"):
        asks_to_leave(supervisor, customer)
    with pytest.raises(IntegrityError), transaction.atomic():
        RetentionCase.objects.create(
            customer=customer, unit=customer.unit, opened_by=manager, reason="price"
        )
    cases.decide_case(actor=manager, case=case, saved=False)
    assert asks_to_leave(supervisor, customer).is_open


def test_who_has_left_has_no_case(manager: StaffUser) -> None:
    gone = CustomerFactory(manager=manager, status="left")
    with pytest.raises(ValidationError, match="left already"):
        asks_to_leave(manager, gone)


def test_moments_that_cannot_be_are_refused(manager: StaffUser, customer: Customer) -> None:
    with pytest.raises(ValidationError) as future:
        asks_to_leave(manager, customer, code_received_at=NOW + timedelta(minutes=1))
    assert "code_received_at" in future.value.message_dict
    with pytest.raises(ValidationError) as past:
        asks_to_leave(manager, customer, deadline_at=NOW - timedelta(minutes=1))
    assert "deadline_at" in past.value.message_dict
    assert not RetentionCase.objects.exists()


def test_an_open_warning_goes_with_the_case_and_stays_open(
    manager: StaffUser, customer: Customer
) -> None:
    warning = warn(customer, is_hard=True)
    case = asks_to_leave(manager, customer)
    assert case.warning == warning
    assert ChurnWarning.objects.get().is_open


# --- What was said ------------------------------------------------------------------------------


def test_a_change_keeps_the_version_and_its_trace(manager: StaffUser, case: RetentionCase) -> None:
    request = CaseRequest(reason=LeavingReason.COMPETITOR, competitor="电信")
    edited = cases.edit_case(actor=manager, case=case, request=request, version=1)
    assert (edited.competitor, edited.version) == ("电信", 2)
    # Sent again, with the old version, it is what stands already.
    assert cases.edit_case(actor=manager, case=case, request=request, version=1).version == 2
    assert verbs().count("case.changed") == 1


def test_the_second_of_two_people_is_told_of_the_first(
    manager: StaffUser, supervisor: StaffUser, case: RetentionCase
) -> None:
    first = CaseRequest(reason=LeavingReason.PRICE, competitor="电信")
    cases.edit_case(actor=supervisor, case=case, request=first, version=1)
    second = CaseRequest(reason=LeavingReason.PRICE, competitor="联通")
    with pytest.raises(CaseChangedError) as meanwhile:
        cases.edit_case(actor=manager, case=case, request=second, version=1)
    assert meanwhile.value.case.competitor == "电信"
    assert cases.last_changed_by(case) == supervisor.name
    edited = cases.edit_case(actor=manager, case=case, request=second, version=2)
    assert edited.competitor == "联通"


def test_an_approval_meanwhile_is_no_conflict(
    manager: StaffUser, supervisor: StaffUser, case: RetentionCase
) -> None:
    offer = cases.offer_measure(actor=manager, case=case, measure=a_measure(value=Decimal(200)))
    cases.decide_offer(actor=supervisor, offer=offer, approve=True)
    request = CaseRequest(reason=LeavingReason.PRICE, competitor="联通")
    assert cases.edit_case(actor=manager, case=case, request=request, version=1).version == 2


# --- Measures -----------------------------------------------------------------------------------


def test_up_to_the_limit_a_manager_grants_it(manager: StaffUser, case: RetentionCase) -> None:
    offer = cases.offer_measure(actor=manager, case=case, measure=a_measure(value=Decimal(100)))
    assert (offer.state, offer.needs_unit) == (State.READY, None)


def test_above_it_the_units_supervisor_approves(
    manager: StaffUser, supervisor: StaffUser, case: RetentionCase
) -> None:
    measure = a_measure(value=Decimal(101))
    offer = cases.offer_measure(actor=manager, case=case, measure=measure, note="急")
    assert (offer.state, offer.needs_unit, offer.note) == (State.WAITING, case.unit, "急")
    decided = cases.decide_offer(actor=supervisor, offer=offer, approve=True, note="同意")
    assert (decided.state, decided.decided_by) == (State.READY, supervisor)
    # Sent twice, the other way as well: what was decided stays.
    again = cases.decide_offer(actor=supervisor, offer=offer, approve=False)
    assert (again.state, again.decision_note) == (State.READY, "同意")
    assert verbs().count("measure.approved") == 1


def test_above_both_limits_the_unit_above_approves(
    manager: StaffUser, supervisor: StaffUser, city_supervisor: StaffUser, case: RetentionCase
) -> None:
    measure = a_measure(value=Decimal(301))
    offer = cases.offer_measure(actor=manager, case=case, measure=measure)
    assert offer.needs_unit == city_supervisor.unit
    with pytest.raises(PermissionDenied):
        cases.decide_offer(actor=supervisor, offer=offer, approve=True)
    assert cases.decide_offer(actor=city_supervisor, offer=offer, approve=False).state == (
        State.REFUSED
    )


def test_who_supervises_the_unit_grants_within_the_own_limit(
    supervisor: StaffUser, customer: Customer
) -> None:
    case = asks_to_leave(supervisor, customer)
    granted = cases.offer_measure(
        actor=supervisor, case=case, measure=a_measure("middle", value=Decimal(300))
    )
    assert (granted.state, granted.decided_by) == (State.READY, supervisor)
    waits = cases.offer_measure(
        actor=supervisor, case=case, measure=a_measure("large", value=Decimal(900))
    )
    assert waits.state == State.WAITING


def test_managers_and_strangers_approve_nothing(
    manager: StaffUser, colleague: StaffUser, outsider: StaffUser, case: RetentionCase
) -> None:
    offer = cases.offer_measure(actor=manager, case=case, measure=a_measure(value=Decimal(200)))
    for person in (manager, colleague, outsider):
        with pytest.raises(PermissionDenied):
            cases.decide_offer(actor=person, offer=offer, approve=True)
    assert not MeasureOffer.objects.decidable_by(manager).exists()


def test_a_measure_is_once_in_a_case_until_it_is_declined(
    manager: StaffUser, case: RetentionCase
) -> None:
    measure = a_measure()
    first = cases.offer_measure(actor=manager, case=case, measure=measure)
    assert cases.offer_measure(actor=manager, case=case, measure=measure) == first
    cases.note_answer(actor=manager, offer=first, answer=State.DECLINED)
    second = cases.offer_measure(actor=manager, case=case, measure=measure)
    assert second != first
    # Back from declined would be the same measure twice.
    with pytest.raises(ValidationError, match="in the case already"):
        cases.note_answer(actor=manager, offer=first, answer=State.ACCEPTED)


def test_the_value_is_that_of_the_day_it_was_chosen(
    manager: StaffUser, case: RetentionCase
) -> None:
    measure = a_measure(value=Decimal(80))
    offer = cases.offer_measure(actor=manager, case=case, measure=measure)
    Measure.objects.filter(pk=measure.pk).update(value=Decimal(500))
    offer.refresh_from_db()
    assert offer.value == Decimal(80)


def test_a_measure_for_others_cannot_be_chosen(manager: StaffUser, case: RetentionCase) -> None:
    with pytest.raises(ValidationError, match="another tier"):
        cases.offer_measure(actor=manager, case=case, measure=a_measure(tiers=["diamond"]))


def test_answers_are_one_tap_and_can_be_put_right(manager: StaffUser, case: RetentionCase) -> None:
    offer = cases.offer_measure(actor=manager, case=case, measure=a_measure())
    for answer in (State.OFFERED, State.DECLINED, State.ACCEPTED, State.ACCEPTED):
        offer = cases.note_answer(actor=manager, offer=offer, answer=answer)
    assert (offer.state, offer.answered_at) == (State.ACCEPTED, NOW)
    assert verbs().count("measure.answered") == 3


def test_what_waits_or_was_refused_cannot_be_offered(
    manager: StaffUser, supervisor: StaffUser, case: RetentionCase
) -> None:
    offer = cases.offer_measure(actor=manager, case=case, measure=a_measure(value=Decimal(200)))
    with pytest.raises(ValidationError, match="not approved"):
        cases.note_answer(actor=manager, offer=offer, answer=State.OFFERED)
    refused = cases.decide_offer(actor=supervisor, offer=offer, approve=False)
    with pytest.raises(ValidationError, match="not approved"):
        cases.note_answer(actor=manager, offer=refused, answer=State.ACCEPTED)


def test_what_waits_can_be_taken_back(manager: StaffUser, case: RetentionCase) -> None:
    offer = cases.offer_measure(actor=manager, case=case, measure=a_measure(value=Decimal(200)))
    taken_back = cases.note_answer(actor=manager, offer=offer, answer=State.WITHDRAWN)
    assert taken_back.state == State.WITHDRAWN
    assert not MeasureOffer.objects.waiting().exists()


# --- Deciding -----------------------------------------------------------------------------------


def test_a_saved_customer_is_asked_again_four_times(
    manager: StaffUser, customer: Customer, case: RetentionCase
) -> None:
    saved = cases.decide_case(actor=manager, case=case, saved=True, note="返费")
    assert (saved.state, saved.decided_by, saved.outcome_note) == ("saved", manager, "返费")
    days = {row.kind: row.due_on for row in CaseFollowUp.objects.all()}
    assert days == {
        "day": date(2026, 11, 24),
        "week": date(2026, 11, 30),
        "month": date(2026, 12, 23),
        "quarter": date(2027, 2, 23),
    }
    cases.decide_case(actor=manager, case=case, saved=True)
    assert CaseFollowUp.objects.count() == 4
    with pytest.raises(ValidationError, match="decided meanwhile"):
        cases.decide_case(actor=manager, case=case, saved=False)


@pytest.mark.parametrize(("saved", "result"), [(True, "stays"), (False, "left")])
def test_the_warning_closes_with_the_case(
    manager: StaffUser, customer: Customer, saved: bool, result: str
) -> None:
    warn(customer)
    case = asks_to_leave(manager, customer)
    cases.decide_case(actor=manager, case=case, saved=saved)
    warning = ChurnWarning.objects.get()
    assert (warning.result, warning.closed_by) == (result, manager)
    customer.refresh_from_db()
    assert customer.watched_since is None


def test_a_warning_that_came_during_the_case_closes_too(
    manager: StaffUser, customer: Customer, case: RetentionCase
) -> None:
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        warn(customer, is_hard=True)
    with time_machine.travel(NOW + timedelta(minutes=20), tick=False):
        cases.decide_case(actor=manager, case=case, saved=True)
    assert ChurnWarning.objects.get().result == "stays"


def test_opened_by_mistake_the_warning_stays_open(manager: StaffUser, customer: Customer) -> None:
    warn(customer)
    case = asks_to_leave(manager, customer)
    cases.withdraw_case(actor=manager, case=case)
    assert cases.withdraw_case(actor=manager, case=case).state == "withdrawn"
    assert ChurnWarning.objects.get().is_open
    assert not CaseFollowUp.objects.exists()
    assert verbs().count("case.closed") == 1


def test_nothing_waits_for_approval_in_a_closed_case(
    manager: StaffUser, case: RetentionCase
) -> None:
    offer = cases.offer_measure(actor=manager, case=case, measure=a_measure(value=Decimal(200)))
    cases.decide_case(actor=manager, case=case, saved=False)
    offer.refresh_from_db()
    assert offer.state == State.WITHDRAWN
    with pytest.raises(ValidationError, match="decided meanwhile"):
        cases.offer_measure(actor=manager, case=case, measure=a_measure("late"))


# --- Following up -------------------------------------------------------------------------------


def test_a_follow_up_is_noted_once_with_its_contact(
    manager: StaffUser, customer: Customer, case: RetentionCase
) -> None:
    cases.decide_case(actor=manager, case=case, saved=True)
    follow_up = CaseFollowUp.objects.get(kind="day")
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    record = log_contact(actor=manager, customer=customer, contact=contact)
    for result in (CaseFollowUp.Result.CONTENT, CaseFollowUp.Result.WAVERING):
        noted = cases.do_follow_up(
            actor=manager, follow_up=follow_up, result=result, contact_record=record
        )
    assert (noted.result, noted.contact_record, noted.done_by) == ("content", record, manager)
    assert CaseFollowUp.objects.open().count() == 3


def test_who_has_left_is_not_asked_again(manager: StaffUser, case: RetentionCase) -> None:
    cases.decide_case(actor=manager, case=case, saved=True)
    follow_up = CaseFollowUp.objects.get(kind="week")
    cases.do_follow_up(actor=manager, follow_up=follow_up, result=CaseFollowUp.Result.LEFT)
    assert not CaseFollowUp.objects.open().exists()


def test_a_contact_with_somebody_else_is_refused(manager: StaffUser, case: RetentionCase) -> None:
    cases.decide_case(actor=manager, case=case, saved=True)
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    other = log_contact(actor=manager, customer=CustomerFactory(manager=manager), contact=contact)
    with pytest.raises(ValidationError, match="another customer"):
        cases.do_follow_up(
            actor=manager,
            follow_up=CaseFollowUp.objects.get(kind="day"),
            result=CaseFollowUp.Result.CONTENT,
            contact_record=other,
        )
