"""The customer page's line about a handover, and My day's row, until the first contact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from contacts.models import ContactRecord, Outcome
from contacts.services.records import Contact, log_contact, void_contact
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, TODAY, get_part, text_of
from tests.portfolio.handovers import hand_over

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser, colleague: StaffUser, supervisor: StaffUser) -> Customer:
    """Reached today by the old manager, then handed over."""
    made: Customer = CustomerFactory(name="移交客户", manager=manager)
    log(manager, made)
    hand_over(supervisor, [made], colleague)
    made.refresh_from_db()
    return made


def log(actor: StaffUser, customer: Customer, outcome: Outcome = Outcome.REACHED) -> ContactRecord:
    return log_contact(
        actor=actor, customer=customer, contact=Contact(channel=Channel.PHONE, outcome=outcome)
    )


def is_due(browser: Client, customer: Customer) -> bool:
    """Say whether both the customer page and My day want the first contact."""
    hint = get_part(browser, reverse("portfolio:handover_hint", args=[customer.pk]))
    rows = get_part(browser, "/?show=handover").context["sections"]
    on_the_day = [shown.line.customer for section in rows for shown in section.rows]
    on_the_page = hint.context["handover"] is not None
    assert on_the_page == (on_the_day == [customer])
    return on_the_page


def test_the_old_managers_contact_of_the_same_day_is_not_the_first(
    signed_in: Browser, colleague: StaffUser, customer: Customer
) -> None:
    browser = signed_in(colleague)
    assert is_due(browser, customer)
    section = get_part(browser, "/").context["sections"][0]
    assert (section.matter, section.rows[0].line.row.task.on) == (
        "handover",
        TODAY + timedelta(days=7),
    )
    text = text_of(get_part(browser, reverse("portfolio:handover_hint", args=[customer.pk])))
    assert reverse("portfolio:handover_dossier", args=[customer.pk]) in text


@pytest.mark.parametrize("who", ["colleague", "supervisor", "stand_in"])
def test_a_counted_contact_of_manager_cover_or_supervisor_is_the_first(
    who: str,
    signed_in: Browser,
    colleague: StaffUser,
    other_manager: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    customer: Customer,
) -> None:
    CoverFactory(manager=colleague, stand_in=other_manager, arranged_by=city_supervisor)
    actor = {"colleague": colleague, "supervisor": supervisor, "stand_in": other_manager}[who]
    browser = signed_in(colleague)
    log(actor, customer, Outcome.NO_ANSWER)
    assert is_due(browser, customer)
    record = log(actor, customer)
    assert not is_due(browser, customer)
    void_contact(actor=actor, record=record, reason="选错客户")
    assert is_due(browser, customer)


def test_it_stays_due_until_it_is_made(
    signed_in: Browser,
    colleague: StaffUser,
    customer: Customer,
    frozen: time_machine.Traveller,
) -> None:
    frozen.move_to(NOW + timedelta(days=9))
    assert is_due(signed_in(colleague), customer)


def test_handed_on_it_is_the_next_managers(
    signed_in: Browser,
    colleague: StaffUser,
    other_manager: StaffUser,
    city_supervisor: StaffUser,
    customer: Customer,
) -> None:
    hand_over(city_supervisor, [customer], other_manager)
    assert is_due(signed_in(other_manager), customer)
    assert get_part(signed_in(colleague), "/?show=handover").context["sections"] == []


def test_without_htmx_it_leads_to_the_customer(
    signed_in: Browser, colleague: StaffUser, customer: Customer
) -> None:
    answer = signed_in(colleague).get(reverse("portfolio:handover_hint", args=[customer.pk]))
    assert answer.headers["Location"] == reverse("customers:customer_detail", args=[customer.pk])


def test_the_customer_page_asks_for_it(
    signed_in: Browser, colleague: StaffUser, customer: Customer
) -> None:
    page = signed_in(colleague).get(reverse("customers:customer_detail", args=[customer.pk]))
    assert reverse("portfolio:handover_hint", args=[customer.pk]) in text_of(page)
