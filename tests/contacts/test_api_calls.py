"""Calls over the API: in bulk, sent twice, in scope, numbers masked (article 7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from contacts.models import CallEvent, MissedCall
from core.models import AuditEntry
from customers.models import Customer, ServiceStandard
from staff.models import StaffUser
from tests.api import ids, problem, send, system
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import NOW

EVENTS = "/api/v1/call-events/"
MISSED = "/api/v1/missed-calls/"

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    found: Customer = CustomerFactory(manager=manager, phone="13812345678")
    return found


@pytest.fixture
def call_centre(administrator: StaffUser, company: Company) -> Client:
    return system(administrator, unit=company.city, name="呼叫中心")[1]


def missed(**more: Any) -> dict[str, Any]:
    return {
        "event_id": "C-77",
        "direction": "incoming",
        "result": "missed",
        "number": "+86 138 1234 5678",
        "line": "10086-3",
        "started_at": (NOW - timedelta(minutes=5)).isoformat(),
        **more,
    }


def test_a_call_opens_a_missed_call_and_sent_again_is_answered_the_same(
    call_centre: Client, customer: Customer
) -> None:
    first = send(call_centre, "post", EVENTS, {"rows": [missed()]})
    assert first.status_code == 200, first.content
    event = CallEvent.objects.get()
    said = {
        "event_id": "C-77",
        "event": event.pk,
        "match": "known",
        "customer": customer.pk,
        "missed_call": MissedCall.objects.get().pk,
    }
    assert first.json()["rows"] == [{**said, "outcome": "new"}]
    again = send(call_centre, "post", EVENTS, {"rows": [missed(number="138-1234-5678")]}).json()
    assert (again["new"], again["rows"]) == (0, [{**said, "outcome": "same"}])
    other = send(call_centre, "post", EVENTS, {"rows": [missed(line="10086-4")]}).json()
    assert other["rows"][0]["outcome"] == "conflict"
    assert "another call" in other["rows"][0]["detail"]
    assert (CallEvent.objects.count(), CallEvent.objects.get().line) == (1, "10086-3")


def test_what_contradicts_itself_is_rejected_and_the_others_are_taken(
    call_centre: Client, customer: Customer
) -> None:
    later = (NOW + timedelta(minutes=6)).isoformat()
    wrong = [
        {"number": "anonymous"},
        {"result": "answered"},
        {"answered_at": NOW.isoformat()},
        {"ended_at": (NOW - timedelta(hours=1)).isoformat()},
        {"started_at": later},
    ]
    rows = [missed(event_id=f"W-{n}", **one) for n, one in enumerate(wrong)]
    answer = send(call_centre, "post", EVENTS, {"rows": [*rows, missed()]}).json()
    assert (answer["rejected"], answer["new"]) == (len(wrong), 1)
    assert all(row["detail"] for row in answer["rows"][:-1])
    assert problem(send(call_centre, "post", EVENTS, {"rows": []}))["status"] == 400


def test_only_systems_with_the_scope_tell_of_calls(
    administrator: StaffUser, customer: Customer, supervisor: StaffUser
) -> None:
    reader = system(administrator, scopes=["calls:read"])[1]
    assert problem(send(reader, "post", EVENTS, {"rows": [missed()]}))["status"] == 403
    person = Client()
    person.force_login(supervisor)
    assert send(person, "post", EVENTS, {"rows": [missed()]}).status_code == 404
    assert not CallEvent.objects.exists()


def test_calls_are_read_in_scope_and_numbers_masked(
    call_centre: Client,
    administrator: StaffUser,
    customer: Customer,
    manager: StaffUser,
    outsider: StaffUser,
) -> None:
    send(call_centre, "post", EVENTS, {"rows": [missed()]})
    masking = system(administrator, scopes=["calls:read"], name="看板")[1]
    for url in (EVENTS, MISSED):
        [row] = masking.get(url).json()["results"]
        assert row["number"] == "138****5678"
        [row] = call_centre.get(url).json()["results"]
        assert row["number"] == "13812345678"
        for person, seen in ((manager, 1), (outsider, 0)):
            browser = Client()
            browser.force_login(person)
            rows = browser.get(url).json()["results"]
            assert len(rows) == seen
            assert all("*" in row["number"] for row in rows)
    assert ids(call_centre.get(f"{MISSED}?overdue=true")) == []
    assert ids(call_centre.get(f"{MISSED}?overdue=false&customer={customer.pk}")) != []


def test_an_unknown_number_is_told_apart(call_centre: Client, supervisor: StaffUser) -> None:
    answer = send(call_centre, "post", EVENTS, {"rows": [missed(number="13900000000")]}).json()
    assert answer["rows"][0]["match"] == "unknown"
    assert answer["rows"][0]["customer"] is None
    assert len(ids(call_centre.get(f"{EVENTS}?match=unknown"))) == 1
    district = Client()
    district.force_login(supervisor)
    assert ids(district.get(EVENTS)) == []


def test_each_page_of_whole_numbers_is_one_entry_of_the_trail(
    call_centre: Client, administrator: StaffUser, customer: Customer
) -> None:
    send(call_centre, "post", EVENTS, {"rows": [missed(), missed(event_id="C-78")]})
    masking = system(administrator, scopes=["calls:read"], name="看板")[1]
    for url in (EVENTS, MISSED):
        masking.get(url)
    assert not AuditEntry.objects.filter(verb="phones.sent").exists()
    for url, numbers in ((EVENTS, 2), (MISSED, 1)):
        assert call_centre.get(url).status_code == 200
        [entry] = AuditEntry.objects.filter(verb="phones.sent").order_by("-pk")[:1]
        assert entry.changes == {"numbers": numbers, "customers": [None, [customer.pk]]}
        assert "13812345678" not in str(entry.changes)
    assert AuditEntry.objects.filter(verb="phones.sent").count() == 2


def test_a_call_a_little_ahead_of_our_clock_is_taken(
    call_centre: Client, customer: Customer
) -> None:
    ahead = [(NOW + timedelta(minutes=minutes)).isoformat() for minutes in (4, 5, 6)]
    rows = [missed(event_id=f"A-{n}", started_at=one) for n, one in enumerate(ahead)]
    answer = send(call_centre, "post", EVENTS, {"rows": rows}).json()
    assert [row["outcome"] for row in answer["rows"]] == ["new", "new", "rejected"]
    assert "more than 5 minutes in the future" in answer["rows"][2]["detail"]
    # The figure is data.
    ServiceStandard.objects.filter(figure="call_ahead_minutes").update(value=10)
    again = send(call_centre, "post", EVENTS, {"rows": rows}).json()
    assert [row["outcome"] for row in again["rows"]] == ["same", "same", "new"]


def test_a_switchboard_rings_the_customer_behind_an_extension(
    call_centre: Client, manager: StaffUser
) -> None:
    inside = CustomerFactory(manager=manager, phone="0571-8765 4321转123")
    rows = [
        missed(event_id="S-1", number="0571-87654321"),
        missed(event_id="S-2", number="+86 571 8765 4321"),
        missed(event_id="S-3", number="057187654321转124"),
    ]
    answer = send(call_centre, "post", EVENTS, {"rows": rows}).json()
    assert [row["customer"] for row in answer["rows"]] == [inside.pk, inside.pk, None]


def test_a_person_outside_the_senders_units_is_as_unknown_as_nobody(
    administrator: StaffUser, company: Company, customer: Customer, outsider: StaffUser
) -> None:
    centre = system(administrator, unit=company.city, name="城区呼叫中心")[1]
    moments = {
        "started_at": (NOW - timedelta(minutes=9)).isoformat(),
        "answered_at": (NOW - timedelta(minutes=8)).isoformat(),
    }
    rows = [
        missed(event_id=f"P-{n}", result="answered", staff_number=one, **moments)
        for n, one in enumerate((outsider.staff_number, "no-such"))
    ]
    first, second = send(centre, "post", EVENTS, {"rows": rows}).json()["rows"]
    told = ("outcome", "match", "customer", "missed_call")
    assert [first[name] for name in told] == [second[name] for name in told]
    assert not CallEvent.objects.exclude(handled_by=None).exists()


def test_who_may_only_write_is_not_told_whose_a_number_is(
    administrator: StaffUser, customer: Customer
) -> None:
    writer = system(administrator, scopes=["calls:write", "phones:read"], name="话务")[1]
    rows = [missed(), missed(event_id="C-79", number="13900000000")]
    answer = send(writer, "post", EVENTS, {"rows": rows}).json()
    assert (answer["new"], answer["rejected"]) == (2, 0)
    assert [set(row) for row in answer["rows"]] == [{"event_id", "outcome", "event"}] * 2
