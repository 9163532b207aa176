"""Work plans in the REST API: read in scope, with what is done, never written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from customers.models import Channel
from staff.models import StaffUser
from tests.api import ids, problem, send, system
from tests.conftest import Company
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, TODAY
from tests.workplans.plans_of import a_plan, a_submitted_plan, an_item
from workplans.models import WorkPlan
from workplans.models.plans import PlanKind
from workplans.services.plans import set_targets

pytestmark = pytest.mark.usefixtures("frozen")

SignIn = Callable[[StaffUser], Client]
PLANS = "/api/v1/work-plans/"


@pytest.fixture
def plan(manager: StaffUser) -> WorkPlan:
    return a_plan(manager)


@pytest.fixture
def strange(outsider: StaffUser) -> WorkPlan:
    return a_plan(outsider)


def test_a_plan_comes_with_its_items_and_what_is_done(
    signed_in: SignIn, manager: StaffUser, plan: WorkPlan
) -> None:
    customer, other = CustomerFactory.create_batch(2, manager=manager)
    an_item(plan, customer, purpose="Ask for the employer")
    an_item(plan, other, needs_visit=True)
    an_item(plan, text="Training")
    set_targets(actor=manager, plan=plan, values={"visits": 3})
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    for one in (customer, other):
        log_contact(actor=manager, customer=one, contact=contact)
    body = signed_in(manager).get(f"{PLANS}{plan.pk}/").json()
    assert (body["kind"], body["state"], body["starts_on"]) == ("week", "draft", "2026-11-23")
    assert body["targets"] == [{"kind": "visits", "value": 3}]
    items = [(row["customer"], row["text"], row["is_done"]) for row in body["items"]]
    assert items == [(customer.pk, "", True), (other.pk, "", False), (None, "Training", False)]


def test_each_sees_the_plans_of_the_own_people(
    signed_in: SignIn,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    handler: StaffUser,
    plan: WorkPlan,
    strange: WorkPlan,
) -> None:
    assert ids(signed_in(manager).get(PLANS)) == [plan.pk]
    assert ids(signed_in(supervisor).get(PLANS)) == [plan.pk]
    assert set(ids(signed_in(head_office).get(PLANS))) == {plan.pk, strange.pk}
    assert ids(signed_in(colleague).get(PLANS)) == []
    assert signed_in(colleague).get(f"{PLANS}{plan.pk}/").status_code == 404
    assert signed_in(handler).get(PLANS).status_code == 404


def test_items_of_customers_who_are_not_seen_yet_are_left_out(
    signed_in: SignIn, manager: StaffUser, colleague: StaffUser, plan: WorkPlan
) -> None:
    day = TODAY + timedelta(days=2)
    CoverFactory(manager=colleague, stand_in=manager, starts_on=day, ends_on=day)
    an_item(plan, CustomerFactory(manager=colleague), day=day)
    assert signed_in(manager).get(f"{PLANS}{plan.pk}/").json()["items"] == []


def test_a_system_needs_the_scope_and_sees_its_unit(
    administrator: StaffUser, company: Company, plan: WorkPlan, strange: WorkPlan
) -> None:
    _client, allowed = system(
        administrator, unit=company.city, scopes=["plans:read"], name="分析系统"
    )
    assert ids(allowed.get(PLANS)) == [plan.pk]
    assert allowed.get(f"{PLANS}{strange.pk}/").status_code == 404
    _other, refused = system(administrator, scopes=["customers:read"], name="别的系统")
    assert problem(refused.get(PLANS))["status"] == 403


def test_it_is_filtered_and_only_read(
    signed_in: SignIn,
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    city_supervisor: StaffUser,
    company: Company,
    plan: WorkPlan,
) -> None:
    asking = signed_in(city_supervisor)
    month = a_plan(manager, PlanKind.MONTH)
    submitted = a_submitted_plan(colleague)
    far = a_plan(other_manager, day=TODAY + timedelta(days=7))
    found = {
        query: set(ids(asking.get(f"{PLANS}?{query}")))
        for query in (
            f"manager={manager.pk}",
            f"unit={company.district.pk}",
            "kind=month",
            "state=submitted",
            f"starts_on={TODAY}",
            f"since={TODAY + timedelta(days=1)}",
        )
    }
    assert list(found.values()) == [
        {plan.pk, month.pk},
        {plan.pk, month.pk, submitted.pk},
        {month.pk},
        {submitted.pk},
        {plan.pk, submitted.pk},
        {far.pk},
    ]
    later = (NOW + timedelta(hours=1)).isoformat()
    assert ids(asking.get(PLANS, {"updated_since": later})) == []
    assert problem(asking.get(PLANS + "?kind=decade"))["status"] == 400
    assert send(asking, "post", PLANS).status_code == 405


def test_it_takes_the_same_statements_for_many(
    signed_in: SignIn, manager: StaffUser, plan: WorkPlan
) -> None:
    asking = signed_in(manager)

    def taken(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert asking.get(address).status_code == 200
        return len(captured)

    def both() -> list[int]:
        return [taken(PLANS), taken(f"{PLANS}{plan.pk}/")]

    an_item(plan, CustomerFactory(manager=manager))
    few = both()
    for week in range(1, 4):
        an_item(plan, CustomerFactory(manager=manager))
        other = a_plan(manager, day=TODAY + timedelta(days=7 * week))
        set_targets(actor=manager, plan=other, values={"visits": 1})
    assert both() == few
