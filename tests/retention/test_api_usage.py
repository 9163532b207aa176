"""Usage snapshots and churn events over the API: in bulk, row by row answered, in scope."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from customers.models import Customer
from retention.models import ChurnEvent, UsageSnapshot
from staff.models import StaffUser, Unit
from tests.api import ids, problem, send, system
from tests.conftest import Company
from tests.factories import CustomerFactory

SNAPSHOTS = "/api/v1/usage-snapshots/"
EVENTS = "/api/v1/churn-events/"

SignIn = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager)


@pytest.fixture
def stranger(outsider: StaffUser) -> Customer:
    return CustomerFactory(manager=outsider)


@pytest.fixture
def billing(administrator: StaffUser, company: Company) -> Client:
    return system(administrator, unit=company.city)[1]


def month(number: str, **figures: Any) -> dict[str, Any]:
    return {"number": number, "month": "2026-10", **figures}


def happening(number: str, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "kind": "portability_query",
        "happened_at": (clock.now() - timedelta(minutes=5)).isoformat(),
        "external_id": "N-77",
        **more,
    }


def test_a_month_begins_with_the_day_of_the_customers_own_unit(
    billing: Client, customer: Customer, other_manager: StaffUser
) -> None:
    other = CustomerFactory(manager=other_manager)
    Unit.objects.filter(pk=customer.unit_id).update(time_zone="Asia/Urumqi")
    rows = [{"number": one.number, "month": "2026-12", "bill": "1.00"} for one in (customer, other)]
    # 1 December in Shanghai, 30 November in Urumqi.
    with time_machine.travel(datetime(2026, 11, 30, 17, tzinfo=UTC), tick=False):
        answer = send(billing, "post", SNAPSHOTS, {"rows": rows}).json()
    assert [row["outcome"] for row in answer["rows"]] == ["rejected", "new"]


def test_a_system_sends_the_usage_of_its_units(billing: Client, customer: Customer) -> None:
    sent = [month(customer.number, bill="188.00", voice_minutes=320, contract_end="2027-01-31")]
    first = send(billing, "post", SNAPSHOTS, {"rows": sent})
    assert first.status_code == 200, first.content
    assert first.json()["rows"] == [
        {"number": customer.number, "month": "2026-10", "outcome": "new"}
    ]
    again = send(billing, "post", SNAPSHOTS, {"rows": sent}).json()
    assert (again["new"], again["same"]) == (0, 1)
    shown = billing.get(SNAPSHOTS).json()["results"]
    assert [(row["customer"], row["month"], row["bill"]) for row in shown] == [
        (customer.pk, "2026-10", "188.00")
    ]


def test_a_number_in_another_spelling_is_the_same_customer(
    billing: Client, customer: Customer
) -> None:
    spelt = [customer.number.lower(), f"Ｖ{customer.number[1:]}"]
    answer = send(billing, "post", SNAPSHOTS, {"rows": [month(one, data_mb=3) for one in spelt]})
    assert {row["outcome"] for row in answer.json()["rows"]} <= {"new", "same"}
    assert UsageSnapshot.objects.get().customer == customer


def test_a_stranger_and_nobody_are_rejected_in_the_same_words(
    billing: Client, customer: Customer, stranger: Customer
) -> None:
    rows = [month(stranger.number), month("NOBODY"), month(customer.number)]
    answer = send(billing, "post", SNAPSHOTS, {"rows": rows}).json()
    assert [row["outcome"] for row in answer["rows"]] == ["rejected", "rejected", "new"]
    assert answer["rows"][0]["detail"] == answer["rows"][1]["detail"]
    assert UsageSnapshot.objects.get().customer == customer


def test_a_month_to_come_is_rejected(billing: Client, customer: Customer) -> None:
    rows = [month(customer.number) | {"month": "2090-01"}]
    answer = send(billing, "post", SNAPSHOTS, {"rows": rows}).json()
    assert answer["rejected"] == 1
    assert not UsageSnapshot.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"month": "2026-10-01"}, {"bill": 188}, {"bill": "1.234"}, {"roaming_days": 32}, {"x": 1}],
)
def test_a_row_of_the_wrong_form_refuses_all_and_says_which(
    billing: Client, customer: Customer, wrong: dict[str, Any]
) -> None:
    rows = [month(customer.number), month(customer.number, **wrong)]
    answer = send(billing, "post", SNAPSHOTS, {"rows": rows})
    assert answer.status_code == 400
    assert problem(answer)["errors"][0]["pointer"] == f"/rows/1/{next(iter(wrong))}"
    assert not UsageSnapshot.objects.exists()


def test_who_may_tell_of_usage(
    signed_in: SignIn,
    customer: Customer,
    manager: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    handler: StaffUser,
) -> None:
    body = {"rows": [month(customer.number)]}
    answers = {
        person.name: send(signed_in(person), "post", SNAPSHOTS, body).status_code
        for person in (manager, supervisor, head_office, handler)
    }
    assert answers == {
        manager.name: 404,
        supervisor.name: 200,
        head_office.name: 404,
        handler.name: 404,
    }


def test_a_manager_reads_the_usage_of_the_own_customers_only(
    signed_in: SignIn,
    billing: Client,
    administrator: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    customer: Customer,
) -> None:
    send(billing, "post", SNAPSHOTS, {"rows": [month(customer.number)]})
    assert len(ids(signed_in(manager).get(SNAPSHOTS))) == 1
    assert ids(signed_in(outsider).get(SNAPSHOTS)) == []


def test_an_event_comes_in_once(billing: Client, customer: Customer) -> None:
    body = {"rows": [happening(customer.number, competitor="乙公司")]}
    first = send(billing, "post", EVENTS, body)
    assert first.status_code == 200, first.content
    event = ChurnEvent.objects.get()
    assert first.json()["rows"] == [{"external_id": "N-77", "outcome": "new", "event": event.pk}]
    again = send(billing, "post", EVENTS, body).json()
    assert (again["new"], again["same"]) == (0, 1)
    assert ids(billing.get(EVENTS)) == [event.pk]


def test_events_of_strangers_and_of_tomorrow_are_rejected(
    billing: Client, customer: Customer, stranger: Customer
) -> None:
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    rows = [happening(stranger.number), happening(customer.number, happened_at=tomorrow)]
    answer = send(billing, "post", EVENTS, {"rows": rows}).json()
    assert answer["rejected"] == 2
    assert not ChurnEvent.objects.exists()


def test_a_system_without_the_scope_is_refused(
    administrator: StaffUser, company: Company, customer: Customer
) -> None:
    _client, reading = system(administrator, unit=company.city, scopes=["usage-snapshots:read"])
    assert reading.get(SNAPSHOTS).status_code == 200
    answer = send(reading, "post", SNAPSHOTS, {"rows": [month(customer.number)]})
    assert answer.status_code == 403


def test_many_rows_cost_as_many_statements_as_one(billing: Client, manager: StaffUser) -> None:
    def statements(count: int) -> int:
        rows = [month(CustomerFactory(manager=manager).number) for _ in range(count)]
        with CaptureQueriesContext(connection) as asked:
            assert send(billing, "post", SNAPSHOTS, {"rows": rows}).status_code == 200
        return len(asked)

    statements(1)  # notes the key's use of this minute
    assert statements(1) == statements(20)
