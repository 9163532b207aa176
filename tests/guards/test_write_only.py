"""A key that may only write reads nothing back: every endpoint that changes something.

Each endpoint is asked with the one scope that it needs to write, and with ``phones:read``. What
comes back is what was sent, ids, versions and outcomes; also the second time, and where the rule
or the version refuses it. The rows hold a text of their own, which must never come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from complaints.models import Complaint, ComplaintReview
from complaints.services.parts import add_sub_task, attach_file
from complaints.services.requests import Promise, cancel_request, make_request
from contacts.models import Outcome, Source
from contacts.services.records import Contact, log_contact
from core import clock
from core.models import AuditEntry
from core.rest.clients import PHONES
from core.rest.views import Endpoint
from customers.models import Channel, Customer
from retention.models import Departure
from staff.models import Role, StaffUser
from tests.api import send, system
from tests.complaints.reports import complains, designate, stands_at
from tests.conftest import make_company
from tests.factories import CustomerFactory, StaffUserFactory
from tests.pages import NOW, TODAY
from tests.portfolio.handovers import hand_over
from tests.retention.leavers import leave, reviewed
from workplans.services.leave import enter_leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

HELD = "库中原文"
"""Stands in every text of the rows that are changed, in names too."""

SAID = {"id", "event", "version", "outcome", "detail", "submission_key"}
COUNTED = {"created", "new", "same", "conflict", "rejected", "changed", "replaced"}
LISTS = {"rows", "results", "refused"}
"""What says what became of what was sent."""

PROBLEM = {"type", "title", "status", "detail", "errors", "changes"}


def write_routes(resolver: URLResolver | None = None) -> dict[tuple[str, str], str]:
    """Return the scope that each endpoint needs to change something, by its name and method."""
    found: dict[tuple[str, str], str] = {}
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            found |= write_routes(one)
            continue
        assert isinstance(one, URLPattern)
        view: Any = getattr(one.callback, "view_class", None)
        if isinstance(view, type) and issubclass(view, Endpoint):
            for method in ("post", "put", "patch", "delete"):
                if hasattr(view, method):
                    found[str(one.name), method] = f"{view.resource}:write"
    return found


@dataclass(frozen=True)
class World:
    """The rows that are changed, and who is named in the changes."""

    administrator: StaffUser
    manager: StaffUser
    colleague: StaffUser
    rows: Mapping[str, Any]


@pytest.fixture(scope="module")
def made_world(made_once: Callable[..., Any]) -> World:
    with time_machine.travel(NOW, tick=False):
        world: World = made_once(make_world)
    return world


@pytest.fixture
def world(made_world: World, db: None) -> World:
    return made_world


def make_world() -> World:
    company = make_company()
    manager, colleague, other = (
        StaffUserFactory(unit=company.district, name=f"{HELD}{n}", phone=f"1390000000{n}")
        for n in range(3)
    )
    boss = StaffUserFactory(unit=company.district, name=HELD, role=Role.SUPERVISOR)
    designate(boss, company.district)

    def customer() -> Customer:
        held = {"employer": HELD, "sports": HELD}
        made: Customer = CustomerFactory(manager=manager, name=HELD, profile=held)
        return made

    def complaint() -> Complaint:
        return complains(manager, customer(), HELD, description=HELD, wish=HELD)

    def departure() -> Departure:
        return leave(customer(), Departure.Kind.PORTED_OUT, TODAY, competitor=HELD)

    of_tasks = complaint()
    due = clock.now() + timedelta(days=1)
    tasks = [
        add_sub_task(actor=boss, complaint=of_tasks, department=HELD, what=HELD, due_at=due)
        for _ in range(2)
    ]
    file = SimpleUploadedFile(f"{HELD}.txt", HELD.encode())
    attach_file(actor=boss, complaint=of_tasks, file=file)
    closed = [stands_at(boss, complaint(), "closed") for _ in range(2)]
    left = departure()
    reviewed(left, boss, lesson=HELD)
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED, summary=HELD, place=HELD)
    day = TODAY + timedelta(days=5)
    tomorrow = TODAY + timedelta(days=1)
    rows: dict[str, Any] = {
        "customer": customer(),
        "complaint": complaint(),
        "moved": complaint(),
        "remarked": complaint(),
        "of_tasks": of_tasks,
        "task": tasks[0],
        "other_task": tasks[1],
        "judged": ComplaintReview.objects.get(complaint=closed[0]),
        "called": ComplaintReview.objects.get(complaint=closed[1]),
        "left": departure(),
        "review": left.review,
        "request": make_request(actor=manager, customer=customer(), promise=Promise(HELD)),
        "cancelled": cancel_request(
            actor=manager,
            request=make_request(actor=manager, customer=customer(), promise=Promise(HELD)),
            reason=HELD,
        ),
        "record": log_contact(
            actor=manager, customer=customer(), contact=contact, source=Source.API
        ),
        "leave": enter_leave(
            actor=boss, manager=colleague, starts_on=day, ends_on=day, reason=HELD
        ),
        "handover": hand_over(boss, [customer()], other, tomorrow, note=HELD),
    }
    administrator = StaffUserFactory(unit=None, role=Role.ADMINISTRATOR, name=HELD)
    return World(administrator, manager, colleague, rows)


@dataclass(frozen=True)
class Write:
    """One change: of which row, if any, and what is sent."""

    row: str
    body: Callable[[World], dict[str, Any]]


def key() -> str:
    return str(uuid4())


def now() -> str:
    return (NOW - timedelta(minutes=5)).isoformat()


WRITES: dict[tuple[str, str], Write] = {
    ("call_event_list", "post"): Write(
        "",
        lambda world: {
            "rows": [
                {
                    "event_id": "C-1",
                    "direction": "incoming",
                    "result": "missed",
                    "number": world.rows["customer"].phones.get().number,
                    "line": "10086",
                    "started_at": now(),
                }
            ]
        },
    ),
    ("churn_event_list", "post"): Write(
        "",
        lambda world: {
            "rows": [
                {
                    "number": world.rows["customer"].number,
                    "kind": "portability_query",
                    "happened_at": now(),
                    "external_id": "N-1",
                }
            ]
        },
    ),
    ("usage_snapshot_list", "post"): Write(
        "",
        lambda world: {
            "rows": [{"number": world.rows["customer"].number, "month": "2026-10", "bill": "1.00"}]
        },
    ),
    ("departure_list", "post"): Write(
        "",
        lambda world: {
            "departures": [
                {
                    "external_id": "B-1",
                    "customer": world.rows["customer"].pk,
                    "kind": "ported_out",
                    "left_on": TODAY.isoformat(),
                }
            ]
        },
    ),
    ("departure_review_create", "post"): Write(
        "left", lambda world: {"cause": "price-plan", "foreseeable": "no", "lesson": "早联系"}
    ),
    ("departure_review_detail", "patch"): Write("review", lambda world: {"competitor": "联通"}),
    ("contact_record_list", "post"): Write(
        "",
        lambda world: {
            "customer": world.rows["customer"].pk,
            "submission_key": key(),
            "channel": "phone",
            "outcome": "reached",
            "recorded_by": world.manager.pk,
        },
    ),
    ("contact_record_void", "post"): Write("record", lambda world: {"reason": "记错"}),
    ("customer_detail", "patch"): Write("customer", lambda world: {"gender": "male"}),
    ("reassignment_list", "post"): Write(
        "",
        lambda world: {
            "submission_key": key(),
            "customers": [world.rows["customer"].pk],
            "manager": world.colleague.pk,
        },
    ),
    ("reassignment_preview", "post"): Write(
        "", lambda world: {"customers": [world.rows["customer"].pk], "manager": world.colleague.pk}
    ),
    ("reassignment_call_off", "post"): Write("handover", lambda world: {}),
    ("leave_list", "post"): Write(
        "",
        lambda world: {
            "staff_number": world.manager.staff_number,
            "starts_on": TODAY.isoformat(),
            "ends_on": TODAY.isoformat(),
        },
    ),
    ("leave_call_off", "post"): Write("leave", lambda world: {}),
    ("complaint_list", "post"): Write(
        "",
        lambda world: {
            "customer": world.rows["customer"].pk,
            "submission_key": key(),
            "subject": "多扣费",
            "category": "billing-dispute",
        },
    ),
    ("complaint_detail", "patch"): Write("complaint", lambda world: {"severity": "high"}),
    ("complaint_move", "post"): Write("moved", lambda world: {"move": "accept"}),
    ("complaint_remark", "post"): Write("remarked", lambda world: {"text": "又来电"}),
    ("complaint_sub_task_create", "post"): Write(
        "of_tasks",
        lambda world: {
            "submission_key": key(),
            "department": "网络部",
            "what": "查",
            "due_at": (NOW + timedelta(days=1)).isoformat(),
            "person": world.colleague.pk,
        },
    ),
    ("complaint_sub_task_done", "post"): Write("task", lambda world: {"answer": "已查"}),
    ("complaint_sub_task_call_off", "post"): Write("other_task", lambda world: {}),
    ("complaint_attachment_create", "post"): Write(
        "of_tasks",
        lambda world: {"file": SimpleUploadedFile("信.txt", "您好".encode())},
    ),
    ("complaint_review_detail", "patch"): Write(
        "judged",
        lambda world: {
            "is_justified": True,
            "responsibility": "unit",
            "cause": "promise-forgotten",
        },
    ),
    ("complaint_review_call_back", "post"): Write(
        "called",
        lambda world: {
            "answer": "satisfied",
            "submission_key": key(),
            "called_by": world.manager.pk,
        },
    ),
    ("service_request_list", "post"): Write(
        "",
        lambda world: {
            "customer": world.rows["customer"].pk,
            "submission_key": key(),
            "what": "寄新卡",
        },
    ),
    ("service_request_done", "post"): Write("request", lambda world: {"told": True}),
}
"""Every endpoint that changes something, with what is sent to it."""


def test_every_endpoint_that_changes_something_is_asked_below() -> None:
    assert set(write_routes()) == set(WRITES)


def not_sent(answer: Any, sent: Any) -> Iterator[str]:
    """Yield what of ``answer`` is neither what was sent nor says what became of it."""
    if not isinstance(answer, Mapping):
        yield str(answer)
        return
    for name, value in answer.items():
        if name in LISTS and isinstance(value, list):
            rows = [one for rows in sent.values() if isinstance(rows, list) for one in rows]
            every = {key: [row.get(key) for row in rows] for row in rows for key in row}
            for row in value:
                left = set(row) - SAID - COUNTED
                yield from (key for key in left if row[key] not in every.get(key, []))
        elif name in SAID | COUNTED:
            assert isinstance(value, str | int | None), name
        elif name not in sent or value != sent[name]:
            yield name


def ask(client: Client, world: World, name: str, method: str, body: Any, version: str) -> Any:
    """Send the change; return the answer."""
    row = world.rows.get(WRITES[name, method].row)
    url = reverse(f"api:{name}", args=[row.pk] if row is not None else [])
    if "file" in body:
        body["file"].seek(0)
        return client.post(url, body)
    return send(client, method, url, body, {"If-Match": version})


@pytest.mark.whole
@pytest.mark.parametrize(("name", "method"), WRITES)
def test_who_may_only_write_reads_nothing_back(world: World, name: str, method: str) -> None:
    scope = write_routes()[name, method]
    client = system(world.administrator, scopes=[scope, PHONES], name=name)[1]
    sent = WRITES[name, method].body(world)
    for _time in range(2):
        answer = ask(client, world, name, method, sent, "*")
        assert answer.status_code in (200, 201), answer.content
        assert list(not_sent(answer.json(), sent)) == []
        assert HELD not in answer.content.decode()
    assert not AuditEntry.objects.filter(verb="phones.sent").exists()


@pytest.mark.whole
@pytest.mark.parametrize(("name", "method"), [one for one in WRITES if one[1] == "patch"])
def test_who_may_only_write_is_told_which_fields_changed_and_not_what_they_hold(
    world: World, name: str, method: str
) -> None:
    scope = write_routes()[name, method]
    client = system(world.administrator, scopes=[scope], name=name)[1]
    row = world.rows[WRITES[name, method].row]
    type(row).objects.filter(pk=row.pk).update(version=row.version + 3)
    sent = WRITES[name, method].body(world)
    answer = ask(client, world, name, method, sent, f'"{row.version}"')
    assert answer.status_code == 412, answer.content
    assert set(answer.json()) <= PROBLEM
    assert all(set(one) == {"field"} for one in answer.json()["changes"])
    assert HELD not in answer.content.decode()


STANDING: dict[tuple[str, str], tuple[str, Callable[[World], dict[str, Any]], str]] = {
    ("leave_list", "post"): (
        "",
        lambda world: {
            "manager": world.colleague.pk,
            "starts_on": TODAY.isoformat(),
            "ends_on": (TODAY + timedelta(days=30)).isoformat(),
        },
        "11",
    ),
    ("departure_list", "post"): (
        "",
        lambda world: {
            "departures": [
                {
                    "external_id": "B-2",
                    "customer": world.rows["left"].customer_id,
                    "kind": "closed",
                    "left_on": (TODAY - timedelta(days=1)).isoformat(),
                }
            ]
        },
        "11",
    ),
    ("departure_review_create", "post"): (
        "review",
        lambda world: {"cause": "price-plan", "foreseeable": "no", "lesson": "早联系"},
        HELD,
    ),
    ("complaint_move", "post"): ("moved", lambda world: {"move": "close"}, "Registered"),
    ("service_request_done", "post"): ("cancelled", lambda world: {}, "Called off"),
}
"""What is refused for what stands already, and a piece of the words by which people read it."""


@pytest.mark.whole
@pytest.mark.parametrize(("name", "method"), STANDING)
def test_who_may_only_write_is_not_told_what_stands_in_the_way(
    world: World, name: str, method: str
) -> None:
    row, body, words = STANDING[name, method]
    pk = [world.rows[row].pk] if row else []
    url = reverse(f"api:{name}", args=pk)
    scope = write_routes()[name, method]
    both = system(world.administrator, scopes=[scope, scope.replace(":write", ":read")])[1]
    alone = system(world.administrator, scopes=[scope], name=name)[1]

    def refusals(client: Client) -> list[str]:
        answer = send(client, method, url, body(world))
        found = answer.json()
        return [one["detail"] for one in found.get("errors") or found["refused"]]

    assert any(words in text for text in refusals(both)), refusals(both)
    assert refusals(alone) == ["A rule refuses this."]
