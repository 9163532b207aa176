"""The dossier: what a new manager should know, for who sees the customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Cadence, Exemption, Outcome
from contacts.services.exemptions import request_exemption
from contacts.services.records import Contact, log_contact
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY, statements, text_of
from tests.portfolio.handovers import hand_over

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


def url_of(customer: Customer) -> str:
    return reverse("portfolio:handover_dossier", args=[customer.pk])


def called(manager: StaffUser, customer: Customer, days_ago: int, summary: str) -> None:
    contact = Contact(
        channel=Channel.PHONE,
        outcome=Outcome.NO_ANSWER,
        happened_at=NOW - timedelta(days=days_ago),
        summary=summary,
        follow_up_on=TODAY + timedelta(days=2) if days_ago == 1 else None,
    )
    log_contact(actor=manager, customer=customer, contact=contact)


@pytest.fixture
def customer(manager: StaffUser, colleague: StaffUser, supervisor: StaffUser) -> Customer:
    """A customer with something of every kind, handed over today."""
    made: Customer = CustomerFactory(
        manager=manager,
        has_open_complaint=True,
        watched_since=TODAY,
        profile={"sports": "羽毛球"},
    )
    made.opt_outs.create(channel=Channel.MMS, since=TODAY)
    for days_ago in range(1, 5):
        called(manager, made, days_ago, f"第{days_ago}天前")
    request_exemption(
        actor=manager,
        customer=made,
        cadence=Cadence.VISIT,
        reason=Exemption.Reason.ABROAD,
        ends_on=TODAY + timedelta(days=9),
    )
    hand_over(supervisor, [made], colleague, note="合同下月到期")
    return made


def test_it_tells_what_the_new_manager_should_know(
    signed_in: Browser, colleague: StaffUser, customer: Customer
) -> None:
    answer = signed_in(colleague).get(url_of(customer))
    dossier, text = answer.context["dossier"], text_of(answer)
    assert [record.summary for record in dossier.promises] == ["第1天前"]
    assert [record.summary for record in dossier.contacts] == ["第1天前", "第2天前", "第3天前"]
    assert [fact.code for fact in dossier.likings] == ["sports"]
    assert [one.reason for one in dossier.exemptions] == ["abroad"]
    assert dossier.is_first_contact_due
    for word in ("合同下月到期", "羽毛球", "A complaint is open", "churn warning", "Opted out of"):
        assert word in text


def test_it_is_for_who_sees_the_customer(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    outsider: StaffUser,
    customer: Customer,
) -> None:
    found = {
        person.name: signed_in(person).get(url_of(customer)).status_code
        for person in (manager, colleague, supervisor, outsider)
    }
    assert found == {
        manager.name: 404,
        colleague.name: 200,
        supervisor.name: 200,
        outsider.name: 404,
    }


def test_who_was_never_handed_over_has_none(signed_in: Browser, manager: StaffUser) -> None:
    assert signed_in(manager).get(url_of(CustomerFactory(manager=manager))).status_code == 404


def test_a_short_history_says_so(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    bare = CustomerFactory(manager=manager)
    hand_over(supervisor, [bare], colleague)
    text = text_of(signed_in(colleague).get(url_of(bare)))
    for words in ("Nothing was promised", "Nothing is known", "No likings", "no contact yet"):
        assert words in text


def test_it_takes_few_statements(
    signed_in: Browser, colleague: StaffUser, customer: Customer
) -> None:
    assert statements(signed_in(colleague), url_of(customer)) <= 22
