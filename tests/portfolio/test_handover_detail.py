"""A handover's page: what went along, and how far the first contacts are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from customers.models import Channel
from portfolio.models import Reassignment
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY, statements, text_of
from tests.portfolio.handovers import hand_over

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


def url_of(handover: Reassignment) -> str:
    return reverse("portfolio:handover_detail", args=[handover.pk])


def test_the_new_manager_sees_whom_to_call_first(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    reached, waiting = CustomerFactory(manager=manager), CustomerFactory(manager=manager)
    made = hand_over(supervisor, [reached, waiting], colleague, note="请先打电话")
    call = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    log_contact(actor=colleague, customer=reached, contact=call)
    text = text_of(signed_in(colleague).get(url_of(made)))
    assert "请先打电话" in text
    assert text.count("first contact made") == 1
    dossier = "portfolio:handover_dossier"
    assert reverse(dossier, args=[waiting.pk]) in text
    assert reverse(dossier, args=[reached.pk]) not in text


def test_a_planned_one_says_that_it_waits(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager)
    made = hand_over(supervisor, [customer], colleague, TODAY + timedelta(days=3))
    assert text_of(signed_in(supervisor).get(url_of(made))).count("waits for its day") == 2
    # The customer is not the new manager's yet.
    assert customer.name not in text_of(signed_in(colleague).get(url_of(made)))


def test_it_is_not_there_for_the_former_manager_and_outsiders(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
) -> None:
    made = hand_over(supervisor, [CustomerFactory(manager=manager)], colleague)
    people = (manager, colleague, outsider, supervisor)
    found = [signed_in(person).get(url_of(made)).status_code for person in people]
    assert found == [404, 200, 404, 200]


def test_it_takes_the_same_statements_for_many(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    browser = signed_in(supervisor)
    few = hand_over(supervisor, [CustomerFactory(manager=manager)], colleague)
    many = hand_over(supervisor, [CustomerFactory(manager=manager) for _ in range(20)], colleague)
    assert statements(browser, url_of(many)) == statements(browser, url_of(few)) <= 15
