"""What both managers are told on My day, until each has noted it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from portfolio.models import HandoverNotice, Reassignment
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import post_part, text_of
from tests.portfolio.handovers import hand_over

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]


@pytest.fixture
def handover(manager: StaffUser, colleague: StaffUser, supervisor: StaffUser) -> Reassignment:
    return hand_over(supervisor, [CustomerFactory(manager=manager) for _ in range(2)], colleague)


def address(notice: HandoverNotice) -> str:
    return reverse("portfolio:handover_dismiss", args=[notice.pk])


def test_both_are_told(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, handover: Reassignment
) -> None:
    new, old = text_of(signed_in(colleague).get("/")), text_of(signed_in(manager).get("/"))
    page = reverse("portfolio:handover_detail", args=[handover.pk])
    assert f"2 customers came to you from {manager.name}" in new
    assert f"2 of your customers went to {colleague.name}" in old
    assert page in new
    assert page not in old


def test_noted_it_is_gone_for_the_reader_only(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, handover: Reassignment
) -> None:
    notice = handover.notices.get(reader=colleague)
    browser = signed_in(colleague)
    answer = post_part(browser, address(notice))
    assert 'id="_handover_notices"' in text_of(answer)
    assert "came to you" not in text_of(answer) + text_of(browser.get("/"))
    first = HandoverNotice.objects.get(pk=notice.pk).dismissed_at
    assert browser.post(address(notice)).headers["Location"] == "/"
    assert HandoverNotice.objects.get(pk=notice.pk).dismissed_at == first
    assert "went to" in text_of(signed_in(manager).get("/"))


def test_nobody_dismisses_what_others_are_told(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    handover: Reassignment,
) -> None:
    notice = handover.notices.get(reader=colleague)
    for person in (manager, supervisor):
        assert signed_in(person).post(address(notice)).status_code == 404
    assert signed_in(colleague).post(address(notice)).status_code == 302
