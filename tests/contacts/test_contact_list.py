"""The list of contact records: whom it shows, every filter, paging, columns, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from contacts.filters import ContactFilterForm
from contacts.models import ContactRecord
from contacts.services.listing import FILTERS, contact_columns
from contacts.views.rows import CELLS
from customers.models import Customer
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import TODAY, get_part, statements, text_of

SignIn = Callable[[StaffUser], Client]

LIST = reverse("contacts:contact_list")
SHANGHAI = ZoneInfo("Asia/Shanghai")

pytestmark = pytest.mark.usefixtures("frozen")


def record(customer: Customer, summary: str = "", day: date = TODAY, **fields: Any) -> Any:
    moment = datetime(day.year, day.month, day.day, 0, 30, tzinfo=SHANGHAI)
    given = {
        "customer": customer,
        "manager": customer.manager,
        "unit": customer.unit,
        "recorded_by": customer.manager,
        "recorded_as": "manager",
        "channel": "phone",
        "outcome": "reached",
        "is_counted": True,
        "happened_at": moment,
        "happened_on": day,
        "summary": summary,
    }
    return ContactRecord.objects.create(**{**given, **fields})


def listed(client: Client, query: str = "view=all") -> list[str]:
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200, response.content[:500]
    return [row.summary for row in response.context["page"].rows]


# --- Who sees what ----------------------------------------------------------------------------


def test_a_manager_sees_the_records_of_own_customers_and_no_others(
    manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    record(CustomerFactory(manager=manager), "自己的")
    record(CustomerFactory(manager=colleague), "同事的")
    assert listed(signed_in(manager)) == ["自己的"]


def test_a_former_manager_sees_nothing_more_and_the_new_one_the_history(
    manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    customer = CustomerFactory(manager=manager)
    record(customer, "从前的")
    Customer.objects.filter(pk=customer.pk).update(manager=colleague)
    assert listed(signed_in(manager)) == []
    assert listed(signed_in(colleague)) == ["从前的"]


def test_the_cover_sees_them_during_the_cover(
    manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    record(CustomerFactory(manager=manager), "王的")
    assert listed(signed_in(colleague)) == []
    CoverFactory(manager=manager, stand_in=colleague, starts_on=TODAY, ends_on=TODAY)
    assert listed(signed_in(colleague)) == ["王的"]


def test_a_supervisor_sees_the_unit_and_head_office_everything(
    supervisor: StaffUser,
    head_office: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    signed_in: SignIn,
) -> None:
    record(CustomerFactory(manager=manager), "区内", day=TODAY - timedelta(days=1))
    record(CustomerFactory(manager=outsider), "外市")
    assert listed(signed_in(supervisor)) == ["区内"]
    assert listed(signed_in(head_office)) == ["外市", "区内"]


@pytest.mark.parametrize("role", ["handler", "administrator"])
def test_who_sees_no_customers_does_not_find_the_page(
    role: str, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    assert signed_in(request.getfixturevalue(role)).get(LIST).status_code == 404


def test_a_number_in_what_was_said_is_masked(manager: StaffUser, signed_in: SignIn) -> None:
    record(CustomerFactory(manager=manager), "新号码13812341234，下周打")
    page = text_of(signed_in(manager).get(LIST))
    assert "138****1234" in page
    assert "13812341234" not in page


# --- Filters ----------------------------------------------------------------------------------


@pytest.fixture
def varied(manager: StaffUser) -> None:
    """Records of one manager, one for each thing to filter by, as of 23 November 2026."""
    wang = CustomerFactory(name="王芳", number="VIP777001", manager=manager)
    other = CustomerFactory(name="李明", manager=manager)
    days = iter(range(1, 20))

    def made(summary: str, customer: Customer = other, **fields: Any) -> None:
        record(customer, summary, day=TODAY - timedelta(days=next(days)), **fields)

    made("电话")
    made("短信", channel="sms")
    made("未接", outcome="no_answer", is_counted=False)
    made("促销", occasion="campaign")
    made("迟录", is_late=True)
    made(
        "作废",
        voided_at=datetime(2026, 11, 20, tzinfo=SHANGHAI),
        void_reason="错",
        is_counted=False,
    )
    made("王的", customer=wang)
    made("谈了新资费套餐")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("channel=sms", {"短信"}),
        ("channel=sms&channel=visit", {"短信"}),
        ("outcome=no_answer", {"未接"}),
        ("outcome=no_answer&outcome=busy", {"未接"}),
        ("occasion=campaign", {"促销"}),
        ("counted=no", {"未接", "作废"}),
        ("counted=no&voided=no", {"未接"}),
        ("voided=yes", {"作废"}),
        ("late=1", {"迟录"}),
        ("q=王芳", {"王的"}),
        ("q=wf", {"王的"}),
        ("q=VIP777001", {"王的"}),
        ("text=新资费", {"谈了新资费套餐"}),
        ("since=2026-11-21", {"电话", "短信"}),
        ("until=2026-11-15", {"谈了新资费套餐"}),
        ("since=2026-11-20&until=2026-11-21", {"短信", "未接"}),
        ("channel=sms&occasion=campaign", set()),
    ],
)
@pytest.mark.usefixtures("varied")
def test_the_query_string_narrows_the_list(
    manager: StaffUser, signed_in: SignIn, query: str, found: set[str]
) -> None:
    client = signed_in(manager)
    assert set(listed(client, query)) == found
    assert client.get(f"{LIST}?{query}").context["count"] == len(found)


@pytest.mark.parametrize(
    "query", ["text=新", "since=yesterday", "channel=pigeon", "counted=maybe", "text=a%00b"]
)
@pytest.mark.usefixtures("varied")
def test_what_is_not_understood_narrows_nothing_and_is_said(
    manager: StaffUser, signed_in: SignIn, query: str
) -> None:
    response = signed_in(manager).get(f"{LIST}?{query}")
    assert len(response.context["page"].rows) == 8
    assert 'role="alert"' in text_of(response)


def test_unit_and_manager_are_those_of_the_record(
    city_supervisor: StaffUser,
    manager: StaffUser,
    other_manager: StaffUser,
    company: Company,
    signed_in: SignIn,
) -> None:
    customer = CustomerFactory(manager=manager)
    record(customer, "东城时")
    Customer.objects.filter(pk=customer.pk).update(
        manager=other_manager, unit=company.other_district
    )
    client = signed_in(city_supervisor)
    assert listed(client, f"unit={company.district.pk}") == ["东城时"]
    assert listed(client, f"unit={company.city.pk}") == ["东城时"]
    assert listed(client, f"manager={manager.pk}") == ["东城时"]
    assert listed(client, f"unit={company.other_district.pk}") == []


def test_a_unit_or_manager_out_of_sight_is_not_found(
    supervisor: StaffUser, outsider: StaffUser, company: Company, signed_in: SignIn
) -> None:
    client = signed_in(supervisor)
    assert client.get(f"{LIST}?unit={company.other_city.pk}").status_code == 404
    assert client.get(f"{LIST}?manager={outsider.pk}").status_code == 404


def test_every_filter_has_its_words() -> None:
    assert list(ContactFilterForm.base_fields) == list(FILTERS)


# --- Columns ----------------------------------------------------------------------------------


def test_every_column_has_what_draws_it() -> None:
    assert set(CELLS) == {column.key for column in contact_columns(shows_owner=True)}


def test_columns_are_shown_as_the_address_says_and_a_row_keeps_its_customer(
    manager: StaffUser, signed_in: SignIn
) -> None:
    record(CustomerFactory(name="王芳", manager=manager), "谈话")
    response = signed_in(manager).get(f"{LIST}?columns=summary&columns=how&columns=nonsense")
    assert response.context["filter"].shown == ["customer", "summary", "how"]
    page = text_of(response)
    assert page.index("record-customer") < page.index("record-summary") < page.index("record-how")
    assert "record-occasion" not in page


def test_a_moment_is_shown_by_the_clock_of_the_unit(manager: StaffUser, signed_in: SignIn) -> None:
    record(CustomerFactory(manager=manager), "凌晨")
    assert "00:30" in text_of(signed_in(manager).get(LIST))


def test_a_record_that_knows_only_its_day_shows_no_time(
    manager: StaffUser, signed_in: SignIn
) -> None:
    record(CustomerFactory(manager=manager), "导入的", date_only=True)
    assert "00:30" not in text_of(signed_in(manager).get(LIST))


# --- Pages ------------------------------------------------------------------------------------


def test_pages_hold_every_record_once_newest_first(manager: StaffUser, signed_in: SignIn) -> None:
    customer = CustomerFactory(manager=manager)
    for number in range(120):
        record(customer, str(number), day=TODAY - timedelta(days=number // 7))
    client, met = signed_in(manager), []
    cursor: Any = ""
    for _page in range(3):
        page = client.get(f"{LIST}?view=all&cursor={cursor}").context["page"]
        met += [row.pk for row in page.rows]
        cursor = page.next_cursor
    assert cursor is None
    expected = ContactRecord.objects.order_by("-happened_at", "-pk").values_list("pk", flat=True)
    assert met == list(expected)


@pytest.mark.parametrize("role", ["manager", "supervisor", "head_office"])
def test_eight_statements_whatever_the_number_of_rows(
    role: str,
    manager: StaffUser,
    request: pytest.FixtureRequest,
    signed_in: SignIn,
) -> None:
    client = signed_in(request.getfixturevalue(role))
    record(CustomerFactory(manager=manager))
    few = statements(client, f"{LIST}?channel=phone")
    for _number in range(30):
        record(CustomerFactory(manager=manager))
    assert statements(client, f"{LIST}?channel=phone") == few <= 8


def test_a_part_of_the_page_says_its_address(manager: StaffUser, signed_in: SignIn) -> None:
    response = get_part(signed_in(manager), f"{LIST}?channel=sms&q=")
    assert response.headers["HX-Push-Url"] == f"{LIST}?channel=sms"
    assert "<html" not in text_of(response)


def test_an_empty_list_says_what_would_fill_it(manager: StaffUser, signed_in: SignIn) -> None:
    assert reverse("customers:customer_list") in text_of(signed_in(manager).get(LIST))
