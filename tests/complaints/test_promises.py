"""Tier and deadlines are those of the registration, whatever rows come or are dated back."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from complaints.models import Complaint, ComplaintNotice
from complaints.rules.states import Move
from complaints.services.notices import tell_due
from complaints.services.writing import clocks_from_steps, columns_of
from complaints.tasks import settle_open
from core.models import AuditEntry
from customers.models import Customer, ServiceStandard, Tier
from customers.services.standards import set_standard
from customers.services.standing import change_tier
from staff.models import StaffUser
from tests.complaints.reports import answers, complains, designate, goes, stands_at
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY

pytestmark = pytest.mark.usefixtures("frozen")
HOUR = timedelta(hours=1)
LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def customer(manager: StaffUser, company: Company, handler: StaffUser) -> Customer:
    designate(handler, company.district)
    made: Customer = CustomerFactory(manager=manager, tier=Tier.GOLD)
    return made


def says(figure: str, value: int, tier: str = "", day: date = TODAY) -> None:
    """A new row of the standard."""
    row = ServiceStandard(figure=figure, tier=tier, effective_from=day, value=value)
    set_standard(actor=None, row=row)


def shrink_everything(day: date) -> None:
    """Rows that would cut every clock, were they asked."""
    says("complaint_response_minutes", 10, day=day)
    says("complaint_resolution_hours", 10, "gold", day=day)
    says("complaint_resolution_hours", 9, "diamond", day=day)
    says("complaint_reopened_hours", 1, day=day)
    says("complaint_statutory_days", 2, day=day)
    for level in ("warn", "escalate", "above"):
        says(f"complaint_{level}_percent", 5, day=day)


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(days=1), LONG_AGO])
def test_no_step_asks_for_rows_that_came_later(
    manager: StaffUser, customer: Customer, handler: StaffUser, frozen: Any, day: date
) -> None:
    complaint = complains(manager, customer)
    shrink_everything(day)
    change_tier(actor=None, customer=customer, tier=Tier.DIAMOND)
    frozen.shift(HOUR)
    complaint = goes(handler, complaint, Move.ACCEPT, Move.START)
    answers(handler, complaint)
    complaint.refresh_from_db()
    assert complaint.response_due_at == NOW + 2 * HOUR
    assert complaint.resolution_due_at == NOW + 36 * HOUR
    assert complaint.warn_at == NOW + 27 * HOUR
    assert (complaint.escalate_at, complaint.above_at) == (NOW + 36 * HOUR, NOW + 54 * HOUR)
    assert complaint.statutory_due_at == NOW + timedelta(days=15, hours=14)
    complaint = goes(handler, complaint, Move.WAIT)
    frozen.shift(5 * HOUR)
    complaint = goes(handler, complaint, Move.RESUME)
    assert complaint.resolution_due_at == NOW + 41 * HOUR
    # 33 hours later two are left; reopened there are four.
    frozen.shift(33 * HOUR)
    complaint = goes(handler, complaint, Move.RESOLVE, Move.CLOSE, Move.REOPEN)
    assert complaint.resolution_due_at == NOW + 43 * HOUR
    assert complaint.tier == "gold"


def test_who_is_told_and_when_was_promised_too(
    manager: StaffUser, customer: Customer, handler: StaffUser, frozen: Any
) -> None:
    complaint = complains(manager, customer)
    shrink_everything(TODAY)
    stands_at(handler, complaint, "in_work")
    frozen.shift(HOUR)
    assert tell_due() == 0
    frozen.shift(HOUR / 2)
    assert tell_due() == 1
    assert ComplaintNotice.objects.filter(level="warned", of_clock="response").count() == 1


def test_a_complaint_after_the_change_is_promised_the_new_figures(
    manager: StaffUser, customer: Customer
) -> None:
    shrink_everything(TODAY)
    complaint = complains(manager, customer)
    assert complaint.response_due_at == NOW + timedelta(minutes=10)
    assert complaint.resolution_due_at == NOW + 10 * HOUR


def test_the_first_response_may_differ_by_tier(manager: StaffUser, customer: Customer) -> None:
    says("complaint_response_minutes", 30, "diamond")
    says("complaint_response_minutes", 60, "gold")
    diamond = CustomerFactory(manager=manager, tier=Tier.DIAMOND)
    silver = CustomerFactory(manager=manager, tier=Tier.SILVER)
    due = [complains(manager, who).response_due_at for who in (diamond, customer, silver)]
    assert due == [NOW + HOUR / 2, NOW + HOUR, NOW + 2 * HOUR]


def test_existing_complaints_are_given_what_was_known_at_their_registration(
    manager: StaffUser, customer: Customer, handler: StaffUser, frozen: Any
) -> None:
    says("complaint_resolution_hours", 30, "gold", day=TODAY - timedelta(days=3))
    frozen.shift(HOUR)
    complaint = complains(manager, customer)
    frozen.shift(HOUR)
    shrink_everything(TODAY)
    names = [f.name for f in Complaint._meta.fields if f.name.startswith("promised_")]
    before = Complaint.objects.values(*names).get()
    wrong = dict.fromkeys(names, 1)
    Complaint.objects.update(**wrong, resolution_due_at=NOW, warn_at=NOW)
    import_module("complaints.migrations.0005_fill_promised_deadlines").fill(apps, None)
    assert Complaint.objects.values(*names).get() == before
    assert before["promised_resolution_hours"] == 30
    assert (settle_open(), settle_open()) == (1, 0)
    complaint.refresh_from_db()
    assert complaint.resolution_due_at == NOW + 31 * HOUR
    told = columns_of(clocks_from_steps(complaint))
    assert {name: getattr(complaint, name) for name in told} == told
    entry = AuditEntry.objects.filter(verb="complaint.moved").latest("pk")
    assert list(entry.changes) == ["resolution_due_at"]
