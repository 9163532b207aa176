"""A decision on an exemption is taken back, until somebody acted on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from contacts.models import Cadence, CadenceFlag, Exemption
from contacts.services.exemptions import (
    decide_exemption,
    end_exemption,
    request_exemption,
    undo_decision,
)
from contacts.services.flags import flag_overdue
from core.models import AuditEntry
from customers.models import Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY, events, post_part, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    """A gold customer who is overdue and flagged."""
    customer: Customer = CustomerFactory(manager=manager, vip_since=date(2026, 9, 1))
    flag_overdue()
    return customer


def ask(manager: StaffUser, customer: Customer, days: int = 10) -> Exemption:
    return request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.CONTACT,
        reason=Exemption.Reason.BEREAVEMENT,
        ends_on=TODAY + timedelta(days=days),
    )


@pytest.mark.parametrize("approve", [True, False])
def test_it_waits_again_and_the_customer_is_due_as_before(
    manager: StaffUser, supervisor: StaffUser, customer: Customer, approve: bool
) -> None:
    exemption = ask(manager, customer)
    decide_exemption(actor=supervisor, exemption=exemption, approve=approve, note="可以")
    with pytest.raises(PermissionDenied):
        undo_decision(actor=manager, exemption=exemption)
    for _time in range(2):
        waiting = undo_decision(actor=supervisor, exemption=exemption)
        assert (waiting.state, waiting.decided_by, waiting.decision_note) == ("requested", None, "")
    customer.refresh_from_db()
    assert customer.contact_exempt_until is None
    assert CadenceFlag.objects.filter(customer=customer, closed_at=None).count() == 1
    assert AuditEntry.objects.get(verb="exemption.decision_undone").actor == supervisor
    assert decide_exemption(actor=supervisor, exemption=exemption, approve=True).state == "approved"


def test_an_earlier_exemption_goes_on_holding(
    manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    first = ask(manager, customer, 5)
    decide_exemption(actor=supervisor, exemption=first, approve=True)
    second = ask(manager, customer, 20)
    decide_exemption(actor=supervisor, exemption=second, approve=True)
    undo_decision(actor=supervisor, exemption=second)
    customer.refresh_from_db()
    assert customer.contact_exempt_until == first.ends_on


def test_once_it_was_acted_on_it_stays(
    manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    refused = ask(manager, customer)
    decide_exemption(actor=supervisor, exemption=refused, approve=False)
    anew = ask(manager, customer)
    with pytest.raises(ValidationError, match="asked for anew since"):
        undo_decision(actor=supervisor, exemption=refused)
    decide_exemption(actor=supervisor, exemption=anew, approve=True)
    end_exemption(actor=manager, exemption=anew)
    anew.refresh_from_db()
    if anew.ends_on < TODAY:
        with pytest.raises(ValidationError, match="has ended"):
            undo_decision(actor=supervisor, exemption=anew)


def test_the_notice_and_the_list_offer_it(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    exemption, boss = ask(manager, customer), signed_in(supervisor)
    undo = reverse("contacts:exemption_undo", args=[exemption.pk])
    decide = reverse("contacts:exemption_decide", args=[exemption.pk])
    # A word and no button that decides: nothing is decided.
    assert post_part(boss, decide, {"note": "不同意"}).status_code == 422
    decided = post_part(boss, decide, {"approve": "yes"})
    assert events(decided)["toast"]["undo_url"] == undo
    assert undo in text_of(decided)
    undone = post_part(boss, undo)
    assert (undone.status_code, "careChanged" in events(undone)) == (204, True)
    assert undo not in text_of(boss.get(reverse("contacts:exemption_list")))
