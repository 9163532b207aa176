"""Nobody reads a whole phone number out of a text: every column, every page, every role.

A number of its own is planted into every text column of every table, in several spellings. Then
every page, endpoint and export is read as every role; the numbers of all columns are looked for in
what comes back, headers included, whatever signs stand between their digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models, transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.test import Client
from django.urls import reverse

from contacts.services.listing import contact_columns
from core import audit, clock
from core.columns import Columns
from core.models import AuditEntry
from core.phones import mask_phones_in
from core.rest.clients import PHONES
from core.texts import MASKED_KINDS, TEXT_COLUMNS, Kind, kind_of, whole
from customers.models import Customer, CustomerPhone
from customers.rules import Cadence
from customers.services.listing import customer_columns
from exchange.rules.makings import Made, Making
from exchange.rules.scopes import SCOPES
from retention.models import ChurnEvent, Departure
from retention.models.usage import Source
from retention.services.events import EventRow, take_events
from retention.services.usage import SnapshotRow, take_snapshots
from staff.models import Role, StaffUser, Unit
from tests.api import system
from tests.conftest import make_company
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import StaffUserFactory
from tests.guards.test_routes import TABLE, addresses, browser_of
from tests.pages import HTMX, NOW, TODAY
from tests.retention.leavers import reviewed
from tests.workplans.signs_of import signs_of_every_kind
from workplans.models import PlanItem, WorkLog

OURS = {
    "core",
    "staff",
    "customers",
    "contacts",
    "complaints",
    "retention",
    "workplans",
    "portfolio",
    "exchange",
}
MASK = "139****5678"
SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda n: n,
    lambda n: f"+86 {n[:3]}-{n[3:7]}-{n[7:]}",
    lambda n: f"{n[:3]} {n[3:7]} {n[7:]}",
    lambda n: n.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    lambda n: f"17951{n}",
)
FOUND = re.compile(r"139(\d{4})5678")
BETWEEN = re.compile(r"(?<=\d)[\s\-]{1,2}(?=\d)")
CODE = re.compile(r"[\w:.\-+/%]*", re.ASCII)

Column = models.Field[Any, Any]


def own_models() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in OURS:
            yield model


def text_columns() -> list[Column]:
    """Return every text column of every table, in an order that stays."""
    found = [
        column
        for model in own_models()
        for column in model._meta.local_fields
        if isinstance(column, TEXT_COLUMNS)
    ]
    return sorted(found, key=str)


def name_of(column: Column) -> str:
    return f"{column.model._meta.label}.{column.name}"


NUMBERS = {name_of(column): f"139{place:04}5678" for place, column in enumerate(text_columns())}
COLUMNS = {number: name for name, number in NUMBERS.items()}

# --- What is not planted, and why ---------------------------------------------------------------

UNPLANTED_KINDS = {
    Kind.CHOICE: "one of few values",
    Kind.CODE: "a number or name by which systems know a row, shown as it is",
    Kind.SECRET: "never shown",
    Kind.TECHNICAL: "written by the product alone, which would not work with another value",
}
UNPLANTED = {
    "customers.SearchEntry.phones": "no page reads it; it is only searched",
    "portfolio.Merge.changes": "no page reads it; a merge is undone by it",
}


def planted_columns() -> list[Column]:
    return [
        column
        for column in text_columns()
        if kind_of(column) not in UNPLANTED_KINDS and name_of(column) not in UNPLANTED
    ]


# --- Planting -----------------------------------------------------------------------------------


def plant_everywhere() -> None:
    """Put the number of each column into all of its rows, at most two statements a table."""
    for column in planted_columns():
        rows = column.model._base_manager.order_by("pk")
        if column.model is AuditEntry:
            plant_in_the_trail(column)
        elif isinstance(column, models.JSONField):
            for row in rows:
                value = planted_in(column, getattr(row, column.attname))
                column.model._base_manager.filter(pk=row.pk).update(**{column.name: value})
        else:
            also = GOES_WITH.get(name_of(column), {})
            if column.model is CustomerPhone:
                # A customer has a number once.
                rows = rows.filter(pk__in=rows.values("customer").values_list(models.Min("pk")))
            rows.order_by().update(**{column.name: text_with_number(column), **also})


def plant_in_the_trail(column: Column) -> None:
    """Write entries: the trail is never changed."""
    text = f"{mark_of(column)}打 {NUMBERS[name_of(column)]} 找"
    customer = Customer.objects.order_by("pk")[0]
    for verb in ("customer.edited", "contact.logged", "complaint.moved", "plan.changed"):
        audit.record(
            actor=StaffUser.objects.get(staff_number="2001"),
            verb=verb,
            obj=customer,
            customer_id=customer.pk,
            changes={"remarks": [text, [text]], "what": [None, {"note": text}], text: 1},
        )


GOES_WITH: Mapping[str, Mapping[str, Any]] = {
    "contacts.ContactRecord.competitor": {"mentions_competitor": True},
    "workplans.Finding.answer": {"answered_at": NOW},
}
"""What the database wants beside a text in that column."""


def mark_of(column: Column) -> str:
    """Return what says of which column a text is, whatever is masked in it."""
    return f"〔{NUMBERS[name_of(column)][3:7]}〕"


def text_with_number(column: Column) -> Any:
    """Return what stands in each row: its key, so that it is the only one, and the number."""
    number = NUMBERS[name_of(column)]
    if kind_of(column) is Kind.PHONE:
        return number
    room = (column.max_length or 4000) - 8
    texts = [spelt(number) for spelt in SPELLINGS]
    first = int(number[3:7]) % len(texts)
    text = ""
    for spelling in [*texts[first:], *texts[:first]]:
        longer = f"{text or mark_of(column)} 打 {spelling} 找"
        text = longer if len(longer) <= room else text
    assert text, name_of(column)
    return Concat(Cast(F("pk"), CharField()), Value(text))


def planted_in(column: Column, value: Any) -> Any:
    """Return a JSON value with the number in each text that is no code, or as a text of its own."""
    text = f"{mark_of(column)}打 {NUMBERS[name_of(column)]} 找"
    if (made := PLANTED_BY_HAND.get(name_of(column))) is not None:
        return made(value, text)
    if isinstance(value, str):
        return value if CODE.fullmatch(whole(value)) else f"{whole(value)} {text}"
    if isinstance(value, list):
        return [planted_in(column, item) for item in value]
    if isinstance(value, dict):
        return {whole(name): planted_in(column, item) for name, item in value.items()}
    return value


PLANTED_BY_HAND: Mapping[str, Callable[[Any, str], Any]] = {
    "customers.Profile.imported_extra": lambda _value, text: {"备注": text, text: "备注"},
    "complaints.ComplaintStep.details": lambda value, text: {**value, "subject": [text, text]},
    **{
        f"exchange.{kind}Import.for_all": lambda _value, text: {"unit": text}
        for kind in ("Roster", "Departure", "Usage")
    },
    **{
        f"exchange.{kind}Import.sheets": lambda _value, text: [
            {"name": name, "hidden": False, "rows": 3} for name in ("Sheet1", text)
        ]
        for kind in ("Roster", "Departure", "Usage")
    },
    "exchange.DepartureImportRow.reasons": lambda _value, text: [["kind", "no_such_kind", text]],
    "exchange.RosterImport.makings": lambda _value, text: [
        Making(Made.UNIT, text, alike=(text,), above=(text,)).as_json(),
        Making(Made.MANAGER, text, number="M1O06", unit=text, take=text).as_json(),
    ],
    "exchange.RosterImportRow.changes": lambda _value, text: {"name": [text, text]},
    "exchange.UsageImportRow.cells": lambda _value, text: [text, text, text],
    "exchange.UsageImportRow.reasons": lambda _value, text: [["month", "no_such_date", text]],
    "workplans.PlanChange.after": lambda value, text: {**value, "text": text},
    "workplans.PlanChange.before": lambda value, text: {**value, "purpose": text},
    "workplans.RecordSignal.facts": lambda value, text: {**value, "place": text},
}
"""How a JSON column is planted whose texts are codes, by what stands there."""

# --- The world ----------------------------------------------------------------------------------


@dataclass
class World:
    """Who asks, where to, and how the exports of the lists are asked for."""

    browsers: dict[str, Client]
    addresses: dict[str, str]
    keys: dict[str, Client]
    leaks: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


@pytest.fixture(scope="module")
def made_world(made_once: Callable[..., Any]) -> World:
    world: World = made_once(make_world)
    return world


@pytest.fixture
def world(made_world: World, db: None) -> World:
    return made_world


def make_world() -> World:
    company = make_company()
    people: dict[str, Any] = {
        "manager": StaffUserFactory(unit=company.district, staff_number="2001"),
        "colleague": StaffUserFactory(unit=company.district),
        "supervisor": StaffUserFactory(unit=company.district, role=Role.SUPERVISOR),
        "handler": StaffUserFactory(unit=company.district, role=Role.COMPLAINT_HANDLER),
        "head_office": StaffUserFactory(unit=None, role=Role.HEAD_OFFICE),
        "administrator": StaffUserFactory(unit=None, role=Role.ADMINISTRATOR),
    }
    urls = addresses(people["manager"], people["supervisor"])
    rest_of_the_world(people["manager"], people["supervisor"])
    for person in ("supervisor", "head_office"):
        StaffUser.objects.filter(pk=people[person].pk).update(may_export=True)
    reading = [scope for scope in SCOPES if scope != PHONES]
    keys = {
        "key without phones:read": system(people["administrator"], name="A", scopes=reading)[1],
        "key with phones:read": system(people["administrator"], name="B")[1],
    }
    plant_everywhere()
    Unit.objects.filter(pk=company.far_district.pk).update(full_name="江海省/临山市/南湖区")
    people = {role: StaffUser.objects.get(pk=person.pk) for role, person in people.items()}
    browsers = {role: browser_of(person) for role, person in people.items()}
    return World(browsers, urls, keys)


def rest_of_the_world(manager: StaffUser, supervisor: StaffUser) -> None:
    """Make a row of each table that the world of the routes does without."""
    customer, other = Customer.objects.filter(manager=manager, status="active").order_by("pk")[:2]
    customer.addresses.create(text="东街", city="滨江")
    customer.family_members.create(relation="妻子", name="李", note="爱茶")
    customer.job_changes.create(employer="银行", position_held="行长", note="新")
    centre = call_centre(manager.unit)
    tell(centre, a_call(other.phones.all()[0].number, clock.now()))
    event = EventRow(other.pk, ChurnEvent.Kind.SIM_RETURNED, clock.now())
    take_events(actor=None, events=[event], source=Source.IMPORT)
    take_snapshots(
        actor=None, rows=[SnapshotRow(other.pk, date(2026, 10, 1))], source=Source.IMPORT
    )
    reviewed(Departure.objects.order_by("pk")[0], supervisor)
    log, item = WorkLog.objects.order_by("pk")[0], PlanItem.objects.order_by("pk")[0]
    log.remarks.create(author=supervisor, text="好")
    item.plan.remarks.create(author=supervisor, text="好", item=item)
    item.plan.changes.create(item=item, what="changed", actor=manager)
    signs_of_every_kind(manager)


# --- Looking ------------------------------------------------------------------------------------


def said_by(response: Any) -> str:
    """Return all that an answer says, headers too, with the digits of a number side by side."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    headers = " ".join(f"{name}: {value}" for name, value in response.headers.items())
    return plainly(f"{headers}\n{content.decode('utf-8', 'replace')}")


