"""The person's own page, and what every page shows of the person."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from staff.models import StaffUser
from tests.factories import CoverFactory

pytestmark = pytest.mark.django_db

PAGE = "/staff/profile/"
SignedIn = Callable[[StaffUser], Client]


def menu_of(client: Client) -> list[str]:
    bar = re.search(r'<nav class="topbar-nav.*?</nav>', client.get(PAGE).text, re.DOTALL)
    assert bar is not None
    return re.findall(r"<span>(.*?)</span>", bar[0])


def test_people_see_their_own_details(manager: StaffUser, signed_in: SignedIn) -> None:
    StaffUser.objects.filter(pk=manager.pk).update(phone="13800001111", email="w@example.com")
    text = signed_in(manager).get(PAGE).text
    for own in ("2001", "王经理", "江海省/滨江市/东城区", "13800001111", "w@example.com"):
        assert own in text


@pytest.mark.parametrize(
    ("role", "places"),
    [
        (
            "manager",
            [
                *("My day", "Plans", "Customers", "Complaints and calls"),
                *("Retention", "Churn", "Cover"),
            ],
        ),
        (
            "supervisor",
            [
                *("Board", "Plans and logs", "Customers", "Complaints and calls"),
                *("Retention", "Churn", "Cover", "Imports", "Audit trail"),
            ],
        ),
        (
            "head_office",
            [
                *("Board", "Plans and logs", "Customers", "Complaints and calls"),
                *("Retention", "Churn", "Audit trail"),
            ],
        ),
        ("administrator", ["Imports", "Standards", "Audit trail", "Administration"]),
        ("handler", ["Complaints"]),
    ],
)
def test_the_menu_leads_where_the_role_has_business(
    request: pytest.FixtureRequest, signed_in: SignedIn, role: str, places: list[str]
) -> None:
    assert menu_of(signed_in(request.getfixturevalue(role))) == places


@pytest.mark.parametrize(
    ("role", "page", "tabs"),
    [
        ("manager", "/customers/", ["Customers", "Contacts"]),
        ("supervisor", "/customers/", ["Customers", "Contacts", "Duplicates"]),
        ("supervisor", "/exchange/usage/", ["Roster import", "Usage import", "Departures"]),
        (
            "administrator",
            "/retention/signals/",
            ["Risk signals", "Retention measures", "Churn goals"],
        ),
        ("manager", "/staff/covers/", []),
    ],
)
def test_an_area_has_its_pages_as_tabs(
    request: pytest.FixtureRequest, signed_in: SignedIn, role: str, page: str, tabs: list[str]
) -> None:
    text = signed_in(request.getfixturevalue(role)).get(page).text
    area = re.search(r'<nav class="nav nav-tabs area-tabs.*?</nav>', text, re.DOTALL)
    found = re.findall(r">\s*([^<>]+?)\s*</a>", area[0]) if area else []
    assert found == tabs


def test_a_supervisor_who_stands_in_has_a_day_too(
    supervisor: StaffUser, manager: StaffUser, signed_in: SignedIn
) -> None:
    CoverFactory(manager=manager, stand_in=supervisor, arranged_by=supervisor)
    assert menu_of(signed_in(supervisor))[0] == "My day"


@pytest.mark.parametrize(
    ("role", "searches"),
    [
        ("manager", True),
        ("supervisor", True),
        ("head_office", True),
        ("handler", False),
        ("administrator", False),
    ],
)
def test_the_search_is_for_who_sees_customers(
    request: pytest.FixtureRequest, signed_in: SignedIn, role: str, searches: bool
) -> None:
    text = signed_in(request.getfixturevalue(role)).get(PAGE).text
    assert ('id="search"' in text) is searches


def test_the_present_place_is_marked(supervisor: StaffUser, signed_in: SignedIn) -> None:
    text = signed_in(supervisor).get("/staff/covers/new/").text
    assert len(re.findall(r'href="/staff/covers/" aria-current="page"', text)) == 2


def test_a_demonstration_says_so(
    manager: StaffUser, signed_in: SignedIn, settings: Settings
) -> None:
    client = signed_in(manager)
    assert "Demonstration" not in client.get(PAGE).text
    settings.DEMONSTRATION = True
    assert "Demonstration" in client.get(PAGE).text


def test_the_language_is_switched_and_kept(manager: StaffUser, signed_in: SignedIn) -> None:
    client = signed_in(manager)
    assert '<html lang="en"' in client.get(PAGE).text
    response = client.post("/i18n/setlang/", {"language": "zh-hans", "next": PAGE})
    assert response.headers["Location"] == PAGE
    assert '<html lang="zh-hans"' in client.get(PAGE).text


def test_the_theme_of_the_cookie_is_in_the_page_from_the_start(
    manager: StaffUser, signed_in: SignedIn
) -> None:
    client = signed_in(manager)
    assert 'data-theme="auto"' in client.get(PAGE).text
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark" data-bs-theme="dark"' in client.get(PAGE).text


def test_the_page_holds_no_script_and_no_style_of_its_own(
    manager: StaffUser, signed_in: SignedIn
) -> None:
    text = signed_in(manager).get(PAGE).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\s(style|on\w+)=", text)


def test_who_is_not_signed_in_is_asked_to() -> None:
    assert Client().get(PAGE).headers["Location"] == f"/accounts/login/?next={PAGE}"
