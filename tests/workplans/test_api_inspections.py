"""Inspections and findings in the REST API: read in scope, never by the inspected."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from staff.models import StaffUser
from tests.api import ids, problem, system
from tests.conftest import Company
from tests.pages import statements
from tests.workplans.inspections_of import inspect, one_of_each, records_for
from workplans.services.findings import add_finding

pytestmark = pytest.mark.django_db

SignIn = Callable[[StaffUser], Client]
INSPECTIONS, FINDINGS = "/api/v1/inspections/", "/api/v1/findings/"


def test_supervisors_read_what_was_drawn_and_managers_only_their_findings(
    signed_in: SignIn, manager: StaffUser, supervisor: StaffUser, outsider: StaffUser
) -> None:
    made = one_of_each(manager, supervisor)
    both = {made["inspection"], made["closed_inspection"]}
    boss, own = signed_in(supervisor), signed_in(manager)
    assert set(ids(boss.get(INSPECTIONS))) == both
    assert ids(boss.get(f"{INSPECTIONS}?is_closed=true")) == [made["closed_inspection"]]
    body = boss.get(f"{INSPECTIONS}{made['closed_inspection']}/").json()
    assert {item["verdict"] for item in body["items"]} == {"genuine"}
    assert ids(own.get(INSPECTIONS)) == []
    assert own.get(f"{INSPECTIONS}{made['closed_inspection']}/").status_code == 404
    assert ids(own.get(FINDINGS)) == ids(boss.get(FINDINGS)) == [made["finding"]]
    assert ids(boss.get(f"{FINDINGS}?is_open=false")) == []
    assert ids(signed_in(outsider).get(FINDINGS)) == []


def test_a_finding_of_an_open_inspection_is_not_the_managers_yet(
    signed_in: SignIn, manager: StaffUser, supervisor: StaffUser
) -> None:
    records_for(manager, 2)
    finding = add_finding(
        actor=supervisor, inspection=inspect(supervisor, manager), text="没有写内容"
    )
    assert ids(signed_in(manager).get(FINDINGS)) == []
    assert ids(signed_in(supervisor).get(FINDINGS)) == [finding.pk]


def test_a_system_needs_the_scope_and_sees_its_unit(
    company: Company, administrator: StaffUser, manager: StaffUser, supervisor: StaffUser
) -> None:
    made = one_of_each(manager, supervisor)
    _client, allowed = system(
        administrator, unit=company.city, scopes=["plans:read"], name="分析系统"
    )
    assert made["inspection"] in ids(allowed.get(INSPECTIONS))
    _other, far = system(
        administrator, unit=company.other_city, scopes=["plans:read"], name="外市系统"
    )
    assert ids(far.get(INSPECTIONS)) == ids(far.get(FINDINGS)) == []
    _third, refused = system(administrator, scopes=["customers:read"], name="别的系统")
    assert problem(refused.get(INSPECTIONS))["status"] == 403


def test_the_list_takes_the_same_statements_for_many(
    signed_in: SignIn, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    records_for(manager, 2)
    inspect(supervisor, manager)
    boss = signed_in(supervisor)
    few = statements(boss, INSPECTIONS)
    one_of_each(colleague, supervisor)
    assert statements(boss, INSPECTIONS) == few