def plainly(text: str) -> str:
    if "\\u" in text:
        text = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
    # As in an address, where a row of digits can be spelt with percent signs.
    text = unquote_plus(re.sub(r"&#x27;|&quot;|&amp;", " ", text))
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return BETWEEN.sub("", text)


def columns_in(text: str) -> set[str]:
    """Return the columns whose numbers stand whole in ``text``."""
    numbers = {f"139{middle}5678" for middle in FOUND.findall(text)}
    return {COLUMNS[number] for number in numbers & COLUMNS.keys()}


def pages(world: World, role: str, **headers: str) -> Iterator[tuple[str, Any]]:
    """Yield every page that answers the role."""
    for route, method in TABLE:
        if method != "GET" or route.startswith("api:"):
            continue
        with transaction.atomic():
            response = world.browsers[role].get(world.addresses[route], headers=headers)
            if response.status_code != 404:
                yield route, response
            transaction.set_rollback(True)


def endpoints(client: Client, world: World) -> Iterator[tuple[str, Any]]:
    for route, method in TABLE:
        if method == "GET" and route.startswith("api:") and route not in NO_DATA:
            response = client.get(world.addresses[route])
            if response.status_code != 404:
                yield route, response


NO_DATA = ("api:schema", "api:api_docs")


def leaks_in(answers: Iterator[tuple[str, Any]]) -> tuple[dict[str, set[str]], int]:
    """Return the columns that each route shows whole, and on how many answers a mask was seen."""
    leaks: dict[str, set[str]] = {}
    masks = 0
    for route, response in answers:
        said = said_by(response)
        masks += MASK in said
        if columns := columns_in(said):
            leaks.setdefault(route, set()).update(columns)
    return leaks, masks


