"""Units and people in the API: nobody sees more of the company than on the pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client, override_settings

from staff.models import StaffUser
from tests.api import ids, problem, system
from tests.conftest import Company

UNITS = "/api/v1/units/"
STAFF = "/api/v1/staff/"

SignIn = Callable[[StaffUser], Client]


def test_a_supervisor_lists_the_units_below_and_nothing_above(
    signed_in: SignIn, city_supervisor: StaffUser, company: Company
) -> None:
    answer = signed_in(city_supervisor).get(UNITS)
    found = {row["id"]: row["parent"] for row in answer.json()["results"]}
    assert found == {
        company.city.pk: None,
        company.district.pk: company.city.pk,
        company.other_district.pk: company.city.pk,
    }


def test_a_manager_sees_the_own_unit_only(
    signed_in: SignIn, manager: StaffUser, company: Company
) -> None:
    answer = signed_in(manager).get(UNITS)
    assert ids(answer) == [company.district.pk]
    assert answer.json()["results"][0]["parent"] is None


@pytest.mark.parametrize("role", ["head_office", "administrator"])
def test_head_office_and_administrators_see_every_unit_with_its_parent(
    request: pytest.FixtureRequest, signed_in: SignIn, company: Company, role: str
) -> None:
    rows = signed_in(request.getfixturevalue(role)).get(UNITS).json()["results"]
    assert len(rows) == 6
    assert {row["id"]: row["parent"] for row in rows}[company.city.pk] == company.province.pk


def test_people_are_listed_within_scope_and_without_systems(
    signed_in: SignIn,
    supervisor: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    administrator: StaffUser,
    company: Company,
) -> None:
    client, prm = system(administrator, unit=company.district)
    browser = signed_in(supervisor)
    assert set(ids(browser.get(STAFF))) == {manager.pk, supervisor.pk}
    assert ids(browser.get(STAFF, {"role": "manager"})) == [manager.pk]
    assert set(ids(prm.get(STAFF))) == {manager.pk, supervisor.pk}
    assert client.account_id not in ids(signed_in(administrator).get(STAFF))
    assert problem(browser.get(STAFF, {"unit": company.far_district.pk}))["status"] == 404
    assert problem(browser.get(STAFF, {"role": "system"}))["status"] == 400


def test_nothing_private_of_a_person_is_told(
    signed_in: SignIn, supervisor: StaffUser, manager: StaffUser
) -> None:
    row = signed_in(supervisor).get(STAFF, {"role": "manager"}).json()["results"][0]
    assert set(row) == {"id", "staff_number", "name", "role", "unit", "is_active"}


@override_settings(MFA_REQUIRED_ROLES=["supervisor"])
def test_who_lacks_a_second_factor_gets_nothing(
    signed_in: SignIn, supervisor: StaffUser, manager: StaffUser
) -> None:
    refused = problem(signed_in(supervisor).get(STAFF))
    assert refused["type"] == "urn:vipcrm:problem:second_factor_missing"
    assert signed_in(manager).get(STAFF).status_code == 200


def test_who_has_left_gets_nothing(signed_in: SignIn, manager: StaffUser) -> None:
    browser = signed_in(manager)
    assert browser.get(STAFF).status_code == 200
    StaffUser.objects.filter(pk=manager.pk).update(is_active=False)
    assert problem(browser.get(STAFF))["status"] == 401
