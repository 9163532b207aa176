"""Calling off a handover that waits for its day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from portfolio.services.reassignment import apply_due_reassignments
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY, text_of
from tests.portfolio.handovers import hand_over

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


def test_called_off_it_does_not_take_place(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    frozen: time_machine.Traveller,
) -> None:
    customer = CustomerFactory(manager=manager)
    made = hand_over(supervisor, [customer], colleague, TODAY + timedelta(days=1))
    page = reverse("portfolio:handover_detail", args=[made.pk])
    url = reverse("portfolio:handover_call_off", args=[made.pk])
    browser = signed_in(supervisor)
    assert page in text_of(browser.get("/board/"))
    assert url in text_of(browser.get(page))
    assert url not in text_of(signed_in(colleague).get(page))
    assert signed_in(colleague).post(url).status_code == 404
    for _ in range(2):
        assert "is called off" in text_of(browser.post(url, follow=True))
    assert AuditEntry.objects.filter(verb="handover.called_off").count() == 1
    assert page not in text_of(browser.get("/board/"))
    frozen.move_to(NOW + timedelta(days=1))
    assert apply_due_reassignments() == 0
    customer.refresh_from_db()
    assert customer.manager == manager


def test_one_in_force_stays(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager)
    made = hand_over(supervisor, [customer], colleague)
    url = reverse("portfolio:handover_call_off", args=[made.pk])
    assert "in force already" in text_of(signed_in(supervisor).post(url, follow=True))
    made.refresh_from_db()
    customer.refresh_from_db()
    assert (made.cancelled_at, customer.manager) == (None, colleague)
