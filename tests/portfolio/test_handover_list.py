"""The list of handovers: what each may know of them, filters, pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import Customer
from portfolio.services.handover import WantedHandovers, load_handovers
from portfolio.services.reassignment import call_off
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CustomerFactory, StaffUserFactory
from tests.pages import TODAY
from tests.portfolio.handovers import hand_over

URL = reverse("portfolio:handover_list")
NOTE = "客户今年搬家"

pytestmark = pytest.mark.usefixtures("frozen")

SignIn = Callable[[StaffUser], Client]


def customers_of(manager: StaffUser, count: int) -> list[Customer]:
    return [CustomerFactory(manager=manager) for _ in range(count)]


def told(user: StaffUser, **wanted: Any) -> list[tuple[int, int, bool]]:
    """Handover, customers and whether its page is open, of each line."""
    found = load_handovers(StaffUser.objects.get(pk=user.pk), WantedHandovers(**wanted), None)
    return [(line.handover.pk, line.customers, line.is_open) for line in found.lines]


def test_a_supervisor_sees_from_whom_how_many_went_to_whom(
    signed_in: SignIn,
    company: Company,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
) -> None:
    pooled = CustomerFactory(manager=None, unit=company.district)
    made = hand_over(supervisor, [*customers_of(manager, 2), pooled], colleague)
    text = signed_in(supervisor).get(URL).content.decode()
    assert reverse("portfolio:handover_detail", args=[made.pk]) in text
    for words in (f"3 customers to {colleague.name}", f"2 from {manager.name}", "1 without a"):
        assert words in text


def test_the_new_manager_sees_it_open_and_the_former_one_only_the_own_share(
    signed_in: SignIn,
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    outsider: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    going = customers_of(manager, 2) + customers_of(colleague, 1)
    made = hand_over(city_supervisor, going, other_manager, note=NOTE)
    assert told(other_manager) == [(made.pk, 3, True)]
    assert told(manager) == [(made.pk, 2, False)]
    assert told(colleague) == [(made.pk, 1, False)]
    assert told(outsider) == []
    text = signed_in(manager).get(URL).content.decode()
    assert f"2 customers to {other_manager.name}" in text
    assert reverse("portfolio:handover_detail", args=[made.pk]) not in text
    for hidden in (colleague.name, NOTE, going[0].name):
        assert hidden not in text


def test_a_supervisor_of_the_giving_unit_sees_the_share_of_the_own_people(
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    head_office: StaffUser,
) -> None:
    going = customers_of(manager, 2) + customers_of(colleague, 1)
    third = StaffUserFactory(name="钱经理", unit=other_manager.unit)
    made = hand_over(city_supervisor, [*going, *customers_of(third, 4)], other_manager)
    assert told(supervisor) == [(made.pk, 3, False)]
    assert told(city_supervisor) == told(head_office) == [(made.pk, 7, True)]


def test_the_former_manager_hears_of_it_when_it_is_in_force(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    planned = hand_over(supervisor, customers_of(manager, 1), colleague, TODAY + timedelta(days=1))
    assert told(manager) == []
    assert told(colleague) == [(planned.pk, 1, True)]


def test_it_is_narrowed_by_manager_state_and_days(
    signed_in: SignIn, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    third = StaffUserFactory(name="钱经理", unit=manager.unit)
    past = hand_over(supervisor, customers_of(manager, 1), colleague)
    planned = hand_over(supervisor, customers_of(third, 1), manager, TODAY + timedelta(days=9))
    called_off = hand_over(supervisor, customers_of(third, 1), colleague, TODAY + timedelta(days=5))
    call_off(actor=supervisor, made=called_off)

    def found(**given: str) -> list[int]:
        page = signed_in(supervisor).get(URL, given)
        return [line.handover.pk for line in page.context["list"].lines]

    assert found() == [planned.pk, called_off.pk, past.pk]
    assert found(state="waiting") == [planned.pk]
    assert found(state="called_off") == [called_off.pk]
    assert found(person=manager.staff_number) == [planned.pk, past.pk]
    assert found(person="钱经理") == [planned.pk, called_off.pk]
    assert found(person="nobody") == []
    day = (TODAY + timedelta(days=5)).isoformat()
    assert found(until=day) == [called_off.pk, past.pk]
    assert found(since=day) == [planned.pk, called_off.pk]
    refused = signed_in(supervisor).get(URL, {"since": "yesterday", "state": "lost"})
    assert refused.status_code == 200
    assert set(refused.context["form"].errors) == {"since", "state"}


def test_an_empty_list_says_what_would_fill_it(
    signed_in: SignIn, manager: StaffUser, supervisor: StaffUser
) -> None:
    assert "No handovers yet" in signed_in(manager).get(URL).content.decode()
    assert reverse("customers:customer_list") in signed_in(supervisor).get(URL).content.decode()
    narrowed = signed_in(supervisor).get(URL, {"state": "waiting"}).content.decode()
    assert "No handover is like that" in narrowed


def test_pages_follow_each_other_at_the_same_cost(
    signed_in: SignIn, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    browser = signed_in(supervisor)

    def page_at(address: str) -> tuple[Any, int]:
        with CaptureQueriesContext(connection) as captured:
            page = browser.get(address)
        return page, len(captured)

    def hand_over_one() -> int:
        return hand_over(supervisor, customers_of(manager, 1), colleague).pk

    made = [hand_over_one()]
    _page, few = page_at(URL)
    made += [hand_over_one() for _ in range(54)]
    first, cost = page_at(URL)
    assert cost == few <= 10
    cursor = first.context["list"].page.next_cursor
    second, _cost = page_at(f"{URL}?cursor={cursor}")
    shown = [line.handover.pk for page in (first, second) for line in page.context["list"].lines]
    assert shown == made[::-1]
