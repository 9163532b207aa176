"""The list of possible duplicates, the decision, and the customer page's line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, LikePair
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import get_part, statements, text_of
from tests.portfolio.merges import merge

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
LIST = "/duplicates/"


def alike(manager: StaffUser, other: StaffUser, phone: str = "13812345678") -> LikePair:
    one, two = (
        CustomerFactory(manager=manager, phone=phone),
        CustomerFactory(manager=other, phone=phone),
    )
    return LikePair.objects.get(first=one, second=two)


def pairs(browser: Client, query: str = "") -> list[LikePair]:
    found: list[LikePair] = browser.get(f"{LIST}{query}").context["page"].rows
    return found


def test_each_sees_pairs_of_whom_they_see_both_of(
    signed_in: Browser,
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    head_office: StaffUser,
) -> None:
    own = alike(manager, manager, "13800000001")
    shared = alike(manager, colleague, "13800000002")
    across = alike(manager, other_manager, "13800000003")
    far = alike(manager, outsider, "13800000004")
    expected = {
        manager: {own},
        colleague: set(),
        supervisor: {own, shared},
        city_supervisor: {own, shared, across},
        outsider: set(),
        head_office: {own, shared, across, far},
    }
    for user, seen in expected.items():
        browser = signed_in(user)
        assert set(pairs(browser)) == seen
        for pair in (own, shared, across, far):
            for customer in (pair.first, pair.second):
                hint = get_part(browser, reverse("portfolio:likeness_hint", args=[customer.pk]))
                if hint.status_code == 200:
                    assert {p for p, _other in hint.context["alike"]} == seen & {pair}


def test_numbers_are_masked_and_the_kind_narrows(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    pair = alike(manager, manager)
    page = signed_in(supervisor).get(LIST)
    assert "138****5678" in text_of(page)
    assert "13812345678" not in text_of(page)
    assert pairs(signed_in(supervisor), "?kind=phone") == [pair]
    assert pairs(signed_in(supervisor), "?kind=employer") == []


def test_two_people_are_not_offered_again_until_that_is_taken_back(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    pair = alike(manager, manager)
    browser = signed_in(supervisor)
    for _twice in range(2):
        browser.post(reverse("portfolio:likeness_dismiss", args=[pair.pk]))
    pair.refresh_from_db()
    assert pair.dismissed_by == supervisor
    assert pairs(browser) == []
    assert pairs(browser, "?decided=on") == [pair]
    phone = pair.first.phones.get()
    CustomerFactory(manager=manager, phone=phone.number)
    assert pair not in pairs(browser)
    browser.post(reverse("portfolio:likeness_restore", args=[pair.pk]))
    assert pair in pairs(browser)


def test_who_supervises_only_one_of_them_decides_nothing(
    signed_in: Browser, manager: StaffUser, other_manager: StaffUser, supervisor: StaffUser
) -> None:
    pair = alike(manager, other_manager)
    for user in (supervisor, manager):
        answer = signed_in(user).post(reverse("portfolio:likeness_dismiss", args=[pair.pk]))
        assert answer.status_code == 404
        url = reverse("portfolio:merge", args=[pair.first_id, pair.second_id])
        assert signed_in(user).get(url).status_code == 404


def test_a_merged_pair_is_gone_and_comes_back_with_the_undoing(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    pair = alike(manager, manager)
    made = merge(supervisor, pair.first, pair.second)
    browser = signed_in(supervisor)
    assert pairs(browser) == []
    hint = get_part(browser, reverse("portfolio:likeness_hint", args=[pair.first_id]))
    assert pair.second.number in text_of(hint)
    browser.post(reverse("portfolio:merge_undo", args=[made.pk]))
    assert pairs(browser) == [pair]


def test_a_page_costs_the_same_for_few_and_many(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    alike(manager, manager, "13800000001")
    browser = signed_in(supervisor)
    few = statements(browser, LIST)
    for n in range(20):
        alike(manager, manager, f"1390000{n:04d}")
    assert statements(browser, LIST) == few <= 9
    assert Customer.objects.count() == 42
