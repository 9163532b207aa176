"""Showing a snoozed row again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Snooze
from contacts.services.snoozes import snooze_row
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY, events, get_part, post_part

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def snooze(manager: StaffUser) -> Snooze:
    return snooze_row(
        actor=manager,
        customer=CustomerFactory(manager=manager, vip_since=date(2026, 9, 1)),
        subject=Snooze.Subject.CONTACT,
        until=TODAY + timedelta(days=3),
        reason="出差",
    )


def wake_url(snooze: Snooze) -> str:
    return reverse("contacts:row_wake", args=[snooze.pk])


def test_the_row_is_there_again(signed_in: Browser, manager: StaffUser, snooze: Snooze) -> None:
    browser = signed_in(manager)
    home = reverse("portfolio:my_day")
    assert get_part(browser, home).context["sections"] == []
    response = post_part(browser, wake_url(snooze))
    assert response.status_code == 204
    assert "careChanged" in events(response)
    assert len(get_part(browser, home).context["sections"]) == 1
    assert post_part(browser, wake_url(snooze)).status_code == 404


def test_without_htmx_it_goes_back_to_the_page(
    signed_in: Browser, manager: StaffUser, snooze: Snooze
) -> None:
    response = signed_in(manager).post(wake_url(snooze), {"next": "/?show=snoozed"})
    assert response["Location"] == "/?show=snoozed"


def test_only_who_serves_the_customer_shows_it(
    signed_in: Browser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    handler: StaffUser,
    administrator: StaffUser,
    snooze: Snooze,
) -> None:
    for person in (colleague, outsider, supervisor, head_office, handler, administrator):
        assert post_part(signed_in(person), wake_url(snooze)).status_code == 404
    assert Snooze.objects.exists()
