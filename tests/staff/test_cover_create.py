"""The form that arranges a cover."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core import clock
from staff.models import Cover, StaffUser
from tests.conftest import Company
from tests.factories import StaffUserFactory

pytestmark = pytest.mark.django_db

PAGE = "/staff/covers/new/"
SignedIn = Callable[[StaffUser], Client]


def entered(**changes: Any) -> dict[str, Any]:
    today = clock.today()
    return {
        "manager": "王经理 (2001)",
        "stand_in": "李经理 (2002)",
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=2)).isoformat(),
        "reason": "年假",
        **changes,
    }


@pytest.mark.parametrize("who", ["王经理 (2001)", "2001", "王经理", " 王经理(2001) "])
def test_a_supervisor_arranges_a_cover(
    supervisor: StaffUser,
    manager: StaffUser,
    colleague: StaffUser,
    signed_in: SignedIn,
    who: str,
) -> None:
    response = signed_in(supervisor).post(PAGE, entered(manager=who), follow=True)
    assert response.redirect_chain == [("/staff/covers/", 302)]
    assert "李经理 stands in for 王经理." in response.text
    cover = Cover.objects.get()
    assert (cover.manager, cover.stand_in, cover.arranged_by) == (manager, colleague, supervisor)
    assert (cover.ends_on - cover.starts_on).days == 2


def test_what_the_service_refuses_shows_beside_its_field_and_nothing_typed_is_lost(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, signed_in: SignedIn
) -> None:
    response = signed_in(supervisor).post(PAGE, entered(stand_in="王经理 (2001)"))
    assert response.status_code == 422
    assert "Nobody can stand in for themselves" in response.text
    assert 'value="王经理 (2001)"' in response.text
    assert 'value="年假"' in response.text
    assert not Cover.objects.exists()


@pytest.mark.parametrize("who", ["赵经理 (2003)", "2003", "赵经理", "不存在"])
def test_people_of_another_unit_are_as_unknown_as_people_who_do_not_exist(
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    signed_in: SignedIn,
    who: str,
) -> None:
    response = signed_in(supervisor).post(PAGE, entered(manager=who))
    assert response.status_code == 422
    assert "Nobody here has this name or number" in response.text
    if who != "不存在":
        assert signed_in(city_supervisor).post(PAGE, entered(manager=who)).status_code == 302


def test_a_name_that_several_people_have_is_not_guessed(
    company: Company,
    supervisor: StaffUser,
    manager: StaffUser,
    colleague: StaffUser,
    signed_in: SignedIn,
) -> None:
    StaffUserFactory(name="王经理", staff_number="2099", unit=company.district)
    client = signed_in(supervisor)
    response = client.post(PAGE, entered(manager="王经理"))
    assert "Several people have this name" in response.text
    assert client.post(PAGE, entered(manager="王经理 (2099)")).status_code == 302


def test_a_supervisor_stands_in_but_is_not_covered(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, signed_in: SignedIn
) -> None:
    client = signed_in(supervisor)
    assert client.post(PAGE, entered(manager="3001")).status_code == 422
    assert client.post(PAGE, entered(stand_in="3001")).status_code == 302


def test_who_is_away_can_be_named_in_the_address(
    supervisor: StaffUser, manager: StaffUser, signed_in: SignedIn
) -> None:
    response = signed_in(supervisor).get(PAGE, {"manager": "2001"})
    assert response.context["form"].initial["manager"] == "2001"
    assert 'value="2001"' in response.text


@pytest.mark.parametrize("role", ["manager", "handler", "head_office", "administrator"])
def test_only_supervisors_arrange_cover(
    request: pytest.FixtureRequest,
    supervisor: StaffUser,
    colleague: StaffUser,
    signed_in: SignedIn,
    role: str,
) -> None:
    person: StaffUser = request.getfixturevalue(role)
    request.getfixturevalue("manager")
    assert signed_in(person).get(PAGE).status_code == 404
    assert signed_in(person).post(PAGE, entered()).status_code == 404
    assert not Cover.objects.exists()
    assert signed_in(supervisor).post(PAGE, entered()).status_code == 302
