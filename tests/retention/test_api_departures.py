"""Departures and goals over the REST API: bulk, safe to send twice, within scope."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from customers.models import Customer
from retention.models import Departure
from retention.services.goals import freeze_base
from staff.models import StaffUser
from tests.api import ids, problem, send, system
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import TODAY
from tests.retention.leavers import leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

URL = "/api/v1/departures/"
GOALS = "/api/v1/churn-goals/"


def sent(customer: Customer, number: int = 1, **changed: Any) -> dict[str, Any]:
    return {
        "external_id": f"B-{number}",
        "customer": customer.pk,
        "kind": "ported_out",
        "left_on": "2026-11-20",
        "competitor": "电信",
        "monthly_bill": "388.00",
        **changed,
    }


def test_billing_reports_departures_in_bulk_and_again(
    administrator: StaffUser, manager: StaffUser
) -> None:
    _client, billing = system(administrator)
    customers = [CustomerFactory(manager=manager) for _number in range(3)]
    rows = [sent(customer, number) for number, customer in enumerate(customers)]
    rows[2]["left_on"] = "2026-12-01"
    rows.append({**rows[0], "external_id": "B-9", "customer": 999_999})
    first = send(billing, "post", URL, {"departures": rows})
    assert first.status_code == 201
    body = first.json()
    assert body["created"] == 2
    assert [row["external_id"] for row in body["results"]] == ["B-0", "B-1"]
    assert [row["external_id"] for row in body["refused"]] == ["B-2", "B-9"]
    assert body["results"][0]["is_counted"] is True
    again = send(billing, "post", URL, {"departures": rows[:2]})
    assert again.status_code == 200
    assert (again.json()["created"], len(again.json()["results"])) == (0, 2)
    assert Departure.objects.count() == 2
    assert set(Departure.objects.values_list("source", flat=True)) == {"api"}


def test_a_system_of_one_unit_reports_and_reads_only_there(
    administrator: StaffUser, manager: StaffUser, outsider: StaffUser, company: Company
) -> None:
    _client, billing = system(administrator, unit=company.city)
    far = CustomerFactory(manager=outsider)
    answer = send(billing, "post", URL, {"departures": [sent(far)]})
    assert answer.json()["results"] == []
    assert answer.json()["refused"][0]["detail"] == "There is no such customer."
    own = leave(CustomerFactory(manager=manager), Departure.Kind.CLOSED, TODAY)
    other = leave(far, Departure.Kind.CLOSED, TODAY - timedelta(days=1))
    assert ids(billing.get(URL)) == [own.pk]
    assert billing.get(f"{URL}{own.pk}/").json()["review_due_on"] == "2026-12-08"
    assert billing.get(f"{URL}{other.pk}/").status_code == 404
    assert ids(billing.get(URL, {"kind": "closed", "left_from": "2026-11-24"})) == []


def test_a_key_without_the_scope_is_refused(administrator: StaffUser) -> None:
    _client, reading = system(administrator, scopes=["departures:read"])
    assert problem(send(reading, "post", URL, {"departures": []}))["status"] == 403
    assert problem(reading.get(GOALS))["status"] == 403


def test_a_misspelt_field_is_refused(administrator: StaffUser, manager: StaffUser) -> None:
    _client, billing = system(administrator)
    row = sent(CustomerFactory(manager=manager), reason="?")
    found = problem(send(billing, "post", URL, {"departures": [row]}))
    assert found["errors"][0]["pointer"] == "/departures/0/reason"


def test_goals_come_with_the_rate_to_date(
    administrator: StaffUser, manager: StaffUser, outsider: StaffUser, company: Company
) -> None:
    for person in (manager, outsider):
        gone, *_others = (CustomerFactory(manager=person, tier="gold") for _n in range(40))
    freeze_base(year=2026)
    leave(gone, Departure.Kind.PORTED_OUT, TODAY)
    _client, whole = system(administrator)
    rows = {row["tier_group"]: row["to_date"] for row in whole.get(GOALS).json()["results"]}
    assert (rows["all"]["base"], rows["all"]["lost"], rows["all"]["rate"]) == (80, 1, "1.25")
    assert (rows["all"]["may_still_lose"], rows["top"]["may_still_lose"]) == (1, 0)
    assert rows["all"]["projected_low"] <= rows["all"]["projected"]
    assert rows["all"]["is_rebuilt"] is True
    _client, city = system(administrator, unit=company.city, name="市计费")
    assert city.get(GOALS).json()["results"][0]["to_date"]["base"] == 40
    past = whole.get(GOALS, {"year": "2025"}).json()["results"]
    assert {row["to_date"] for row in past} == {None}
