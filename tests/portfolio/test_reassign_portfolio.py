"""A departing manager's whole portfolio, from the board in one go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


def test_the_board_leads_to_everybody_the_manager_serves(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    for _ in range(3):
        CustomerFactory(manager=manager)
    CustomerFactory(manager=colleague)
    CustomerFactory(manager=manager, status="left")
    url = reverse("portfolio:reassign_portfolio", args=[manager.pk])
    browser = signed_in(supervisor)
    assert url in text_of(browser.get("/board/"))
    answer = browser.get(url, follow=True)
    assert answer.context["preview"].customers == 3


def test_it_also_serves_who_has_left(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    CustomerFactory(manager=manager)
    manager.is_active = False
    manager.save()
    url = reverse("portfolio:reassign_portfolio", args=[manager.pk])
    answer = signed_in(supervisor).get(url, follow=True)
    assert answer.context["preview"].customers == 1
    assert manager not in answer.context["form"].fields["manager"].queryset


def test_a_manager_of_other_units_is_not_found(
    signed_in: Browser, manager: StaffUser, outsider: StaffUser, supervisor: StaffUser
) -> None:
    browser = signed_in(supervisor)
    for person, status in ((manager, 302), (outsider, 404)):
        url = reverse("portfolio:reassign_portfolio", args=[person.pk])
        assert browser.get(url).status_code == status


def test_head_office_sees_the_board_without_it(
    signed_in: Browser, manager: StaffUser, head_office: StaffUser
) -> None:
    CustomerFactory(manager=manager)
    url = reverse("portfolio:reassign_portfolio", args=[manager.pk])
    browser = signed_in(head_office)
    assert url not in text_of(browser.get("/board/"))
    assert browser.get(url).status_code == 404
