"""Leave, plans of inspections and who was inspected over the REST API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from staff.models import StaffUser
from tests.api import ids, problem, send, system
from tests.conftest import Company
from tests.factories import StaffUserFactory
from tests.pages import TODAY, statements
from tests.workplans.inspections_of import one_of_each
from workplans.models import InspectionPlan, InspectionPlanLine, Leave
from workplans.services.leave import enter_leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

SignIn = Callable[[StaffUser], Client]
LEAVES, COVERAGE = "/api/v1/leaves/", "/api/v1/inspection-coverage/"
PLANS = "/api/v1/inspection-plans/"


def days(first: int, last: int) -> dict[str, str]:
    return {
        "starts_on": (TODAY + timedelta(days=first)).isoformat(),
        "ends_on": (TODAY + timedelta(days=last)).isoformat(),
    }


@pytest.fixture
def personnel(administrator: StaffUser, company: Company) -> Client:
    """The personnel system, which sees the city."""
    scopes = ["leaves:read", "leaves:write"]
    return system(administrator, unit=company.city, scopes=scopes, name="人事系统")[1]


def test_the_personnel_system_enters_leave_once_and_calls_it_off(
    personnel: Client, manager: StaffUser, administrator: StaffUser
) -> None:
    wanted = {"staff_number": manager.staff_number, "reason": "年假", **days(1, 5)}
    first, again = (send(personnel, "post", LEAVES, wanted) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200), first.content
    leave = first.json()
    assert again.json() == leave
    # Staff numbers are told apart as everywhere: no matter in which width and spelling.
    wide = {**wanted, "staff_number": f" ２{manager.staff_number[1:]}\u200b"}
    assert send(personnel, "post", LEAVES, wide).json() == leave
    assert (leave["manager"], leave["manager_staff_number"]) == (manager.pk, manager.staff_number)
    overlap = send(personnel, "post", LEAVES, {**wanted, **days(4, 9)})
    assert problem(overlap)["errors"][0]["pointer"] == "/starts_on"
    off = f"{LEAVES}{leave['id']}/call-off/"
    back = {"back_on": days(4, 4)["starts_on"]}
    for _ in range(2):
        assert send(personnel, "post", off, back).json()["ends_on"] == days(3, 3)["ends_on"]
    gone = [send(personnel, "post", off, {}).json()["cancelled_at"] for _ in range(2)]
    assert gone[0] == gone[1] is not None
    assert personnel.get(f"{LEAVES}{leave['id']}/").json()["cancelled_at"] == gone[0]


def test_leave_is_of_one_manager_within_reach(
    personnel: Client, manager: StaffUser, outsider: StaffUser, supervisor: StaffUser
) -> None:
    span = days(1, 2)
    both = {"manager": manager.pk, "staff_number": manager.staff_number, **span}
    for body in (span, both):
        assert problem(send(personnel, "post", LEAVES, body))["status"] == 422
    for person in (outsider, supervisor):
        body = {"staff_number": person.staff_number, **span}
        assert problem(send(personnel, "post", LEAVES, body))["status"] == 404
    for wrong, place in ((days(-60, -50), "/starts_on"), (days(1, 900), "/ends_on")):
        refused = problem(send(personnel, "post", LEAVES, {"manager": manager.pk, **wrong}))
        assert (refused["status"], refused["errors"][0]["pointer"]) == (422, place)
    order = send(personnel, "post", LEAVES, {"manager": manager.pk, **days(3, 1)})
    assert problem(order)["status"] == 422
    assert not Leave.objects.exists()


def test_who_reads_and_enters_leave(
    signed_in: SignIn, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    first, last = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
    leave = enter_leave(actor=supervisor, manager=manager, starts_on=first, ends_on=last)
    own = signed_in(manager)
    assert ids(own.get(LEAVES)) == [leave.pk]
    assert ids(signed_in(colleague).get(LEAVES)) == []
    body = {"manager": manager.pk, **days(9, 9)}
    assert problem(send(own, "post", LEAVES, body))["status"] == 404
    assert problem(send(own, "post", f"{LEAVES}{leave.pk}/call-off/", {}))["status"] == 404
    boss = signed_in(supervisor)
    assert send(boss, "post", LEAVES, body).status_code == 201
    query = f"since={last}&until={last}&manager={manager.pk}&cancelled=false"
    assert ids(boss.get(f"{LEAVES}?{query}&unit={supervisor.unit_id}")) == [leave.pk]


def test_coverage_and_plans_tell_supervisors_who_was_inspected(
    signed_in: SignIn,
    company: Company,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    administrator: StaffUser,
) -> None:
    made = one_of_each(manager, supervisor)
    boss = signed_in(supervisor)
    found = boss.get(COVERAGE).json()
    assert (found["managers"], found["in_month"], found["in_quarter"]) == (2, 1, 1)
    assert found["units"] == [
        {"unit": manager.unit_id, "managers": 2, "in_month": 1, "in_quarter": 1}
    ]
    assert [one["manager"] for one in found["waiting"]] == [colleague.pk]
    nobody = boss.get(f"{COVERAGE}?most_waiting=0").json()
    assert (nobody["waiting"], nobody["waiting_more"]) == ([], 1)
    (plan,) = boss.get(f"{PLANS}?month=2026-11&unit={manager.unit_id}").json()["results"]
    assert plan["id"] == made["inspection_plan"]
    assert {line["manager"] for line in plan["lines"]} == {manager.pk, colleague.pk}
    assert boss.get(f"{PLANS}{plan['id']}/").json() == plan
    for url in (COVERAGE, PLANS, f"{PLANS}{plan['id']}/"):
        assert signed_in(manager).get(url).status_code == 404
    _far, far = system(administrator, unit=company.other_city, scopes=["plans:read"])
    assert ids(far.get(PLANS)) == []
    assert far.get(COVERAGE).json()["managers"] == 0


@pytest.mark.parametrize("url", [LEAVES, PLANS, COVERAGE])
def test_they_take_the_same_few_statements_for_many(
    url: str, signed_in: SignIn, company: Company, supervisor: StaffUser
) -> None:
    def grow(count: int, month: int) -> None:
        plan: Any = InspectionPlan.objects.create(
            unit=company.district, month=TODAY.replace(month=month, day=1), made_by=supervisor
        )
        for _ in range(count):
            person = StaffUserFactory(unit=company.district)
            Leave.objects.create(
                manager=person, starts_on=TODAY, ends_on=TODAY, entered_by=supervisor
            )
            InspectionPlanLine.objects.create(plan=plan, manager=person, planned_on=TODAY)

    grow(1, 10)
    browser = signed_in(supervisor)
    few = statements(browser, url)
    grow(4, 11)
    assert statements(browser, url) == few <= 6
