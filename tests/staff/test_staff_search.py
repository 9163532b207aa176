"""Suggestions of people while typing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import StaffUserFactory

pytestmark = pytest.mark.django_db

PAGE = "/staff/search/"
SignedIn = Callable[[StaffUser], Client]


def test_people_are_found_by_name_and_by_the_beginning_of_their_number(
    supervisor: StaffUser, manager: StaffUser, colleague: StaffUser, signed_in: SignedIn
) -> None:
    client = signed_in(supervisor)
    assert list(client.get(PAGE, {"manager": "王"}).context["people"]) == [manager]
    assert list(client.get(PAGE, {"manager": "2002"}).context["people"]) == [colleague]
    text = client.get(PAGE, {"manager": "王"}).text
    assert '<datalist id="_staff_options">' in text
    assert 'value="王经理 (2001)"' in text


def test_managers_and_handlers_are_covered_and_supervisors_too_stand_in(
    supervisor: StaffUser, manager: StaffUser, handler: StaffUser, signed_in: SignedIn
) -> None:
    client = signed_in(supervisor)
    covered = client.get(PAGE, {"manager": ""}).context["people"]
    assert set(covered) == {manager, handler}
    found = client.get(PAGE, {"stand_in": ""}).context["people"]
    assert set(found) == {manager, supervisor, handler}


def test_nobody_from_outside_the_unit_and_nobody_who_left_is_suggested(
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    other_manager: StaffUser,
    colleague: StaffUser,
    signed_in: SignedIn,
) -> None:
    StaffUser.objects.filter(pk=colleague.pk).update(is_active=False)
    assert not signed_in(supervisor).get(PAGE, {"manager": "经理"}).context["people"]
    found = signed_in(city_supervisor).get(PAGE, {"manager": "经理"}).context["people"]
    assert list(found) == [other_manager]


def test_a_large_unit_is_not_listed_whole(
    company: Company, supervisor: StaffUser, signed_in: SignedIn
) -> None:
    StaffUserFactory.create_batch(25, unit=company.district)
    assert len(signed_in(supervisor).get(PAGE, {"manager": ""}).context["people"]) == 20


@pytest.mark.parametrize("role", ["manager", "handler", "head_office", "administrator"])
def test_only_supervisors_are_given_suggestions(
    request: pytest.FixtureRequest, supervisor: StaffUser, signed_in: SignedIn, role: str
) -> None:
    person: StaffUser = request.getfixturevalue(role)
    assert signed_in(person).get(PAGE, {"manager": ""}).status_code == 404
    assert signed_in(supervisor).get(PAGE, {"manager": ""}).status_code == 200
