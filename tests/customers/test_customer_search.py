"""Finding customers from the search field: by what, by whom, and never more than is theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, Status
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory

SignIn = Callable[[StaffUser], Client]

SEARCH = reverse("customers:customer_search")
LIST = reverse("customers:customer_list")
HTMX = {"HX-Request": "true"}


def suggested(client: Client, text: str) -> list[str]:
    response = client.get(SEARCH, {"q": text}, headers=HTMX)
    assert response.status_code == 200
    return [customer.name for customer in response.context["customers"]]


def found(client: Client, text: str) -> set[str]:
    """Both ways in: the suggestions and the list say the same."""
    names = {customer.name for customer in client.get(LIST, {"q": text}).context["page"].rows}
    assert set(suggested(client, text)) == names
    return names


@pytest.fixture
def wang(manager: StaffUser) -> Customer:
    return CustomerFactory(number="BJ20260001", name="王伟芳", manager=manager, phone="13812345678")


@pytest.mark.parametrize(
    "text",
    [
        "王伟",
        "伟芳",
        "王伟芳",
        "wangweifang",
        "WangWei",
        "weifang",
        "wwf",
        "wf",
        "BJ20260001",
        "bj2026",
        "0001",
        "5678",
        "1234",
        "13812345678",
        " 138 1234 5678 ",
        "１３８１２３４５６７８",
    ],
)
def test_a_customer_is_found_by(
    wang: Customer, manager: StaffUser, signed_in: SignIn, text: str
) -> None:
    CustomerFactory(number="ZZ99990000", name="李娜", manager=manager, phone="13900009999")
    assert found(signed_in(manager), text) == {"王伟芳"}


@pytest.mark.parametrize("text", ["王", "w", "678", "芳芳", "%", "_wf", "", "   ", "王%", "\0\0"])
def test_a_customer_is_not_found_by(
    wang: Customer, manager: StaffUser, signed_in: SignIn, text: str
) -> None:
    assert suggested(signed_in(manager), text) == []


def test_a_surname_is_read_as_a_surname(manager: StaffUser, signed_in: SignIn) -> None:
    CustomerFactory(name="单雄信", manager=manager)
    assert found(signed_in(manager), "shanxx") == set()
    assert found(signed_in(manager), "shanxiong") == {"单雄信"}


@pytest.mark.parametrize("text", ["王伟", "wwf", "5678", "13812345678", "BJ20260001"])
def test_nobody_finds_another_units_customer(
    wang: Customer,
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    outsider: StaffUser,
    signed_in: SignIn,
    text: str,
) -> None:
    assert found(signed_in(manager), text) == {"王伟芳"}
    for other in (colleague, other_manager, outsider):
        client = signed_in(other)
        assert found(client, text) == set()
        assert "王伟芳" not in client.get(SEARCH, {"q": text}, headers=HTMX).content.decode()


@pytest.mark.parametrize("role", ["supervisor", "head_office"])
def test_who_sees_masked_numbers_finds_by_whole_numbers_only(
    wang: Customer, role: str, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    client = signed_in(request.getfixturevalue(role))
    assert found(client, "13812345678") == {"王伟芳"}
    assert found(client, "wwf") == {"王伟芳"}
    for part in ("5678", "1381", "1234567", "3812345678"):
        assert found(client, part) == set()


def test_a_supervisor_who_covers_finds_those_customers_by_part_of_a_number(
    wang: Customer,
    supervisor: StaffUser,
    manager: StaffUser,
    colleague: StaffUser,
    signed_in: SignIn,
) -> None:
    CustomerFactory(name="同事的", manager=colleague, phone="13700005678")
    CoverFactory(manager=manager, stand_in=supervisor, arranged_by=supervisor)
    assert found(signed_in(supervisor), "5678") == {"王伟芳"}


def test_suggestions_say_who_it_is_and_hide_the_number(
    wang: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    response = signed_in(manager).get(SEARCH, {"q": "wwf"}, headers=HTMX)
    page = response.content.decode()
    assert page.lstrip().startswith('<div id="_customer_suggestions"')
    assert "<html" not in page
    for words in ("王伟芳", "BJ20260001", "东城区", "138****5678", "Gold"):
        assert words in page
    assert "13812345678" not in page
    assert reverse("customers:customer_detail", args=[wang.pk]) in page


def test_nothing_at_all_under_two_characters(
    wang: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    response = signed_in(manager).get(SEARCH, {"q": "王"}, headers=HTMX)
    assert response.content.strip() == b""


def test_those_who_left_are_found_and_marked(manager: StaffUser, signed_in: SignIn) -> None:
    CustomerFactory(name="离开了", manager=manager, status=Status.LEFT)
    response = signed_in(manager).get(SEARCH, {"q": "离开"}, headers=HTMX)
    assert "离开了" in response.content.decode()
    assert "Left" in response.content.decode()


def test_at_most_eight_and_the_way_to_all(manager: StaffUser, signed_in: SignIn) -> None:
    for number in range(8):
        CustomerFactory(name=f"张三{number}", manager=manager)
    client = signed_in(manager)
    first = client.get(SEARCH, {"q": "张三"}, headers=HTMX)
    assert len(first.context["customers"]) == 8
    assert "Show all" not in first.content.decode()
    CustomerFactory(name="张三九", manager=manager)
    second = client.get(SEARCH, {"q": "张三"}, headers=HTMX)
    assert len(second.context["customers"]) == 8
    assert "Show all" in second.content.decode()


def test_without_scripts_the_list_answers(manager: StaffUser, signed_in: SignIn) -> None:
    response = signed_in(manager).get(SEARCH, {"q": "王 伟"})
    assert response.status_code == 302
    assert response["Location"] == f"{LIST}?q=%E7%8E%8B+%E4%BC%9F"


@pytest.mark.parametrize("role", ["handler", "administrator"])
def test_who_sees_no_customers_does_not_find_the_search(
    role: str, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    client = signed_in(request.getfixturevalue(role))
    assert client.get(SEARCH, {"q": "wang"}, headers=HTMX).status_code == 404


def test_markup_in_what_is_typed_stays_text(manager: StaffUser, signed_in: SignIn) -> None:
    response = signed_in(manager).get(SEARCH, {"q": "<b>x</b>"}, headers=HTMX)
    assert "<b>" not in response.content.decode()


def test_few_statements_whatever_is_found(
    manager: StaffUser, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(manager)

    def statements() -> int:
        with django_assert_max_num_queries(4) as captured:
            suggested(client, "客户")
        return len(captured)

    CustomerFactory(name="客户甲", manager=manager)
    one = statements()
    for _ in range(20):
        CustomerFactory(name="客户乙", manager=manager)
    assert statements() == one
