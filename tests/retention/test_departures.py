"""Departures: reported once, with what held on that day; taken back; won back; reviewed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from core import clock
from core.models import AuditEntry
from customers.models import Customer, Status, Tier
from customers.services.standing import assign_manager, change_tier, watch
from retention.models import (
    ChurnWarning,
    Departure,
    DepartureCause,
    DepartureReview,
    RetentionCase,
    Source,
    UsageSnapshot,
    WarningStep,
)
from retention.services.departures import (
    DepartureRow,
    ReviewRow,
    cancel_departure,
    record_return,
    report_departure,
    report_departure_once,
    review_departure,
    save_cause,
)
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY
from tests.retention.leavers import home, leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Kind = Departure.Kind
BEFORE = TODAY - timedelta(days=10)


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager, tier=Tier.SILVER, last_contact_on=date(2026, 11, 1))


def cause(code: str = "price-plan") -> DepartureCause:
    return DepartureCause.objects.get(code=code)


def learnt(code: str = "price-plan", lesson: str = "早谈套餐") -> ReviewRow:
    return ReviewRow(
        cause=cause(code), foreseeable=DepartureReview.Foreseeable.MISSED, lesson=lesson
    )


def test_a_departure_holds_tier_manager_and_unit_of_its_day(
    customer: Customer, manager: StaffUser, other_manager: StaffUser, supervisor: StaffUser
) -> None:
    change_tier(actor=supervisor, customer=customer, tier=Tier.GOLD, on=TODAY - timedelta(days=5))
    assign_manager(
        actor=supervisor, customer=customer, manager=other_manager, on=TODAY - timedelta(days=3)
    )
    UsageSnapshot.objects.create(customer=customer, month=date(2026, 10, 1), bill=Decimal(388))
    made = leave(customer, Kind.PORTED_OUT, BEFORE, actor=supervisor)
    assert (made.tier, made.manager, made.unit) == (Tier.SILVER, manager, manager.unit)
    assert made.monthly_bill == Decimal(388)
    assert made.review_due_on == TODAY + timedelta(days=15)
    customer.refresh_from_db()
    assert (customer.status, customer.left_on) == (Status.LEFT, BEFORE)
    assert customer.contact_due_on is None


def test_the_same_report_again_changes_nothing(customer: Customer, supervisor: StaffUser) -> None:
    row = DepartureRow(Kind.CLOSED, BEFORE, external_id="B-1")
    first, is_new = report_departure_once(
        actor=supervisor, customer=customer, departure=row, source=Source.API
    )
    entries = AuditEntry.objects.count()
    again, is_new_again = report_departure_once(
        actor=supervisor, customer=customer, departure=row, source=Source.API
    )
    by_hand, is_new_by_hand = report_departure_once(
        actor=None,
        customer=customer,
        departure=DepartureRow(Kind.CLOSED, BEFORE),
        source=Source.MANUAL,
    )
    assert (is_new, is_new_again, is_new_by_hand) == (True, False, False)
    assert first == again == by_hand
    assert AuditEntry.objects.count() == entries


def test_an_id_of_another_system_stands_for_one_customer(
    customer: Customer, manager: StaffUser, supervisor: StaffUser
) -> None:
    row = DepartureRow(Kind.CLOSED, BEFORE, external_id="B-1")
    report_departure(actor=supervisor, customer=customer, departure=row, source=Source.API)
    other = CustomerFactory(manager=manager)
    with pytest.raises(ValidationError) as refusal:
        report_departure(actor=supervisor, customer=other, departure=row, source=Source.API)
    assert set(refusal.value.message_dict) == {"external_id"}
    other.refresh_from_db()
    assert other.is_active


@pytest.mark.parametrize(
    "day", [TODAY + timedelta(days=1), TODAY - timedelta(days=500)], ids=["future", "before"]
)
def test_an_impossible_day_is_refused(customer: Customer, supervisor: StaffUser, day: date) -> None:
    with pytest.raises(ValidationError) as refusal:
        leave(customer, Kind.CLOSED, day, actor=supervisor)
    assert set(refusal.value.message_dict) == {"left_on"}
    assert not Departure.objects.exists()


def test_a_number_leaves_once_but_may_lose_vip_status_before(
    customer: Customer, supervisor: StaffUser
) -> None:
    leave(customer, Kind.VIP_ENDED, BEFORE, actor=supervisor)
    leave(customer, Kind.PORTED_OUT, TODAY, actor=supervisor)
    customer.refresh_from_db()
    assert customer.left_on == BEFORE
    with pytest.raises(ValidationError):
        leave(customer, Kind.CLOSED, TODAY, actor=supervisor)
    assert Departure.objects.count() == 2


def test_an_earlier_departure_reported_late_moves_the_day(
    customer: Customer, supervisor: StaffUser
) -> None:
    leave(customer, Kind.VIP_ENDED, TODAY, actor=supervisor)
    late = leave(customer, Kind.CLOSED, BEFORE, actor=supervisor)
    customer.refresh_from_db()
    assert customer.left_on == BEFORE
    cancel_departure(actor=supervisor, departure=late, reason="查错号码")
    customer.refresh_from_db()
    assert (customer.status, customer.left_on) == (Status.LEFT, TODAY)


def test_only_what_counts_is_reviewed(customer: Customer, supervisor: StaffUser) -> None:
    assert leave(customer, Kind.DEATH, BEFORE, actor=supervisor).review_due_on is None


def test_an_open_warning_and_case_close_with_the_departure(
    customer: Customer, manager: StaffUser, supervisor: StaffUser
) -> None:
    warning = ChurnWarning.objects.create(
        customer=customer, manager=manager, unit=home(manager), follow_up_due_at=clock.now()
    )
    watch(actor=manager, customer=customer, watched=True)
    case = RetentionCase.objects.create(
        customer=customer, manager=manager, unit=home(manager), opened_by=manager, reason="price"
    )
    leave(customer, Kind.PORTED_OUT, TODAY, actor=supervisor)
    warning.refresh_from_db()
    case.refresh_from_db()
    customer.refresh_from_db()
    assert (warning.result, warning.closed_by) == (ChurnWarning.Result.LEFT, supervisor)
    assert warning.steps.get().kind == WarningStep.Kind.CLOSED
    assert (case.state, case.decided_by) == (RetentionCase.State.LOST, supervisor)
    assert customer.watched_since is None


def test_taking_a_departure_back_brings_the_customer_back(
    customer: Customer, supervisor: StaffUser
) -> None:
    due_before = customer.contact_due_on
    made = leave(customer, Kind.CLOSED, TODAY, actor=supervisor)
    with pytest.raises(ValidationError):
        cancel_departure(actor=supervisor, departure=made, reason="  ")
    cancelled = cancel_departure(actor=supervisor, departure=made, reason="号码输错")
    assert cancel_departure(actor=supervisor, departure=made, reason="再来").cancel_reason == (
        cancelled.cancel_reason
    )
    customer.refresh_from_db()
    assert (customer.status, customer.left_on) == (Status.ACTIVE, None)
    assert customer.contact_due_on == due_before
    again = leave(customer, Kind.CLOSED, TODAY, actor=supervisor)
    assert again != made


def test_who_comes_back_is_a_vip_and_the_departure_stands(
    customer: Customer, supervisor: StaffUser
) -> None:
    made = leave(customer, Kind.PORTED_OUT, BEFORE, actor=supervisor)
    for day in (BEFORE, TODAY + timedelta(days=1)):
        with pytest.raises(ValidationError):
            record_return(actor=supervisor, departure=made, on=day)
    back = record_return(actor=supervisor, departure=made, on=TODAY - timedelta(days=1))
    assert record_return(actor=supervisor, departure=made, on=TODAY) == back
    customer.refresh_from_db()
    assert customer.is_active
    assert Departure.objects.counted().get() == made
    leave(customer, Kind.CLOSED, TODAY, actor=supervisor)
    assert Departure.objects.all().losses_of(2026).get() == made


def test_nobody_comes_back_from_death(customer: Customer, supervisor: StaffUser) -> None:
    made = leave(customer, Kind.DEATH, BEFORE, actor=supervisor)
    with pytest.raises(ValidationError):
        record_return(actor=supervisor, departure=made, on=TODAY)


# --- Reviews -----------------------------------------------------------------------------------


def test_a_review_names_a_cause_and_is_written_once(
    customer: Customer, supervisor: StaffUser
) -> None:
    made = leave(customer, Kind.PORTED_OUT, BEFORE, actor=supervisor)
    assert list(Departure.objects.all().to_review()) == [made]
    review = review_departure(actor=supervisor, departure=made, review=learnt())
    same = review_departure(actor=supervisor, departure=made, review=learnt())
    assert (review.version, same.version) == (1, 1)
    assert not Departure.objects.all().to_review().exists()
    changed = review_departure(
        actor=supervisor, departure=made, review=learnt(lesson="更早"), version=1
    )
    assert (changed.version, changed.lesson) == (2, "更早")


def test_the_second_of_two_reviewers_is_told_of_the_first(
    customer: Customer, supervisor: StaffUser, city_supervisor: StaffUser
) -> None:
    made = leave(customer, Kind.PORTED_OUT, BEFORE, actor=supervisor)
    review_departure(actor=supervisor, departure=made, review=learnt())
    with pytest.raises(ValidationError) as refusal:
        review_departure(
            actor=city_supervisor, departure=made, review=learnt("network-data"), version=0
        )
    assert supervisor.name in refusal.value.messages[0]
    assert DepartureReview.objects.get().cause.code == "price-plan"


@pytest.mark.parametrize("code", ["price", "network-data"])
def test_only_causes_of_the_lower_level_in_use_are_taken(
    customer: Customer, supervisor: StaffUser, head_office: StaffUser, code: str
) -> None:
    network = cause("network")
    network.is_active = False
    save_cause(actor=head_office, cause=network)
    made = leave(customer, Kind.PORTED_OUT, BEFORE, actor=supervisor)
    with pytest.raises(ValidationError) as refusal:
        review_departure(actor=supervisor, departure=made, review=learnt(code))
    assert set(refusal.value.message_dict) == {"cause"}


def test_what_was_taken_back_is_not_reviewed(customer: Customer, supervisor: StaffUser) -> None:
    made = leave(customer, Kind.PORTED_OUT, BEFORE, actor=supervisor)
    cancel_departure(actor=supervisor, departure=made, reason="错")
    assert not Departure.objects.all().to_review().exists()
    with pytest.raises(ValidationError):
        review_departure(actor=supervisor, departure=made, review=learnt())


def test_a_missing_review_is_overdue_after_its_day(
    customer: Customer, supervisor: StaffUser
) -> None:
    made = leave(customer, Kind.PORTED_OUT, BEFORE, actor=supervisor)
    due = made.review_due_on
    assert due is not None
    rows = Departure.objects.all()
    assert not rows.review_overdue(due).exists()
    assert rows.review_overdue(due + timedelta(days=1)).get() == made


def test_causes_have_two_levels_in_both_languages(head_office: StaffUser) -> None:
    upper = DepartureCause.objects.filter(parent=None)
    assert upper.count() == 7
    assert all(one.children.exists() and one.name_zh and one.name_en for one in upper)
    third = DepartureCause(code="deep", name_en="Deep", name_zh="深", parent=cause())
    with pytest.raises(ValidationError):
        save_cause(actor=head_office, cause=third)


def test_a_former_manager_sees_nothing_more_of_who_came_back_and_was_handed_over(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager)
    departure = leave(customer, Departure.Kind.CLOSED, TODAY - timedelta(days=9), actor=supervisor)
    assert list(Departure.objects.visible_to(manager)) == [departure]
    record_return(actor=supervisor, departure=departure, on=TODAY - timedelta(days=2))
    assign_manager(actor=supervisor, customer=customer, manager=colleague)
    assert not Departure.objects.visible_to(manager).exists()
    assert list(Departure.objects.visible_to(colleague)) == [departure]
    assert list(Departure.objects.visible_to(supervisor)) == [departure]