# --- The guards ---------------------------------------------------------------------------------


def test_every_text_column_says_what_it_holds() -> None:
    columns = text_columns()
    assert len(columns) > 200
    assert [name_of(column) for column in columns if kind_of(column) is None] == []
    assert {Kind.FREE, Kind.NAME, Kind.ADDRESS} == set(MASKED_KINDS)


def test_every_spelling_that_is_planted_is_found_whole_and_gone_when_masked() -> None:
    number = "13900125678"
    for spelt in SPELLINGS:
        text = f"1 打 {spelt(number)} 找"
        assert FOUND.findall(plainly(text)) == ["0012"], text
        assert FOUND.findall(plainly(mask_phones_in(text))) == [], text


@pytest.mark.whole
def test_every_column_is_planted(world: World) -> None:
    missing = set()
    for column in planted_columns():
        rows = column.model._base_manager.values_list(column.name, flat=True)
        if not any(NUMBERS[name_of(column)] in plainly(str(shown_raw(value))) for value in rows):
            missing.add(name_of(column))
    assert missing == set()


def shown_raw(value: Any) -> Any:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [shown_raw(item) for item in value]
    if isinstance(value, dict):
        return {whole(name): shown_raw(item) for name, item in value.items()}
    return value


OWN_PHONE = {"staff:staff_profile": {"staff.StaffUser.phone"}}
"""Everybody reads the own number."""

