"""The duty roster over the REST API: who takes the calls now, by cover too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from staff.models import StaffUser
from tests.api import ids, problem, system
from tests.conftest import Company
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import CoverFactory, CustomerFactory, StaffUserFactory
from tests.pages import TODAY, statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

URL = "/api/v1/duty-roster/"


def test_the_roster_follows_the_cover_and_counts_missed_calls(
    administrator: StaffUser, manager: StaffUser, colleague: StaffUser, company: Company
) -> None:
    last = StaffUserFactory(unit=company.district)
    for away, stand_in in ((manager, colleague), (colleague, last)):
        CoverFactory(manager=away, stand_in=stand_in, starts_on=TODAY, ends_on=TODAY)
    number = CustomerFactory(manager=manager).phones.get().number
    tell(call_centre(), a_call(number, clock.now() - timedelta(hours=1)))
    _client, centre = system(administrator, unit=company.city, scopes=["duty:read"])
    (row,) = centre.get(f"{URL}?manager={manager.pk}").json()["results"]
    assert (row["manager"], row["chain"]) == (manager.pk, [colleague.pk, last.pk])
    assert (row["on_duty"], row["on_duty_staff_number"]) == (last.pk, last.staff_number)
    assert (row["is_reachable"], row["waiting"], row["late"]) == (True, 1, 1)
    assert len(ids(centre.get(f"{URL}?unit={company.district.pk}"))) == 3
    assert centre.get(f"{URL}?unit={company.far_district.pk}").status_code == 404


def test_who_sees_whose_duty(
    administrator: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    handler: StaffUser,
    signed_in: Callable[[StaffUser], Client],
) -> None:
    assert ids(signed_in(manager).get(URL)) == [manager.pk]
    assert signed_in(handler).get(URL).status_code == 404
    _client, other = system(administrator, scopes=["calls:read"])
    assert problem(other.get(URL))["type"] == "urn:vipcrm:problem:scope_missing"


def test_the_roster_takes_the_same_few_statements_for_many(
    supervisor: StaffUser,
    manager: StaffUser,
    company: Company,
    signed_in: Callable[[StaffUser], Client],
) -> None:
    browser = signed_in(supervisor)
    few = statements(browser, URL)
    for _ in range(5):
        StaffUserFactory(unit=company.district)
    assert statements(browser, URL) == few <= 6
