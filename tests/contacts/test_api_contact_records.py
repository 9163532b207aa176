"""Contact records and flags in the API: recorded once, by whom, taken back, followed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contacts.models import CadenceFlag, ContactRecord, Outcome, RecordedAs, Source
from contacts.services.flags import flag_overdue
from contacts.services.records import Contact, log_contact, void_contact
from core import clock
from core.models import AuditEntry
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.api import ids, problem, send, system
from tests.conftest import Company
from tests.factories import CoverFactory, CustomerFactory

RECORDS = "/api/v1/contact-records/"
FLAGS = "/api/v1/cadence-flags/"
REACHED = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)

SignIn = Callable[[StaffUser], Client]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager)


@pytest.fixture
def stranger(outsider: StaffUser) -> Customer:
    return CustomerFactory(manager=outsider)


def call(customer: Customer, **more: Any) -> dict[str, Any]:
    return {
        "customer": customer.pk,
        "submission_key": str(uuid4()),
        "channel": "phone",
        "outcome": "reached",
        **more,
    }


def test_a_manager_records_a_contact_and_the_clock_moves(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    made = send(signed_in(manager), "post", RECORDS, call(customer, summary="问候"))
    assert made.status_code == 201, made.content
    record = ContactRecord.objects.get()
    assert made.json()["id"] == record.pk
    assert (record.recorded_by, record.recorded_as) == (manager, RecordedAs.MANAGER)
    assert (record.source, record.summary) == (Source.MANUAL, "问候")
    customer.refresh_from_db()
    assert customer.last_contact_on == clock.today()


def test_the_same_key_sent_again_is_the_same_record(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    browser, data = signed_in(manager), call(customer)
    first, second = (send(browser, "post", RECORDS, data) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert ContactRecord.objects.count() == 1


def test_a_system_says_whose_contact_it_was(
    administrator: StaffUser, company: Company, manager: StaffUser, customer: Customer
) -> None:
    client, centre = system(administrator, unit=company.city, name="呼叫中心")
    nobody = problem(send(centre, "post", RECORDS, call(customer)))
    assert [error["pointer"] for error in nobody["errors"]] == ["/recorded_by"]
    made = send(centre, "post", RECORDS, call(customer, recorded_by=manager.pk))
    assert made.status_code == 201, made.content
    record = ContactRecord.objects.get()
    assert (record.recorded_by, record.source) == (manager, Source.API)
    assert record.is_counted
    entry = AuditEntry.objects.get(verb="contact.logged")
    assert entry.actor == client.account


def test_a_system_cannot_name_who_does_not_serve_the_customer(
    administrator: StaffUser,
    company: Company,
    colleague: StaffUser,
    outsider: StaffUser,
    customer: Customer,
) -> None:
    client, centre = system(administrator, unit=company.city)
    for person in (colleague, outsider, client.account):
        refused = send(centre, "post", RECORDS, call(customer, recorded_by=person.pk))
        assert problem(refused)["status"] == 422
    assert not ContactRecord.objects.exists()


def test_a_person_records_only_the_own_contacts(
    signed_in: SignIn, manager: StaffUser, supervisor: StaffUser, customer: Customer
) -> None:
    data = call(customer, recorded_by=manager.pk)
    assert problem(send(signed_in(supervisor), "post", RECORDS, data))["status"] == 422
    assert send(signed_in(manager), "post", RECORDS, data).status_code == 201


@pytest.mark.parametrize(
    ("more", "status", "pointer"),
    [
        ({"outcome": "not_met"}, 422, "/outcome"),
        ({"happened_at": "2999-01-01T00:00:00Z"}, 422, "/happened_at"),
        ({"happened_at": "2026-11-20T10:00:00"}, 400, "/happened_at"),
        ({"channel": "pigeon"}, 400, "/channel"),
        ({"submission_key": 7}, 400, "/submission_key"),
        ({"result": "reached"}, 400, "/result"),
    ],
)
def test_what_cannot_be_is_refused_and_pointed_at(
    signed_in: SignIn,
    manager: StaffUser,
    customer: Customer,
    more: dict[str, Any],
    status: int,
    pointer: str,
) -> None:
    refused = problem(send(signed_in(manager), "post", RECORDS, call(customer, **more)))
    assert (refused["status"], [e["pointer"] for e in refused["errors"]]) == (status, [pointer])
    assert not ContactRecord.objects.exists()


def test_customers_out_of_scope_are_not_found(
    signed_in: SignIn,
    manager: StaffUser,
    head_office: StaffUser,
    customer: Customer,
    stranger: Customer,
) -> None:
    assert problem(send(signed_in(manager), "post", RECORDS, call(stranger)))["status"] == 404
    assert problem(send(signed_in(head_office), "post", RECORDS, call(stranger)))["status"] == 404
    assert not ContactRecord.objects.exists()


def test_records_are_seen_by_who_sees_the_customer(
    signed_in: SignIn, manager: StaffUser, outsider: StaffUser, customer: Customer
) -> None:
    record = log_contact(actor=manager, customer=customer, contact=REACHED)
    own, other = signed_in(manager), signed_in(outsider)
    assert ids(own.get(RECORDS)) == [record.pk]
    assert own.get(f"{RECORDS}{record.pk}/").json()["customer"] == customer.pk
    assert ids(other.get(RECORDS)) == []
    assert problem(other.get(f"{RECORDS}{record.pk}/"))["status"] == 404


def test_records_are_narrowed(signed_in: SignIn, manager: StaffUser, customer: Customer) -> None:
    reached = log_contact(actor=manager, customer=customer, contact=REACHED)
    missed = log_contact(
        actor=manager,
        customer=CustomerFactory(manager=manager),
        contact=Contact(channel=Channel.PHONE, outcome=Outcome.BUSY),
    )
    browser = signed_in(manager)
    today = clock.today().isoformat()
    assert ids(browser.get(RECORDS, {"customer": customer.pk})) == [reached.pk]
    assert ids(browser.get(RECORDS, {"counted": "false"})) == [missed.pk]
    assert ids(browser.get(RECORDS, {"voided": "true"})) == []
    assert ids(browser.get(RECORDS, {"happened_from": today, "outcome": "busy"})) == [missed.pk]


def test_a_record_taken_back_comes_again_as_changed(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    record = log_contact(actor=manager, customer=customer, contact=REACHED)
    long_ago = clock.now() - timedelta(days=3)
    ContactRecord.objects.update(updated_at=long_ago)
    browser = signed_in(manager)
    since = {"updated_since": (clock.now() - timedelta(days=1)).isoformat()}
    assert ids(browser.get(RECORDS, since)) == []
    void_contact(actor=manager, record=record, reason="记错")
    assert ids(browser.get(RECORDS, since)) == [record.pk]


def test_voiding_needs_a_reason_and_is_safe_twice(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    record = log_contact(actor=manager, customer=customer, contact=REACHED)
    browser, url = signed_in(manager), f"{RECORDS}{record.pk}/void/"
    assert problem(send(browser, "post", url, {"reason": " "}))["status"] == 400
    for reason in ("记错", "又一次"):
        answer = send(browser, "post", url, {"reason": reason})
        assert (answer.status_code, answer.json()["void_reason"]) == (200, "记错")
    customer.refresh_from_db()
    assert customer.last_contact_on is None


def test_a_system_voids_only_what_came_from_a_system(
    administrator: StaffUser, company: Company, manager: StaffUser, customer: Customer
) -> None:
    _client, centre = system(administrator, unit=company.city)
    by_hand = log_contact(actor=manager, customer=customer, contact=REACHED)
    own = send(centre, "post", RECORDS, call(customer, recorded_by=manager.pk)).json()["id"]
    for pk, status in ((by_hand.pk, 404), (own, 200)):
        answer = send(centre, "post", f"{RECORDS}{pk}/void/", {"reason": "误报"})
        assert answer.status_code == status
    by_hand.refresh_from_db()
    assert not by_hand.is_voided


def test_open_flags_are_listed_and_closed_ones_on_demand(
    signed_in: SignIn, manager: StaffUser, outsider: StaffUser, customer: Customer
) -> None:
    CustomerFactory(manager=outsider)
    flag_overdue()
    flag = CadenceFlag.objects.get(customer=customer)
    browser = signed_in(manager)
    assert ids(browser.get(FLAGS)) == [flag.pk]
    assert ids(browser.get(FLAGS, {"escalated": "true"})) == []
    log_contact(actor=manager, customer=customer, contact=REACHED)
    assert ids(browser.get(FLAGS)) == []
    assert ids(browser.get(FLAGS, {"state": "closed", "cadence": "contact"})) == [flag.pk]
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    assert ids(browser.get(FLAGS, {"state": "all", "updated_since": tomorrow})) == []


@pytest.mark.parametrize("url", [RECORDS, FLAGS])
def test_twenty_times_the_rows_cost_the_same_statements(
    signed_in: SignIn, supervisor: StaffUser, manager: StaffUser, url: str
) -> None:
    def fill(count: int) -> None:
        for _ in range(count):
            customer = CustomerFactory(manager=manager)
            busy = Contact(channel=Channel.PHONE, outcome=Outcome.BUSY)
            log_contact(actor=manager, customer=customer, contact=busy)
        flag_overdue()

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ids(browser.get(url))
        return len(captured)

    browser = signed_in(supervisor)
    fill(1)
    few = statements()
    fill(19)
    assert statements() == few <= 6


# --- Whose records ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "role", ["manager", "colleague", "outsider", "supervisor", "city_supervisor", "head_office"]
)
def test_a_feed_has_what_one_may_see_and_nothing_else(
    request: pytest.FixtureRequest, manager: StaffUser, outsider: StaffUser, role: str
) -> None:
    made = []
    for person in (manager, outsider):
        contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
        customer = CustomerFactory(manager=person)
        made.append(log_contact(actor=person, customer=customer, contact=contact).pk)
    person = StaffUser.objects.get(pk=request.getfixturevalue(role).pk)
    feed = set(ContactRecord.objects.feed_for(person))
    assert feed == set(ContactRecord.objects.visible_to(person))
    assert len(feed) == {"colleague": 0, "head_office": 2}.get(role, 1)


def test_a_feed_of_the_stand_in_has_the_covered_managers_records(
    manager: StaffUser, colleague: StaffUser
) -> None:
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    record = log_contact(actor=manager, customer=CustomerFactory(manager=manager), contact=contact)
    CoverFactory(manager=manager, stand_in=colleague)
    person = StaffUser.objects.get(pk=colleague.pk)
    assert list(ContactRecord.objects.feed_for(person)) == [record]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("column", "index"),
    [
        ("customer", "contacts_updated_customer"),
        ("manager", "contacts_updated_manager"),
        ("recorded_by", "contacts_updated_person"),
    ],
)
def test_a_list_by_customer_manager_or_person_walks_its_own_index(
    manager: StaffUser, column: str, index: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    rows = ContactRecord.objects.filter(**{column: 1}).order_by("updated_at", "pk")[:51]
    plan = rows.explain()
    assert index in plan
    assert "Sort" not in plan


@pytest.mark.postgres
def test_a_managers_feed_looks_the_customers_up_first(manager: StaffUser) -> None:
    person = StaffUser.objects.get(pk=manager.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    rows = ContactRecord.objects.feed_for(person).order_by("updated_at", "pk").values("pk")[:51]
    plan = rows.explain()
    assert "contacts_updated_customer" in plan
    assert "contacts_updated on" not in plan


def test_a_mentioned_competitor_is_taken_and_shown(
    signed_in: SignIn, manager: StaffUser, customer: Customer
) -> None:
    asking = signed_in(manager)
    made = send(
        asking, "post", RECORDS, call(customer, mentions_competitor=True, competitor="联通")
    )
    assert made.status_code == 201, made.content
    assert made.json()["mentions_competitor"] is True
    assert made.json()["competitor"] == "联通"
    assert ContactRecord.objects.mentions_to_take().count() == 1
    wrong = send(asking, "post", RECORDS, call(customer, mentions_competitor="perhaps"))
    assert problem(wrong)["errors"][0]["pointer"] == "/mentions_competitor"