DUTY = {"contacts:duty_roster": {"staff.StaffUser.phone"}}
"""Whom to call at night: the office number of a colleague, for all but head office."""

ALLOWED: Mapping[str, Mapping[str, set[str]]] = {
    "head_office": OWN_PHONE,
    "supervisor": {**OWN_PHONE, **DUTY},
    "handler": OWN_PHONE,
    "colleague": {**OWN_PHONE, **DUTY},
    "administrator": OWN_PHONE,
}


CALL_BUTTONS = {
    **DUTY,
    "contacts:call_list": {"contacts.MissedCall.number"},
    "customers:customer_list": {"customers.CustomerPhone.number"},
    "portfolio:my_day": {"contacts.MissedCall.number", "customers.CustomerPhone.number"},
    "retention:case_detail": {"customers.CustomerPhone.number"},
    "retention:warning_detail": {"customers.CustomerPhone.number"},
    "workplans:plan_detail": {"customers.CustomerPhone.number"},
}
OWN_PAGE = {
    "complaints:customer_complaints",
    "complaints:customer_requests",
    "contacts:customer_care",
    "contacts:customer_timeline",
    "customers:customer_detail",
    "customers:customer_edit",
    "retention:customer_retention",
    "retention:customer_risk",
}
"""The customer's own page and its parts."""


@pytest.mark.whole
@pytest.mark.parametrize("role", ALLOWED)
def test_no_page_shows_a_number_whole(world: World, role: str) -> None:
    leaks, masks = leaks_in(pages(world, role))
    assert masks > 0
    assert leaks == ALLOWED[role]


@pytest.mark.whole
def test_the_manager_reads_numbers_whole_on_the_customers_own_page_alone(world: World) -> None:
    leaks, masks = leaks_in(pages(world, "manager"))
    assert masks > 50
    assert leaks.keys() >= OWN_PAGE
    elsewhere = {route: columns for route, columns in leaks.items() if route not in OWN_PAGE}
    assert elsewhere == {**OWN_PHONE, **CALL_BUTTONS}


@pytest.mark.whole
@pytest.mark.parametrize("role", ALLOWED)
def test_no_part_of_a_page_shows_a_number_whole(world: World, role: str) -> None:
    leaks, masks = leaks_in(pages(world, role, **HTMX))
    assert masks > 0
    assert leaks == ALLOWED[role]


@pytest.mark.whole
def test_no_endpoint_sends_a_number_whole_to_people_and_to_keys_without_the_scope(
    world: World,
) -> None:
    for who in ("head_office", "supervisor", "handler"):
        leaks, masks = leaks_in(endpoints(world.browsers[who], world))
        assert leaks == {}, who
        assert masks > 0, who
    leaks, masks = leaks_in(endpoints(world.keys["key without phones:read"], world))
    assert leaks == {}
    assert masks > 10


