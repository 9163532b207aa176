"""Tier, manager, key mark, watch, leaving: the history and the clocks that follow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import ContactRecord, Outcome
from contacts.services.records import Contact, log_contact, void_contact
from core.models import AuditEntry
from customers.models import Channel, Customer, ManagerChange, Tier, TierChange, WatchPeriod
from customers.rules import Cadence
from customers.services.clocks import refresh_clocks
from customers.services.standing import (
    assign_manager,
    change_tier,
    excuse,
    mark_key,
    mark_left,
    watch,
)
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CustomerFactory

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
TODAY = date(2026, 11, 20)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _frozen() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def silver(manager: StaffUser) -> Customer:
    """A silver customer, last reached on 10 October 2026."""
    customer = CustomerFactory(manager=manager, tier="silver", vip_since=date(2020, 1, 1))
    reached = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.REACHED,
        happened_at=datetime(2026, 10, 10, 2, tzinfo=UTC),
    )
    log_contact(actor=manager, customer=customer, contact=reached)
    customer.refresh_from_db()
    return customer


def test_silver_to_diamond_on_20_november_is_due_on_27_november(
    silver: Customer, supervisor: StaffUser
) -> None:
    assert silver.contact_due_on == date(2027, 1, 10)
    changed = change_tier(actor=supervisor, customer=silver, tier=Tier.DIAMOND, reason="升级")
    assert changed.contact_due_on == date(2026, 11, 27)
    assert TierChange.objects.filter(customer=silver).count() == 2
    assert AuditEntry.objects.get(verb="customer.tier_changed").changes["tier"] == [
        "silver",
        "diamond",
    ]
    call_command("verify_clocks")


def test_the_same_tier_again_is_no_change(silver: Customer, supervisor: StaffUser) -> None:
    change_tier(actor=supervisor, customer=silver, tier=Tier.SILVER)
    assert TierChange.objects.filter(customer=silver).count() == 1


def test_a_tier_change_in_the_future_or_before_the_latest_is_refused(
    silver: Customer, supervisor: StaffUser
) -> None:
    with pytest.raises(ValidationError, match="future"):
        change_tier(actor=supervisor, customer=silver, tier=Tier.GOLD, on=TODAY + timedelta(days=1))
    change_tier(actor=supervisor, customer=silver, tier=Tier.GOLD)
    with pytest.raises(ValidationError, match="since"):
        change_tier(
            actor=supervisor, customer=silver, tier=Tier.SILVER, on=TODAY - timedelta(days=1)
        )


def test_a_new_manager_leaves_the_clock_and_takes_the_customer_to_the_unit(
    silver: Customer, supervisor: StaffUser, other_manager: StaffUser
) -> None:
    due = silver.contact_due_on
    moved = assign_manager(actor=supervisor, customer=silver, manager=other_manager, reason="调整")
    assert (moved.manager, moved.unit) == (other_manager, other_manager.unit)
    assert moved.contact_due_on == due
    change = ManagerChange.objects.filter(customer=silver).latest("pk")
    assert (change.manager, change.effective_on) == (other_manager, TODAY)


def test_back_to_the_pool_of_the_unit(silver: Customer, supervisor: StaffUser) -> None:
    moved = assign_manager(actor=supervisor, customer=silver, manager=None)
    assert moved.manager is None
    assert Customer.objects.in_pool().get() == silver


def test_only_an_active_manager_can_have_customers(
    silver: Customer, supervisor: StaffUser, colleague: StaffUser
) -> None:
    with pytest.raises(ValidationError):
        assign_manager(actor=supervisor, customer=silver, manager=supervisor)
    StaffUser.objects.filter(pk=colleague.pk).update(is_active=False)
    colleague.refresh_from_db()
    with pytest.raises(ValidationError):
        assign_manager(actor=supervisor, customer=silver, manager=colleague)


def test_a_key_customer_has_a_second_clock_from_that_day(
    silver: Customer, supervisor: StaffUser
) -> None:
    key = mark_key(actor=supervisor, customer=silver, is_key=True)
    assert (key.key_since, key.visit_due_on) == (TODAY, date(2027, 2, 20))
    plain = mark_key(actor=supervisor, customer=silver, is_key=False)
    assert (plain.key_since, plain.visit_due_on) == (None, None)


def test_a_watched_customer_is_due_in_half_the_time_and_in_seven_days_at_least(
    silver: Customer,
) -> None:
    watched = watch(actor=None, customer=silver, watched=True)
    assert watched.contact_due_on == date(2026, 11, 27)  # 10 October + 45 days is the 24th
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        calm = watch(actor=None, customer=silver, watched=False)
    assert calm.contact_due_on == date(2027, 1, 10)
    period = WatchPeriod.objects.get(customer=silver)
    assert (period.started_on, period.ended_on) == (TODAY, TODAY + timedelta(days=3))


def test_who_left_has_no_clock(silver: Customer, supervisor: StaffUser) -> None:
    left = mark_left(actor=supervisor, customer=silver)
    assert (left.contact_due_on, left.left_on) == (None, TODAY)
    assert mark_left(actor=supervisor, customer=silver).version == left.version
    call_command("verify_clocks")


def test_the_database_refuses_an_active_customer_without_a_clock(silver: Customer) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=silver.pk).update(contact_due_on=None)


def test_an_excuse_ends_by_itself(silver: Customer, supervisor: StaffUser) -> None:
    excuse(actor=supervisor, customer=silver, cadence=Cadence.CONTACT, until=TODAY)
    exempt = Customer.objects.exempt
    assert exempt(Cadence.CONTACT, TODAY).count() == 1
    assert exempt(Cadence.CONTACT, TODAY + timedelta(days=1)).count() == 0
    assert exempt(Cadence.VISIT, TODAY).count() == 0


def test_refreshing_what_is_right_changes_nothing(silver: Customer) -> None:
    assert refresh_clocks(customer_ids=[silver.pk]) == 0
    Customer.objects.filter(pk=silver.pk).update(contact_due_on=date(2030, 1, 1))
    assert refresh_clocks(customer_ids=[silver.pk]) == 1


def test_each_change_counts_up_the_version(silver: Customer, supervisor: StaffUser) -> None:
    before = silver.version
    change_tier(actor=supervisor, customer=silver, tier=Tier.GOLD)
    mark_key(actor=supervisor, customer=silver, is_key=True)
    silver.refresh_from_db()
    assert silver.version == before + 2


# --- Any order of entry ------------------------------------------------------------------------

steps = st.lists(
    st.one_of(
        st.tuples(st.just("contact"), st.integers(0, 300), st.sampled_from(["phone", "visit"])),
        st.tuples(st.just("missed"), st.integers(0, 300), st.just("phone")),
        st.tuples(st.just("void"), st.integers(0, 5), st.just("")),
        st.tuples(st.just("tier"), st.just(0), st.sampled_from(Tier.values)),
        st.tuples(st.just("watch"), st.just(0), st.sampled_from(["yes", ""])),
        st.tuples(st.just("key"), st.just(0), st.sampled_from(["yes", ""])),
        st.tuples(st.just("wait"), st.integers(1, 40), st.just("")),
    ),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps)
def test_whatever_happens_in_whatever_order_the_stored_clocks_are_what_the_records_say(
    manager: StaffUser, company: Company, steps: list[tuple[str, int, str]]
) -> None:
    with transaction.atomic():
        customer = CustomerFactory(manager=manager, tier="silver", vip_since=date(2026, 1, 15))
        now = NOW
        for kind, number, detail in steps:
            if kind == "wait":
                now += timedelta(days=number)
            with time_machine.travel(now, tick=False):
                _do(manager, customer, kind, number, detail, now)
        with time_machine.travel(now, tick=False):
            call_command("verify_clocks")
        transaction.set_rollback(True)


def _do(
    manager: StaffUser, customer: Customer, kind: str, number: int, detail: str, now: datetime
) -> None:
    if kind in ("contact", "missed"):
        missed = Outcome.NO_ANSWER if kind == "missed" else Outcome.REACHED
        when = now - timedelta(days=number)
        contact = Contact(channel=Channel(detail), outcome=missed, happened_at=when)
        log_contact(actor=manager, customer=customer, contact=contact)
    elif kind == "void":
        standing = list(ContactRecord.objects.standing().filter(customer=customer))
        if standing:
            record = standing[number % len(standing)]
            void_contact(actor=manager, record=record, reason="错")
    elif kind == "tier":
        change_tier(actor=manager, customer=customer, tier=Tier(detail))
    elif kind == "watch":
        watch(actor=None, customer=customer, watched=bool(detail))
    elif kind == "key":
        mark_key(actor=manager, customer=customer, is_key=bool(detail))
