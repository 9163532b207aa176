"""An item ticks itself: a counted contact with the customer in the plan's period (article 4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import Q

from contacts.models import ContactRecord, Outcome
from contacts.services.records import Contact, log_contact, void_contact
from core import clock
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import TODAY
from tests.workplans.plans_of import a_plan, an_item
from workplans.models import PlanItem

SUNDAY = TODAY + timedelta(days=6)


@pytest.fixture(autouse=True)
def _on_sunday(frozen: time_machine.Traveller) -> None:
    frozen.shift(timedelta(days=6))


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager)


def contact(actor: StaffUser, customer: Customer, day: date = SUNDAY, **said: Any) -> ContactRecord:
    """Log a contact of ``day``: a call that was answered, unless told otherwise."""
    given = {
        "channel": Channel.PHONE,
        "outcome": Outcome.REACHED,
        "happened_at": clock.start_of_day(day, "Asia/Shanghai"),
        **said,
    }
    return log_contact(actor=actor, customer=customer, contact=Contact(**given))


def is_done(item: PlanItem) -> bool:
    return PlanItem.objects.with_done().filter(Q(is_done=True), pk=item.pk).exists()


def test_a_contact_on_the_first_and_on_the_last_day_ticks_and_the_day_before_does_not(
    manager: StaffUser,
) -> None:
    plan = a_plan(manager)
    done = {}
    for day in (TODAY - timedelta(days=1), TODAY, SUNDAY):
        customer = CustomerFactory(manager=manager)
        item = an_item(plan, customer)
        contact(manager, customer, day)
        done[day] = is_done(item)
    assert done == {TODAY - timedelta(days=1): False, TODAY: True, SUNDAY: True}


def test_a_contact_after_the_period_does_not_tick(
    manager: StaffUser, customer: Customer, frozen: time_machine.Traveller
) -> None:
    item = an_item(a_plan(manager), customer)
    frozen.shift(timedelta(days=1))
    contact(manager, customer, SUNDAY + timedelta(days=1))
    assert not is_done(item)


def test_a_void_unticks(manager: StaffUser, customer: Customer) -> None:
    item = an_item(a_plan(manager), customer)
    record = contact(manager, customer)
    assert is_done(item)
    void_contact(actor=manager, record=record, reason="Wrong customer")
    assert not is_done(item)


def test_an_unanswered_call_and_a_text_to_many_do_not_tick(
    manager: StaffUser, customer: Customer
) -> None:
    item = an_item(a_plan(manager), customer)
    contact(manager, customer, outcome=Outcome.NO_ANSWER)
    message: dict[str, Any] = {"channel": Channel.SMS, "summary": "Happy new year"}
    contact(manager, customer, SUNDAY, **message)
    assert is_done(item)
    for other in CustomerFactory.create_batch(5, manager=manager):
        contact(manager, other, SUNDAY, **message)
    assert not is_done(item)


def test_a_planned_visit_asks_for_one_face_to_face(manager: StaffUser, customer: Customer) -> None:
    item = an_item(a_plan(manager), customer, matter=PlanItem.Matter.VISIT)
    contact(manager, customer)
    assert not is_done(item)
    contact(manager, customer, channel=Channel.RECEPTION)
    assert is_done(item)


def test_a_contact_by_the_stand_in_ticks_the_covered_managers_item(
    manager: StaffUser, colleague: StaffUser, customer: Customer
) -> None:
    item = an_item(a_plan(manager), customer)
    CoverFactory(manager=manager, stand_in=colleague, starts_on=SUNDAY, ends_on=SUNDAY)
    colleague.refresh_from_db()
    record = contact(colleague, customer)
    assert record.recorded_by == colleague
    assert is_done(item)