@pytest.mark.whole
def test_a_key_with_the_scope_is_sent_texts_whole_and_that_is_written_down(world: World) -> None:
    masked = {name_of(c) for c in planted_columns() if kind_of(c) in MASKED_KINDS}
    leaks, masks = leaks_in(endpoints(world.keys["key with phones:read"], world))
    with_texts = {route for route, columns in leaks.items() if columns & masked}
    assert {"api:contact_record_list", "api:complaint_detail"} <= with_texts
    sent = AuditEntry.objects.filter(verb="phones.sent", changes__has_key="texts")
    assert sent.count() == len(with_texts)
    assert masks == 0


COLUMNS_OF: Mapping[str, Columns] = {
    "contacts": contact_columns(shows_owner=True),
    "customers": customer_columns(Cadence.CONTACT, today=TODAY, shows_owner=True, shows_left=True),
}


@pytest.mark.whole
@pytest.mark.parametrize("list_name", COLUMNS_OF)
@pytest.mark.parametrize("role", ["supervisor", "head_office"])
def test_no_export_holds_a_number_whole(world: World, role: str, list_name: str) -> None:
    asked = {
        "list_name": list_name,
        "file_format": "csv",
        "query": "",
        "columns": [column.key for column in COLUMNS_OF[list_name]],
    }
    response = world.browsers[role].post(reverse("exchange:export_create"), asked)
    said = said_by(response)
    assert MASK in said
    assert columns_in(said) == set()


@pytest.mark.whole
def test_no_page_of_the_admin_shows_a_number_whole(world: World) -> None:
    masks = 0
    for model, shown in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        rows = model._default_manager.order_by("pk")
        urls = [reverse(f"{name}_changelist")]
        urls += [reverse(f"{name}_change", args=[row.pk]) for row in rows[:2]]
        for url in urls:
            response = world.browsers["administrator"].get(url)
            said = said_by(response)
            masks += MASK in said
            assert columns_in(said) <= {"staff.StaffUser.phone"}, (url, shown)
    assert masks > 5


# --- Former managers and units ------------------------------------------------------------------

MARK = re.compile(r"〔(\d{4})〕")


def about_customers() -> set[str]:
    """Return the columns of rows that belong to one customer."""
    return {name_of(c) for c in planted_columns() if belongs_to_customer(c.model)}


OUR_MODELS = set(own_models())


def belongs_to_customer(model: type[models.Model], depth: int = 3) -> bool:
    if model is Customer:
        return True
    owners = (f.related_model for f in model._meta.local_fields if f.many_to_one or f.one_to_one)
    return depth > 0 and any(
        belongs_to_customer(owner, depth - 1)
        for owner in owners
        if isinstance(owner, type)
        and owner._meta.app_label in OURS
        and owner not in (StaffUser, Unit)
    )


def marks_in(text: str) -> set[str]:
    """Return the columns that ``text`` shows, masked or not."""
    return {name for mark in MARK.findall(text) if (name := COLUMNS.get(f"139{mark}5678"))}


def shown_to(world: World, role: str) -> dict[str, set[str]]:
    """Return the columns about customers that each page and endpoint shows to the role."""
    ours = about_customers()
    found: dict[str, set[str]] = {}
    answers = (*pages(world, role), *endpoints(world.browsers[role], world))
    for route, response in answers:
        if columns := marks_in(said_by(response)) & ours:
            found[route] = columns
    return found


@pytest.mark.parametrize(
    "role", ["manager", "supervisor", pytest.param("colleague", marks=pytest.mark.whole)]
)
def test_a_former_manager_and_a_former_unit_read_nothing_more_of_a_customer(
    world: World, role: str
) -> None:
    far = StaffUserFactory(unit=Unit.objects.get(full_name__endswith="南湖区"))
    Customer.objects.update(unit=far.unit, manager=far)
    found = {route: columns - OF_OTHERS for route, columns in shown_to(world, role).items()}
    assert {route: columns for route, columns in found.items() if columns} == {}


OF_OTHERS = {
    # What a supervisor writes about the work of a manager stays with that work.
    "workplans.Finding.answer",
    "workplans.Finding.note",
    "workplans.Finding.text",
    "workplans.InspectedItem.remark",
    # Of a call that nobody's number explains.
    "contacts.CallEvent.line",
}
"""Columns of rows that name a customer, and are about somebody else."""


