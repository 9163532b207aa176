"""Handovers in the API: read, tried out, made once, called off; within the asker's units."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.models import AuditEntry
from customers.models import Customer
from portfolio.models import Reassignment
from portfolio.services.reassignment import apply_due_reassignments
from staff.models import StaffUser
from tests.api import ids, problem, send, system
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY
from tests.portfolio.handovers import hand_over

LIST = "/api/v1/reassignments/"
PREVIEW = f"{LIST}preview/"
TOMORROW = TODAY + timedelta(days=1)

pytestmark = pytest.mark.usefixtures("frozen")

SignIn = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager, number="VIP-1")


@pytest.fixture
def hr(administrator: StaffUser, company: Company) -> Client:
    """The personnel system of the city."""
    return system(administrator, unit=company.city, name="人事系统")[1]


def wanted(manager: StaffUser, **more: Any) -> dict[str, Any]:
    return {"submission_key": str(uuid4()), "manager": manager.pk, **more}


def pointers(response: Any) -> list[str]:
    body = problem(response)
    assert body["status"] == 422
    return [error["pointer"] for error in body["errors"]]


# --- Making ---------------------------------------------------------------------------------


def test_a_system_hands_customers_over_by_id(
    hr: Client, customer: Customer, manager: StaffUser, colleague: StaffUser
) -> None:
    stays = CustomerFactory(manager=manager)
    made = send(hr, "post", LIST, wanted(colleague, customers=[customer.pk], note="离职"))
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["state"], body["manager"], body["note"]) == ("in_force", colleague.pk, "离职")
    assert body["effective_on"] == TODAY.isoformat()
    assert body["counts"]["customers"] == body["counts"]["tiers"]["gold"] == 1
    managers = [Customer.objects.get(pk=one.pk).manager for one in (customer, stays)]
    assert managers == [colleague, manager]
    entry = AuditEntry.objects.get(verb="handover.made")
    assert str(entry.actor).startswith("人事系统")


@pytest.mark.parametrize("numbers", [["VIP-1"], ["vip-1"], ["VIP-1", "ＶＩＰ-1"]])
def test_customers_are_also_named_by_number(
    hr: Client, customer: Customer, colleague: StaffUser, numbers: list[str]
) -> None:
    data = wanted(colleague, customer_numbers=numbers, effective_on=TOMORROW.isoformat())
    made = send(hr, "post", LIST, data)
    assert (made.status_code, made.json()["state"]) == (201, "waiting")
    customer.refresh_from_db()
    assert customer.manager != colleague


def test_a_whole_portfolio_goes_and_the_rest_of_the_unit_stays(
    signed_in: SignIn,
    customer: Customer,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
) -> None:
    other = CustomerFactory(manager=manager)
    left = CustomerFactory(manager=manager, status="left")
    made = send(signed_in(supervisor), "post", LIST, wanted(colleague, from_manager=manager.pk))
    assert made.json()["counts"]["customers"] == 2
    assert set(Customer.objects.filter(manager=colleague)) == {customer, other}
    left.refresh_from_db()
    assert left.manager == manager


def test_sent_again_with_the_same_key_it_is_the_first_one(
    hr: Client, customer: Customer, colleague: StaffUser, outsider: StaffUser
) -> None:
    data = wanted(colleague, customers=[customer.pk])
    first = send(hr, "post", LIST, data)
    again = send(hr, "post", LIST, {**data, "manager": outsider.pk, "customers": [2**40]})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Reassignment.objects.count() == 1


def test_the_keys_of_two_systems_are_apart(
    hr: Client, administrator: StaffUser, customer: Customer, colleague: StaffUser
) -> None:
    _client, other = system(administrator, name="PRM")
    data = wanted(colleague, customers=[customer.pk], effective_on=TOMORROW.isoformat())
    assert [send(one, "post", LIST, data).status_code for one in (hr, other)] == [201, 201]


def test_one_who_cannot_go_refuses_the_whole_and_is_pointed_at(
    hr: Client, customer: Customer, colleague: StaffUser, outsider: StaffUser
) -> None:
    far = CustomerFactory(manager=outsider, number="VIP-2")
    left = CustomerFactory(manager=customer.manager, status="left")
    by_id = send(hr, "post", LIST, wanted(colleague, customers=[customer.pk, far.pk, left.pk]))
    assert pointers(by_id) == ["/customers/1", "/customers/2"]
    named = {"customer_numbers": ["VIP-2", "VIP-1", "nobody"]}
    by_number = send(hr, "post", LIST, wanted(colleague, **named))
    assert pointers(by_number) == ["/customer_numbers/0", "/customer_numbers/2"]
    told = {error["detail"] for error in by_number.json()["errors"]}
    assert len(told) == 1
    assert not Reassignment.objects.exists()


def test_what_a_rule_refuses_is_pointed_at(
    hr: Client, customer: Customer, manager: StaffUser, colleague: StaffUser, outsider: StaffUser
) -> None:
    own = {"customers": [customer.pk]}
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    for data, place in (
        (wanted(outsider, **own), ["/manager"]),
        (wanted(colleague, **own, effective_on=yesterday), ["/effective_on"]),
        (wanted(manager, **own), [""]),
        (wanted(colleague), [""]),
        (wanted(colleague, **own, from_manager=manager.pk), [""]),
        (wanted(colleague, from_manager=outsider.pk), ["/from_manager"]),
        (wanted(colleague, from_manager=colleague.pk), [""]),
    ):
        refused = send(hr, "post", LIST, data)
        assert [p.rstrip("/") for p in pointers(refused)] == place, data
    assert not Reassignment.objects.exists()


def test_more_than_a_manager_can_serve_are_refused(
    monkeypatch: pytest.MonkeyPatch,
    hr: Client,
    customer: Customer,
    manager: StaffUser,
    colleague: StaffUser,
) -> None:
    CustomerFactory(manager=manager)
    monkeypatch.setattr("portfolio.services.reassignment.MOST_AT_ONCE", 1)
    refused = send(hr, "post", LIST, wanted(colleague, from_manager=manager.pk))
    assert pointers(refused) == ["/from_manager"]


@pytest.mark.parametrize("data", [{"customers": []}, {"customers": ["1"]}, {"client": 1}])
def test_what_does_not_have_the_form_is_refused(
    hr: Client, colleague: StaffUser, data: dict[str, Any]
) -> None:
    assert problem(send(hr, "post", LIST, wanted(colleague, **data)))["status"] == 400


def test_a_system_without_the_scope_only_reads(
    administrator: StaffUser, customer: Customer, colleague: StaffUser
) -> None:
    _client, reader = system(administrator, scopes=["reassignments:read"])
    assert reader.get(LIST).status_code == 200
    for address in (LIST, PREVIEW):
        refused = send(reader, "post", address, wanted(colleague, customers=[customer.pk]))
        assert problem(refused)["type"] == "urn:vipcrm:problem:scope_missing"


@pytest.mark.parametrize("role", ["manager", "head_office"])
def test_who_is_no_supervisor_hands_nobody_over(
    request: pytest.FixtureRequest,
    signed_in: SignIn,
    customer: Customer,
    colleague: StaffUser,
    role: str,
) -> None:
    browser = signed_in(request.getfixturevalue(role))
    assert browser.get(LIST).status_code == 200
    for address in (LIST, PREVIEW):
        refused = send(browser, "post", address, wanted(colleague, customers=[customer.pk]))
        assert problem(refused)["status"] == 404


# --- Trying out -----------------------------------------------------------------------------


def test_a_preview_counts_and_changes_nothing(
    hr: Client, customer: Customer, manager: StaffUser, colleague: StaffUser
) -> None:
    CustomerFactory(manager=colleague)
    before = AuditEntry.objects.count()
    counts = send(hr, "post", PREVIEW, {"from_manager": manager.pk}).json()
    assert counts["customers"] == 1
    assert counts["tiers"] == {"diamond": 0, "gold": 1, "silver": 0}
    whom = {"customers": list(Customer.objects.values_list("pk", flat=True))}
    assert send(hr, "post", PREVIEW, whom).json()["customers"] == 2
    going = send(hr, "post", PREVIEW, {**whom, "manager": colleague.pk}).json()
    assert going["customers"] == 1
    assert not Reassignment.objects.exists()
    assert AuditEntry.objects.count() == before


# --- Reading --------------------------------------------------------------------------------


def test_one_sees_what_came_to_the_own_people_only(
    signed_in: SignIn,
    customer: Customer,
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
) -> None:
    made = hand_over(supervisor, [customer], colleague)
    for person in (colleague, supervisor, head_office):
        browser = signed_in(person)
        assert ids(browser.get(LIST)) == [made.pk]
        assert browser.get(f"{LIST}{made.pk}/").json()["made_by"] == supervisor.pk
        rows = browser.get(f"{LIST}{made.pk}/customers/").json()["results"]
        assert [(row["customer"], row["old_manager"]) for row in rows] == [
            (customer.pk, manager.pk)
        ]
    for person in (manager, outsider):
        browser = signed_in(person)
        assert ids(browser.get(LIST)) == []
        for address in (f"{LIST}{made.pk}/", f"{LIST}{made.pk}/customers/"):
            assert problem(browser.get(address))["status"] == 404


def test_a_customer_who_went_on_to_another_unit_is_not_shown(
    signed_in: SignIn,
    customer: Customer,
    colleague: StaffUser,
    other_manager: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    made = hand_over(city_supervisor, [customer], colleague)
    hand_over(city_supervisor, [customer], other_manager)
    browser = signed_in(colleague)
    assert browser.get(f"{LIST}{made.pk}/").status_code == 200
    assert ids(browser.get(f"{LIST}{made.pk}/customers/")) == []


def test_the_list_is_narrowed(
    signed_in: SignIn,
    frozen: Any,
    customer: Customer,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
) -> None:
    old = hand_over(supervisor, [customer], colleague)
    frozen.shift(timedelta(hours=1))
    planned = hand_over(supervisor, [customer], manager, TOMORROW)
    browser = signed_in(supervisor)
    assert ids(browser.get(LIST)) == [old.pk, planned.pk]
    assert ids(browser.get(LIST, {"state": "waiting"})) == [planned.pk]
    assert ids(browser.get(LIST, {"state": "in_force"})) == [old.pk]
    assert ids(browser.get(LIST, {"manager": manager.pk})) == [planned.pk]
    assert ids(browser.get(LIST, {"effective_to": TODAY.isoformat()})) == [old.pk]
    assert ids(browser.get(LIST, {"effective_from": TOMORROW.isoformat()})) == [planned.pk]
    since = {"updated_since": (NOW + timedelta(minutes=30)).isoformat()}
    assert ids(browser.get(LIST, since)) == [planned.pk]
    frozen.shift(timedelta(days=1))
    assert apply_due_reassignments() == 1
    since = {"updated_since": (NOW + timedelta(hours=2)).isoformat()}
    assert ids(signed_in(supervisor).get(LIST, since)) == [planned.pk]


def test_a_page_costs_the_same_for_any_number_of_rows(
    signed_in: SignIn, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    browser = signed_in(supervisor)

    def statements() -> list[int]:
        found = []
        first = Reassignment.objects.order_by("pk").values_list("pk", flat=True)[0]
        for address in (LIST, f"{LIST}{first}/customers/"):
            with CaptureQueriesContext(connection) as captured:
                assert ids(browser.get(address))
            found.append(len(captured))
        return found

    hand_over(supervisor, [CustomerFactory(manager=manager)], colleague)
    few = statements()
    for _ in range(10):
        hand_over(supervisor, [CustomerFactory(manager=manager)], colleague)
    assert statements() == few
    assert max(few) <= 6


# --- Calling off ----------------------------------------------------------------------------


def test_a_planned_handover_is_called_off_and_one_in_force_is_not(
    hr: Client, customer: Customer, colleague: StaffUser, supervisor: StaffUser
) -> None:
    planned = hand_over(supervisor, [customer], colleague, TOMORROW)
    for _ in range(2):
        called_off = send(hr, "post", f"{LIST}{planned.pk}/call-off/")
        assert (called_off.status_code, called_off.json()["state"]) == (200, "called_off")
    assert AuditEntry.objects.filter(verb="handover.called_off").count() == 1
    in_force = hand_over(supervisor, [customer], colleague)
    assert pointers(send(hr, "post", f"{LIST}{in_force.pk}/call-off/")) == [""]
    customer.refresh_from_db()
    assert customer.manager == colleague


def test_only_a_supervisor_of_the_new_manager_calls_off(
    signed_in: SignIn, customer: Customer, colleague: StaffUser, supervisor: StaffUser
) -> None:
    planned = hand_over(supervisor, [customer], colleague, TOMORROW)
    address = f"{LIST}{planned.pk}/call-off/"
    assert problem(send(signed_in(colleague), "post", address))["status"] == 404
    planned.refresh_from_db()
    assert planned.is_waiting
    assert send(signed_in(supervisor), "post", address).status_code == 200
