"""The customer list: whom it shows, every filter, paging, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core import clock
from customers.models import ChannelOptOut, Customer, Status, Tier
from customers.rules import Cadence
from customers.services.standing import excuse
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CoverFactory, CustomerFactory

SignIn = Callable[[StaffUser], Client]

LIST = reverse("customers:customer_list")
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _a_monday_in_november() -> Any:
    with time_machine.travel("2026-11-23T10:00:00+08:00", tick=False):
        yield


def listed(client: Client, query: str = "") -> set[str]:
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200, response.content[:500]
    return {customer.name for customer in response.context["page"].rows}


# --- Who sees whom ----------------------------------------------------------------------------


def test_a_manager_sees_the_own_customers_and_no_others(
    manager: StaffUser, colleague: StaffUser, company: Company, signed_in: SignIn
) -> None:
    CustomerFactory(name="自己的", manager=manager)
    CustomerFactory(name="同事的", manager=colleague)
    CustomerFactory(name="公海的", manager=None, unit=company.district)
    assert listed(signed_in(manager)) == {"自己的"}


def test_a_manager_sees_covered_customers_during_the_cover_only(
    manager: StaffUser, colleague: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(name="自己的", manager=manager)
    CustomerFactory(name="同事的", manager=colleague)
    CoverFactory(manager=colleague, stand_in=manager, starts_on=TODAY, ends_on=TODAY)
    assert listed(signed_in(manager)) == {"自己的", "同事的"}
    with time_machine.travel("2026-11-24T10:00:00+08:00", tick=False):
        assert listed(signed_in(manager)) == {"自己的"}


def test_a_supervisor_sees_the_unit_with_its_pool_and_nothing_outside(
    supervisor: StaffUser,
    manager: StaffUser,
    other_manager: StaffUser,
    company: Company,
    signed_in: SignIn,
) -> None:
    CustomerFactory(name="区内", manager=manager)
    CustomerFactory(name="公海", manager=None, unit=company.district)
    CustomerFactory(name="区外", manager=other_manager)
    assert listed(signed_in(supervisor)) == {"区内", "公海"}


def test_a_supervisor_of_a_city_sees_all_units_below(
    city_supervisor: StaffUser,
    manager: StaffUser,
    other_manager: StaffUser,
    outsider: StaffUser,
    signed_in: SignIn,
) -> None:
    CustomerFactory(name="东城", manager=manager)
    CustomerFactory(name="西城", manager=other_manager)
    CustomerFactory(name="外市", manager=outsider)
    assert listed(signed_in(city_supervisor)) == {"东城", "西城"}


def test_head_office_sees_everybody_masked_and_cannot_log(
    head_office: StaffUser, manager: StaffUser, outsider: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(name="东城", manager=manager, phone="13812341234")
    CustomerFactory(name="外市", manager=outsider, phone="13912345678")
    client = signed_in(head_office)
    assert listed(client) == {"东城", "外市"}
    page = client.get(LIST).content.decode()
    assert "138****1234" in page
    assert "13812341234" not in page
    assert "tel:" not in page
    assert "/contacts/log/" not in page


@pytest.mark.parametrize("role", ["handler", "administrator"])
def test_who_sees_no_customers_does_not_find_the_page(
    role: str, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    client = signed_in(request.getfixturevalue(role))
    assert client.get(LIST).status_code == 404


def test_nobody_is_sent_to_sign_in(client: Client, db: None) -> None:
    response = client.get(LIST)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_a_manager_gets_call_links_and_a_supervisor_masked_numbers(
    manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(manager=manager, phone="13812341234")
    own = signed_in(manager).get(LIST).content.decode()
    assert 'href="tel:13812341234"' in own
    assert "138****1234" in own
    above = signed_in(supervisor).get(LIST).content.decode()
    assert "138****1234" in above
    assert "13812341234" not in above


def test_no_call_is_offered_to_who_opted_out_of_calls(
    manager: StaffUser, signed_in: SignIn
) -> None:
    customer = CustomerFactory(manager=manager, phone="13812341234")
    client = signed_in(manager)
    assert "tel:" in client.get(LIST).content.decode()
    ChannelOptOut.objects.create(customer=customer, channel="phone", since=TODAY)
    assert "tel:" not in client.get(LIST).content.decode()


# --- Filters ----------------------------------------------------------------------------------


@pytest.fixture
def varied(manager: StaffUser) -> dict[str, Customer]:
    """Customers of one manager, one for each thing to filter by, as of 23 November 2026."""

    def made(name: str, last: str | None, **fields: Any) -> Customer:
        day = date.fromisoformat(last) if last else None
        return CustomerFactory(name=name, manager=manager, last_contact_on=day, **fields)

    return {
        "overdue": made("逾期", "2026-10-20", tier=Tier.DIAMOND),
        "today": made("今天", "2026-10-23"),
        "soon": made("临期", "2026-10-30"),
        "later": made("以后", "2026-10-31", tier=Tier.SILVER),
        "this month": made("本月", "2026-11-01", tier=Tier.SILVER),
        "exempt": made("豁免", "2026-09-01"),
        "key": made("重要", "2026-11-02", is_key=True, last_visit_on=date(2026, 8, 1)),
        "left": made("离网", "2026-01-01", status=Status.LEFT, left_on=date(2026, 2, 1)),
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"逾期", "今天", "临期", "以后", "本月", "豁免", "重要"}),
        ("status=active", {"逾期", "今天", "临期", "以后", "本月", "豁免", "重要"}),
        ("due=overdue", {"逾期"}),
        ("due=overdue&cadence=contact", {"逾期"}),
        ("due=soon", {"今天", "临期"}),
        ("due=exempt", {"豁免"}),
        ("cadence=visit", {"重要"}),
        ("cadence=visit&due=overdue", {"重要"}),
        ("cadence=visit&due=soon", set()),
        ("tier=diamond", {"逾期"}),
        ("tier=diamond&tier=silver", {"逾期", "本月", "以后"}),
        ("contacted=this_month", {"本月", "重要"}),
        ("contacted=not_this_month", {"逾期", "今天", "临期", "以后", "豁免"}),
        ("key=1", {"重要"}),
        ("status=left", {"离网"}),
        ("status=all&tier=gold", {"今天", "临期", "豁免", "重要", "离网"}),
        ("q=逾期", {"逾期"}),
        ("q=离网", set()),
        ("q=离网&status=all", {"离网"}),
        ("due=overdue&tier=silver", set()),
    ],
)
def test_the_query_string_narrows_the_list(
    varied: dict[str, Customer],
    manager: StaffUser,
    supervisor: StaffUser,
    signed_in: SignIn,
    query: str,
    names: set[str],
) -> None:
    excuse(
        actor=supervisor,
        customer=varied["exempt"],
        cadence=Cadence.CONTACT,
        until=TODAY + timedelta(days=3),
    )
    client = signed_in(manager)
    assert listed(client, query) == names
    assert client.get(f"{LIST}?{query}").context["count"] == len(names)


def test_an_excuse_that_is_over_narrows_nothing_any_more(
    varied: dict[str, Customer], manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    yesterday = TODAY - timedelta(days=1)
    excuse(actor=supervisor, customer=varied["exempt"], cadence=Cadence.CONTACT, until=yesterday)
    client = signed_in(manager)
    assert listed(client, "due=exempt") == set()
    assert listed(client, "due=overdue") == {"逾期", "豁免"}


def test_birthdays_within_seven_days_by_both_calendars(
    manager: StaffUser, signed_in: SignIn
) -> None:
    def born(name: str, calendar: str, month: int, day: int) -> None:
        CustomerFactory(
            name=name,
            manager=manager,
            birth_calendar=calendar,
            birth_month=month,
            birth_day=day,
        )

    born("今天", "solar", 11, 23)
    born("七天", "solar", 11, 30)
    born("八天", "solar", 12, 1)
    born("昨天", "solar", 11, 22)
    # 23 November 2026 is the fifteenth of the tenth lunar month.
    born("农历", "lunar", 10, 15)
    born("农历以后", "lunar", 11, 23)
    CustomerFactory(name="不知道", manager=manager)
    assert listed(signed_in(manager), "birthday=1") == {"今天", "七天", "农历"}


def test_unit_filter_includes_the_units_below(
    city_supervisor: StaffUser,
    manager: StaffUser,
    other_manager: StaffUser,
    company: Company,
    signed_in: SignIn,
) -> None:
    CustomerFactory(name="东城", manager=manager)
    CustomerFactory(name="西城", manager=other_manager)
    client = signed_in(city_supervisor)
    assert listed(client, f"unit={company.city.pk}") == {"东城", "西城"}
    assert listed(client, f"unit={company.district.pk}") == {"东城"}


def test_manager_and_pool_filters(
    supervisor: StaffUser,
    manager: StaffUser,
    colleague: StaffUser,
    company: Company,
    signed_in: SignIn,
) -> None:
    CustomerFactory(name="王的", manager=manager)
    CustomerFactory(name="李的", manager=colleague)
    CustomerFactory(name="公海", manager=None, unit=company.district)
    client = signed_in(supervisor)
    assert listed(client, f"manager={manager.pk}") == {"王的"}
    assert listed(client, "pool=1") == {"公海"}


def test_the_filter_offers_the_managers_of_the_chosen_unit(
    city_supervisor: StaffUser,
    manager: StaffUser,
    other_manager: StaffUser,
    outsider: StaffUser,
    company: Company,
    signed_in: SignIn,
) -> None:
    client = signed_in(city_supervisor)

    def offered(query: str) -> set[str]:
        form = client.get(f"{LIST}?{query}").context["filter"].form
        return {name for pk, name in form.fields["manager"].choices if pk}

    assert offered("") == {manager.name, other_manager.name}
    assert offered(f"unit={company.district.pk}") == {manager.name}


def test_the_former_manager_who_left_is_found_by_link(
    supervisor: StaffUser, manager: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(name="王的", manager=manager)
    StaffUser.objects.filter(pk=manager.pk).update(is_active=False)
    assert listed(signed_in(supervisor), f"manager={manager.pk}") == {"王的"}


@pytest.mark.parametrize("name", ["unit", "manager"])
def test_what_may_not_be_seen_or_is_not_there_is_not_found_alike(
    supervisor: StaffUser,
    other_manager: StaffUser,
    company: Company,
    signed_in: SignIn,
    name: str,
) -> None:
    hidden = {"unit": company.other_district.pk, "manager": other_manager.pk}[name]
    client = signed_in(supervisor)
    assert client.get(f"{LIST}?{name}={hidden}").status_code == 404
    assert client.get(f"{LIST}?{name}=999999").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "due=never",
        "tier=lead",
        "unit=x",
        "manager=99999999999999999999",
        "sort=phone",
        "cursor=%00%ff",
        # [0, "a NUL", 1] and [0, "name", more than a number holds]
        "sort=name&cursor=WzAsIlx1MDAwMCIsMV0",
        "sort=name&cursor=WzAsIm4iLDEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwXQ",
        "q=%00a",
    ],
)
def test_what_is_not_understood_breaks_nothing(
    supervisor: StaffUser, manager: StaffUser, signed_in: SignIn, query: str
) -> None:
    CustomerFactory(manager=manager)
    assert signed_in(supervisor).get(f"{LIST}?{query}").status_code == 200


def test_active_filters_show_as_chips_that_can_be_taken_off(
    varied: dict[str, Customer], manager: StaffUser, signed_in: SignIn
) -> None:
    response = signed_in(manager).get(f"{LIST}?tier=diamond&tier=gold&due=overdue&cursor=abc")
    chips = response.context["filter"].chips
    assert [(str(chip.value), chip.without) for chip in chips] == [
        ("Diamond", "tier=gold&due=overdue"),
        ("Gold", "tier=diamond&due=overdue"),
        ("Overdue", "tier=diamond&tier=gold"),
    ]
    assert 'href="?tier=gold&amp;due=overdue"' in response.content.decode()


# --- Order, pages, htmx -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["乙", "丙", "甲"]),
        ("sort=number", ["甲", "乙", "丙"]),
        ("sort=name", ["丙", "乙", "甲"]),
        ("status=left&sort=due", []),
    ],
)
def test_orders(manager: StaffUser, signed_in: SignIn, query: str, names: list[str]) -> None:
    for number, (name, day) in enumerate([("甲", 20), ("乙", 1), ("丙", 9)]):
        CustomerFactory(
            number=f"N{number}", name=name, manager=manager, last_contact_on=date(2026, 11, day)
        )
    response = signed_in(manager).get(f"{LIST}?{query}")
    assert [customer.name for customer in response.context["page"].rows] == names


@pytest.mark.parametrize("query", ["", "sort=name", "sort=number", "status=all"])
def test_pages_lead_through_everybody_once_and_back(
    manager: StaffUser, signed_in: SignIn, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.views.find.PAGE_ROWS", 4)
    for _ in range(10):
        CustomerFactory(manager=manager, name="同名", last_contact_on=TODAY)
    client = signed_in(manager)
    seen: list[int] = []
    cursor = ""
    pages = []
    while True:
        page = client.get(f"{LIST}?{query}&cursor={cursor}").context["page"]
        pages.append([row.pk for row in page.rows])
        seen += pages[-1]
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert len(pages) == 3
    assert len(seen) == len(set(seen)) == 10
    back = client.get(f"{LIST}?{query}&cursor={page.previous_cursor}").context["page"]
    assert [row.pk for row in back.rows] == pages[1]


def test_htmx_gets_the_table_and_the_address_without_empty_filters(
    manager: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(manager=manager)
    client = signed_in(manager)
    response = client.get(f"{LIST}?q=&tier=gold&due=&sort=due", headers={"HX-Request": "true"})
    page = response.content.decode()
    assert page.lstrip().startswith('<div id="_customer_table"')
    assert "<html" not in page
    assert response["HX-Push-Url"] == f"{LIST}?tier=gold"
    again = client.get(
        f"{LIST}?tier=gold",
        headers={
            "HX-Request": "true",
            "HX-Current-URL": f"http://testserver{LIST}?tier=gold",
        },
    )
    assert "HX-Push-Url" not in again


def test_htmx_replaces_the_choice_of_managers_too(
    supervisor: StaffUser, manager: StaffUser, company: Company, signed_in: SignIn
) -> None:
    client = signed_in(supervisor)
    page = client.get(f"{LIST}?unit={company.district.pk}", headers={"HX-Request": "true"})
    assert 'hx-swap-oob="true"' in page.content.decode()
    assert 'hx-swap-oob="true"' not in client.get(LIST).content.decode()


def test_more_than_ten_thousand_are_not_counted(
    manager: StaffUser, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.views.find.MOST_COUNTED", 2)
    for _ in range(2):
        CustomerFactory(manager=manager)
    client = signed_in(manager)
    assert "2 customers" in client.get(LIST).content.decode()
    CustomerFactory(manager=manager)
    page = client.get(LIST).content.decode()
    assert "More than 2 customers" in page
    assert "3 customers" not in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Customers come with a roster import"),
        ("tier=gold", "No customer fits all of these filters"),
        ("q=zhang", "Nothing found for “zhang”"),
    ],
)
def test_an_empty_list_says_what_would_fill_it(
    manager: StaffUser, signed_in: SignIn, query: str, words: str
) -> None:
    assert words in signed_in(manager).get(f"{LIST}?{query}").content.decode()


# --- What it costs ----------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["manager", "supervisor", "head_office"])
@pytest.mark.parametrize("query", ["", "due=soon&tier=gold", "q=客户", "q=1380&sort=name"])
def test_eight_statements_whatever_the_number_of_rows(
    role: str,
    query: str,
    manager: StaffUser,
    request: pytest.FixtureRequest,
    signed_in: SignIn,
    django_assert_max_num_queries: Any,
) -> None:
    client = signed_in(request.getfixturevalue(role))
    last = clock.today() - timedelta(days=25)

    def statements() -> int:
        with django_assert_max_num_queries(8) as captured:
            response = client.get(f"{LIST}?{query}")
        assert response.status_code == 200
        return len(captured)

    for _ in range(2):
        CustomerFactory(manager=manager, last_contact_on=last)
    few = statements()
    for _ in range(38):
        CustomerFactory(manager=manager, last_contact_on=last)
    assert statements() == few


@pytest.mark.parametrize("role", ["manager", "supervisor", "head_office"])
def test_a_page_of_fifty_rows_is_light(
    role: str, manager: StaffUser, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    for number in range(50):
        CustomerFactory(manager=manager, name="欧阳修文", is_key=number % 2 == 0)
    client = signed_in(request.getfixturevalue(role))
    assert len(client.get(LIST).content) < 90_000
