"""Exporting a list: exactly what is shown, for whom, and what the audit trail says of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook

from contacts.models import ContactRecord
from core.models import AuditEntry
from customers.models import Customer, ServiceStandard, Status, Tier
from exchange.models import Export
from exchange.services import exports
from staff.models import StaffUser
from tests.conftest import Company
from tests.exchange.exporting import allow, ask, bytes_of, rows_of
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY, text_of

SignIn = Callable[[StaffUser], Client]

LIST = reverse("customers:customer_list")
CONTACTS = reverse("contacts:contact_list")

pytestmark = pytest.mark.usefixtures("frozen")


def contact(customer: Customer, **fields: Any) -> ContactRecord:
    return ContactRecord.objects.create(
        **{
            "customer": customer,
            "manager": customer.manager,
            "unit": customer.unit,
            "recorded_by": customer.manager,
            "recorded_as": "manager",
            "channel": "phone",
            "outcome": "reached",
            "happened_at": NOW,
            "happened_on": TODAY,
            **fields,
        }
    )


# --- Who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["manager", "supervisor", "head_office"])
def test_without_the_permission_there_is_no_button_and_no_page(
    role: str, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    person = request.getfixturevalue(role)
    client = signed_in(person)
    create = reverse("exchange:export_create")
    assert create not in text_of(client.get(LIST))
    assert ask(client).status_code == 404
    assert client.get(reverse("exchange:export_list")).status_code == 404
    allow(person)
    assert create in text_of(client.get(LIST))
    assert create in text_of(client.get(CONTACTS))
    assert len(rows_of(ask(client))) == 1
    assert client.get(reverse("exchange:export_list")).status_code == 200


@pytest.mark.parametrize("role", ["handler", "administrator"])
def test_the_permission_alone_does_not_open_what_the_role_does_not_see(
    role: str, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    assert ask(signed_in(allow(request.getfixturevalue(role)))).status_code == 404


def test_a_managers_export_holds_only_own_customers(
    manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(name="自己的", manager=manager)
    theirs = CustomerFactory(name="同事的", manager=colleague)
    contact(theirs, summary="同事说的")
    client = signed_in(allow(manager))
    assert [row[1] for row in rows_of(ask(client))[1:]] == ["自己的"]
    assert rows_of(ask(client, list_name="contacts"))[1:] == []


def test_a_unit_out_of_sight_is_not_found(
    supervisor: StaffUser, company: Company, signed_in: SignIn
) -> None:
    client = signed_in(allow(supervisor))
    assert ask(client, f"unit={company.other_city.pk}").status_code == 404
    assert not Export.objects.exists()


def test_a_number_that_is_searched_once_too_often_is_not_led_back_to_in_an_address(
    supervisor: StaffUser, signed_in: SignIn
) -> None:
    ServiceStandard.objects.filter(figure="number_searches_an_hour").update(value=1)
    client = signed_in(allow(supervisor))
    assert rows_of(ask(client, "q=13812341234"))
    refused = ask(client, "tier=gold&q=13912341234")
    assert refused.status_code == 302
    address = refused.headers["Location"]
    assert ("tier=gold" in address, "1234" in address) == (True, False)


@pytest.mark.parametrize(
    ("role", "numbers", "shown"),
    [
        ("manager", False, "138****1234"),
        ("manager", True, "13812341234"),
        ("supervisor", False, "138****1234"),
        ("supervisor", True, "13812341234"),
        ("head_office", False, "138****1234"),
    ],
)
def test_numbers_are_masked_unless_permitted(
    role: str,
    numbers: bool,
    shown: str,
    manager: StaffUser,
    request: pytest.FixtureRequest,
    signed_in: SignIn,
) -> None:
    customer = CustomerFactory(manager=manager, phone="13812341234")
    person = allow(request.getfixturevalue(role), numbers=numbers)
    rows = rows_of(ask(signed_in(person), "columns=name&columns=phone"))
    assert rows[1][3] == shown
    noted = AuditEntry.objects.filter(verb="phones.exported", customer_id=customer.pk)
    assert noted.filter(actor=person).count() == (1 if numbers else 0)


def test_an_export_without_the_column_discloses_no_number(
    manager: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(manager=manager)
    bytes_of(ask(signed_in(allow(manager, numbers=True)), "columns=name"))
    assert not AuditEntry.objects.filter(verb="phones.exported").exists()


# --- Exactly what is shown ----------------------------------------------------------------------


@pytest.fixture
def many(manager: StaffUser, colleague: StaffUser, company: Company) -> None:
    """Customers of all kinds, more than a page of them."""
    for number in range(130):
        left = number % 11 == 0
        CustomerFactory(
            name=f"{'王李张'[number % 3]}{number % 7}",
            manager=[manager, colleague, None][number % 3],
            unit=company.district,
            tier=list(Tier)[number % 3],
            is_key=number % 5 == 0,
            status=Status.LEFT if left else Status.ACTIVE,
            last_contact_on=None if number % 4 == 0 else TODAY - timedelta(days=number),
        )


QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(["王", "王3", "li", "VIP", "zzz"]),
        "tier": st.lists(st.sampled_from([*Tier.values, "copper"]), max_size=2),
        "due": st.sampled_from(["overdue", "soon", "exempt", "never"]),
        "cadence": st.sampled_from(["visit", "contact"]),
        "contacted": st.sampled_from(["this_month", "not_this_month"]),
        "status": st.sampled_from(["left", "all", "active"]),
        "key": st.just("1"),
        "pool": st.just("1"),
        "sort": st.sampled_from(["due", "name", "number"]),
        "columns": st.lists(
            st.sampled_from(["tier", "name", "phone", "owner", "last", "due", "gender", "x"])
        ),
    },
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chosen=QUERIES)
@pytest.mark.usefixtures("many")
def test_a_csv_export_is_the_list_row_by_row(
    supervisor: StaffUser, signed_in: SignIn, chosen: dict[str, Any]
) -> None:
    client = signed_in(allow(supervisor))
    query = urlencode({"view": "all", **chosen}, doseq=True)
    numbers: list[str] = []
    cursor: Any = ""
    while cursor is not None:
        context = client.get(f"{LIST}?{query}&cursor={cursor}").context
        numbers += [row.number for row in context["page"].rows]
        cursor = context["page"].next_cursor
    headings, *rows = rows_of(ask(client, context["filter"].address))
    assert [row[headings.index("Customer number")] for row in rows] == numbers
    expected = [str(cell.heading) for column in context["filter"].headings for cell in column.cells]
    assert headings == expected
    assert len(rows) == context["count"]


def test_columns_and_their_order_are_those_of_the_list(
    manager: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(
        name="王芳",
        number="007",
        manager=manager,
        is_key=True,
        phone="13812341234",
        last_contact_on=date(2026, 11, 1),
    )
    client = signed_in(allow(manager))
    assert rows_of(ask(client, "columns=last&columns=name&columns=tier")) == [
        ["Last contact", "Customer", "Customer number", "Marks", "Tier"],
        ["2026-11-01", "王芳", "007", "Key customer", "Gold"],
    ]


def test_a_workbook_in_the_persons_language(manager: StaffUser, signed_in: SignIn) -> None:
    CustomerFactory(name="=王芳", number="007", manager=manager, last_contact_on=date(2026, 11, 1))
    client = signed_in(allow(manager))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-hans"
    response = ask(client, "columns=name&columns=tier&columns=last", file_format="xlsx")
    rows = load_workbook(io.BytesIO(bytes_of(response))).get_sheet_by_index(0).to_python()
    assert rows[0][:2] == ["客户", "客户编号"]
    assert rows[1] == ["'=王芳", "007", "", "金卡", date(2026, 11, 1)]


def test_records_are_exported_by_the_clock_of_the_unit(
    manager: StaffUser, signed_in: SignIn
) -> None:
    customer = CustomerFactory(name="王芳", manager=manager)
    contact(customer, summary="新号码13812341234", is_late=True)
    contact(customer, date_only=True, outcome="busy", happened_at=NOW - timedelta(days=1))
    rows = rows_of(
        ask(
            signed_in(allow(manager)),
            "columns=happened&columns=customer&columns=summary",
            list_name="contacts",
        )
    )
    assert rows[0][:2] == ["When", "Customer"]
    assert [(row[0], row[4]) for row in rows[1:]] == [
        ("2026-11-23 10:00", "新号码138****1234"),
        ("2026-11-23", ""),
    ]


# --- What the audit trail says ------------------------------------------------------------------


def test_the_trail_has_list_filter_rows_columns_and_masking(
    supervisor: StaffUser, manager: StaffUser, company: Company, signed_in: SignIn
) -> None:
    CustomerFactory(manager=manager, tier=Tier.GOLD)
    CustomerFactory(manager=manager, tier=Tier.SILVER)
    query = f"tier=gold&unit={company.district.pk}&columns=name&columns=tier"
    bytes_of(ask(signed_in(allow(supervisor)), query))
    entry = AuditEntry.objects.get(verb="export.made")
    assert entry.actor == supervisor
    assert {name: new for name, (_old, new) in entry.changes.items()} == {
        "list": "customers",
        "rows": 1,
        "filter": {"tier": ["gold"], "unit": company.district.full_name},
        "columns": ["name", "tier"],
        "file_format": "csv",
        "has_numbers": False,
    }


@pytest.mark.parametrize(("reader", "sees"), [("supervisor", True), ("administrator", False)])
def test_the_trail_says_it_in_words_and_searches_are_not_for_administrators(
    reader: str, sees: bool, manager: StaffUser, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    bytes_of(ask(signed_in(allow(manager)), "q=王芳 13812341234&tier=gold&columns=name"))
    page = text_of(
        signed_in(request.getfixturevalue(reader)).get(
            reverse("portfolio:audit_trail"), {"kind": "exports"}
        )
    )
    assert "Exported a list" in page
    assert "13812341234" not in page
    assert ("Search: 王芳 138****1234; Tier: Gold" in page) is sees


def test_the_access_report_has_who_exported_how_many_rows_with_which_filter(
    supervisor: StaffUser, manager: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(manager=manager, tier=Tier.GOLD)
    bytes_of(ask(signed_in(allow(manager)), "tier=gold"))
    response = signed_in(supervisor).get(reverse("portfolio:access_report"))
    report = response.context["report"]
    assert [(one.person, one.rows) for one in report.exported] == [(manager, 1)]
    assert report.total.exports == 1
    assert "Tier: Gold" in text_of(response)


# --- Short and long -----------------------------------------------------------------------------


def test_a_long_list_is_asked_for_once_however_often_it_is_sent(
    manager: StaffUser, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE_ROWS", 1)
    for _number in range(2):
        CustomerFactory(manager=manager)
    client = signed_in(allow(manager))
    first, second = ask(client), ask(client)
    assert first.status_code == second.status_code == 302
    assert first.headers["Location"] == second.headers["Location"]
    export = Export.objects.get()
    assert (export.state, export.rows_total) == ("waiting", 2)
    assert ask(client, "tier=gold").headers["Location"] != first.headers["Location"]


def test_a_workbook_that_would_be_too_long_is_refused_with_the_way_out(
    manager: StaffUser, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_XLSX_ROWS", 1)
    for _number in range(2):
        CustomerFactory(manager=manager)
    client = signed_in(allow(manager))
    response = client.post(
        reverse("exchange:export_create"),
        {"list_name": "customers", "file_format": "xlsx", "query": "tier=gold"},
        follow=True,
    )
    assert "choose CSV" in text_of(response)
    assert len(rows_of(ask(client))) == 3


@pytest.mark.parametrize(
    "wrong", [{"list_name": "staff"}, {"file_format": "pdf"}, {"query": "x" * 5000}]
)
def test_what_no_page_of_ours_sends_is_refused(
    manager: StaffUser, signed_in: SignIn, wrong: dict[str, str]
) -> None:
    given = {"list_name": "customers", "file_format": "csv", "query": "", **wrong}
    client = signed_in(allow(manager))
    assert client.post(reverse("exchange:export_create"), given).status_code == 400
