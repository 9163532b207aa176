"""Hiding a row of My day until a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import CadenceFlag, Snooze
from contacts.services.flags import flag_overdue
from customers.models import Customer
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import TODAY, events, get_part, post_part, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
DATA = {"subject": "contact", "until": "2026-11-26", "reason": "出差"}


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    """A gold customer who is overdue."""
    return CustomerFactory(manager=manager, vip_since=date(2026, 9, 1))


def snooze_url(customer: Customer, query: str = "") -> str:
    return reverse("contacts:row_snooze", args=[customer.pk]) + query


def test_the_form_begins_with_tomorrow(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    response = get_part(signed_in(manager), snooze_url(customer, "?row=visit"))
    assert response.context["form"]["until"].value() == TODAY + timedelta(days=1)
    assert 'name="subject" value="visit"' in text_of(response)


def test_the_row_is_hidden_and_flag_and_figures_stay(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    flag_overdue()
    browser = signed_in(manager)
    response = post_part(browser, snooze_url(customer), DATA)
    snooze = Snooze.objects.get()
    assert response.status_code == 204
    assert (snooze.until, snooze.reason, snooze.snoozed_by) == (date(2026, 11, 26), "出差", manager)
    assert CadenceFlag.objects.open().filter(customer=customer).exists()
    day = get_part(browser, reverse("portfolio:my_day")).context
    assert (day["sections"], day["snoozed_count"]) == ([], 1)
    assert {"careChanged", "close_drawer"} <= set(events(response))


def test_the_notice_shows_it_again(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    undo = events(post_part(browser, snooze_url(customer), DATA))["toast"]["undo_url"]
    assert post_part(browser, undo).status_code == 204
    assert not Snooze.objects.exists()


def test_snoozed_again_the_later_holds(
    signed_in: Browser, manager: StaffUser, customer: Customer
) -> None:
    browser = signed_in(manager)
    post_part(browser, snooze_url(customer), DATA)
    post_part(browser, snooze_url(customer), DATA | {"until": "2026-12-01"})
    assert Snooze.objects.get().until == date(2026, 12, 1)


@pytest.mark.parametrize(
    "changed", [{"until": "2026-11-23"}, {"until": ""}, {"reason": " "}, {"subject": "moon"}]
)
def test_it_wants_a_day_to_come_and_a_reason(
    signed_in: Browser, manager: StaffUser, customer: Customer, changed: dict[str, str]
) -> None:
    response = post_part(signed_in(manager), snooze_url(customer), DATA | changed)
    assert response.status_code == 422
    assert not Snooze.objects.exists()


def test_only_who_serves_the_customer_hides_a_row(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    handler: StaffUser,
    administrator: StaffUser,
    customer: Customer,
) -> None:
    for person in (colleague, outsider, supervisor, head_office, handler, administrator):
        browser = signed_in(person)
        assert get_part(browser, snooze_url(customer)).status_code == 404
        assert post_part(browser, snooze_url(customer), DATA).status_code == 404
    assert not Snooze.objects.exists()
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    colleague = StaffUser.objects.get(pk=colleague.pk)
    assert post_part(signed_in(colleague), snooze_url(customer), DATA).status_code == 204