@pytest.mark.whole
def test_the_present_manager_reads_what_a_former_one_does_not(world: World) -> None:
    before = shown_to(world, "manager")
    assert len(before) > 20
    assert {"customers:customer_detail", "contacts:customer_timeline"} <= before.keys()


# --- Editing ------------------------------------------------------------------------------------


class Forms(HTMLParser):
    """Reads the forms of a page: where each is sent, and what stands in its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str]]]] = []
        self._area: str | None = None
        self._select: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.found.append((given.get("action") or given.get("hx-post") or "", []))
        name = given.get("name")
        if not self.found or not name:
            self._option(tag, given)
        elif tag == "textarea":
            self._area = name
            self._put(name, "")
        elif tag == "select":
            self._select = (name, [])
        elif tag == "input" and self._is_sent(given):
            self._put(name, given.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            name, text = self.found[-1][1].pop()
            self._put(name, text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            name, text = self.found[-1][1].pop()
            # A browser leaves out the first line's end.
            self._put(name, text.removeprefix("\r\n").removeprefix("\n"))
            self._area = None
        elif tag == "select" and self._select is not None:
            name, chosen = self._select
            for value in chosen[:1]:
                self._put(name, value)
            self._select = None

    def _option(self, tag: str, given: Mapping[str, str | None]) -> None:
        if tag == "option" and self._select is not None and "selected" in given:
            self._select[1].append(given.get("value") or "")

    def _put(self, name: str, value: str) -> None:
        self.found[-1][1].append((name, value))

    def _is_sent(self, given: Mapping[str, str | None]) -> bool:
        kind = given.get("type")
        return kind not in ("checkbox", "radio") or "checked" in given


EDITED = {
    # The address of the page, and who may edit: what it sends is sent back as it stands.
    "complaints:complaint_edit": "supervisor",
    "complaints:template_edit": "supervisor",
    "customers:customer_edit": "supervisor",
    "retention:case_detail": "supervisor",
    "retention:departure_detail": "supervisor",
    "retention:measure_edit": "head_office",
    "retention:cause_edit": "head_office",
    "retention:signal_detail": "head_office",
    "workplans:inspection_walk": "supervisor",
    "workplans:log_detail": "manager",
    "workplans:plan_item_edit": "manager",
    "workplans:plan_note": "manager",
    "portfolio:view_edit": "manager",
}


@pytest.mark.whole
@pytest.mark.parametrize("route", EDITED)
def test_a_form_that_is_sent_back_as_it_stands_damages_no_number(world: World, route: str) -> None:
    # As far on as the form wants it.
    WorkLog.objects.update(submitted_at=None)
    url, client = world.addresses[route], world.browsers[EDITED[route]]
    page = client.get(url).content.decode()
    forms = Forms()
    forms.feed(page)
    sent = 0
    for action, values in forms.found:
        if not any(MASK in text for _name, text in values):
            continue
        data: dict[str, list[str]] = defaultdict(list)
        for name, value in values:
            data[name].append(value)
        response = client.post(action or url, data)
        assert response.status_code in (200, 204, 302, 422), (action, response.status_code)
        sent += 1
    assert sent, "no form of the page holds a masked number"
    assert damaged_columns() == set()


def damaged_columns() -> set[str]:
    """Return the columns in which a mask is stored instead of a number."""
    damaged = set()
    for column in planted_columns():
        if not isinstance(column, models.JSONField):
            rows = column.model._base_manager.filter(**{f"{column.name}__contains": "****"})
            if rows.exists():
                damaged.add(name_of(column))
    return damaged


@pytest.mark.whole
def test_an_administrator_who_saves_a_page_of_the_admin_damages_no_number(world: World) -> None:
    client, sent = world.browsers["administrator"], 0
    rows: tuple[models.Model, ...] = (
        Unit.objects.order_by("-pk")[0],
        StaffUser.objects.get(staff_number="2001"),
    )
    for row in rows:
        model = type(row)
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        url = reverse(name, args=[row.pk])
        forms = Forms()
        forms.feed(client.get(url).content.decode())
        values = max((values for _action, values in forms.found), key=len)
        assert any(MASK in text for _name, text in values)
        sent += client.post(url, dict(values)).status_code == 302
    assert sent
    assert damaged_columns() == set()
