"""The board: every figure holds exactly the customers that its link leads to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from django.test import Client

from contacts.models import Cadence, Exemption, Outcome
from contacts.services.exemptions import decide_exemption, request_exemption
from contacts.services.flags import flag_overdue
from contacts.services.records import Contact, log_contact
from core import clock
from customers.models import Channel, Customer
from portfolio.services import board as board_service
from portfolio.services.board import Level
from retention.models import ChurnWarning, Departure
from retention.services.goals import freeze_base
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CoverFactory, CustomerFactory, StaffUserFactory, UnitFactory
from tests.pages import TODAY, get_part, statements, text_of
from tests.retention.leavers import home, leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
URL = "/board/"
MOST_PAGES = 20
KINDS = [Departure.Kind.PORTED_OUT, Departure.Kind.CLOSED, Departure.Kind.DEATH]


@pytest.fixture
def roster(
    company: Company,
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    outsider: StaffUser,
    city_supervisor: StaffUser,
) -> list[Customer]:
    """Customers of every kind the board counts, in three districts and their pools."""
    owners: list[dict[str, Any]] = [
        {"manager": person} for person in (manager, colleague, other_manager, outsider)
    ]
    owners += [{"manager": None, "unit": unit} for unit in (company.district, company.city)]
    random = Random(20261123)
    customers: list[Customer] = []
    for number in range(90):
        ago = random.choice([None, 2, 22, 24, 28, 31, 45, 90, 100])
        customers.append(
            CustomerFactory(
                **owners[number % len(owners)],
                tier=random.choice(["diamond", "gold", "silver"]),
                last_contact_on=None if ago is None else TODAY - timedelta(days=ago),
                is_key=number % 4 == 0,
                key_since=date(2026, 6, 1) if number % 4 == 0 else None,
                status="left" if number % 17 == 16 else "active",
                contact_exempt_until=TODAY + timedelta(days=number % 3 - 1)
                if number % 11 == 0
                else None,
                visit_exempt_until=TODAY if number % 16 == 0 else None,
            )
        )
    flag_overdue(as_of=TODAY - timedelta(days=9))
    flag_overdue()
    freeze_base(year=TODAY.year)
    for number, customer in enumerate(customers[::6]):
        if customer.is_active:
            leave(customer, KINDS[number % len(KINDS)], TODAY - timedelta(days=number))
    Departure.objects.filter(pk__in=Departure.objects.all()[:3]).update(
        review_due_on=TODAY - timedelta(days=1)
    )
    return customers


def listed(browser: Client, url: str) -> int:
    """How many rows the list at ``url`` holds, on all its pages together."""
    count, cursor = 0, None
    for _page in range(MOST_PAGES):
        response = get_part(browser, url if cursor is None else f"{url}&cursor={cursor}")
        assert response.status_code == 200, url
        page = response.context["page"]
        count += len(page.rows)
        cursor = page.next_cursor
        if cursor is None:
            return count
    raise AssertionError(f"{url} has no last page")


def figures(browser: Client, query: str = "") -> Iterator[tuple[str, int, str]]:
    """Each figure that leads to a list; what may still be lost leads to the goal instead."""
    for shown in browser.get(URL + query).context["rows"]:
        row = shown.row
        whose = row.manager.name if row.manager else row.unit.name if row.unit else ""
        for number, cell in enumerate(shown.cells):
            if cell.url and not cell.url.startswith("/retention/goals/"):
                yield f"{row.level} {whose} {number}", cell.count, cell.url


@pytest.mark.usefixtures("roster")
@pytest.mark.parametrize("who", ["supervisor", "city_supervisor", "head_office"])
def test_every_figure_leads_to_exactly_those_customers(
    who: str, signed_in: Browser, request: pytest.FixtureRequest
) -> None:
    browser = signed_in(request.getfixturevalue(who))
    found = list(figures(browser))
    assert len(found) >= 9 * 4
    assert {name: listed(browser, url) for name, _count, url in found} == {
        name: count for name, count, _url in found
    }
    assert sum(count > 0 for _name, count, _url in found) > len(found) / 3


@pytest.mark.usefixtures("roster")
def test_every_figure_of_a_unit_below_leads_there_too(
    signed_in: Browser, city_supervisor: StaffUser, company: Company
) -> None:
    browser = signed_in(city_supervisor)
    found = list(figures(browser, f"?unit={company.district.pk}"))
    assert {name: listed(browser, url) for name, _count, url in found} == {
        name: count for name, count, _url in found
    }


@pytest.mark.usefixtures("roster")
def test_with_many_managers_the_units_come_first_and_the_figures_stay(
    signed_in: Browser,
    head_office: StaffUser,
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = signed_in(head_office)
    before = browser.get(URL).context["rows"]
    monkeypatch.setattr(board_service, "MOST_MANAGERS", 2)
    after = browser.get(URL).context["rows"]
    assert [shown.row.level for shown in after] == [
        Level.TOTAL,
        Level.UNIT,
        Level.UNIT,
        Level.POOL,
    ]
    assert {shown.row.unit for shown in after[1:3]} == {company.city, company.other_city}
    assert after[0].row.figures == before[0].row.figures
    found = list(figures(browser))
    assert {name: listed(browser, url) for name, _count, url in found} == {
        name: count for name, count, _url in found
    }


@pytest.mark.usefixtures("roster")
def test_the_rows_add_up(signed_in: Browser, city_supervisor: StaffUser) -> None:
    rows = [shown.row for shown in signed_in(city_supervisor).get(URL).context["rows"]]
    managers = [row.figures for row in rows if row.level in (Level.MANAGER, Level.POOL)]
    assert sum(figures.active for figures in managers) == rows[0].figures.active
    assert sum(figures.overdue for figures in managers) == rows[0].figures.overdue
    assert sum(figures.escalated for figures in managers) == rows[0].figures.escalated
    assert rows[0].figures.escalated > 0


def test_a_logged_contact_moves_the_figures(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    customer = CustomerFactory(manager=manager, tier="gold", vip_since=date(2026, 9, 1))
    flag_overdue()
    browser = signed_in(supervisor)

    def total() -> tuple[int, int]:
        counted = browser.get(URL).context["rows"][0].row.figures
        return counted.contacted, counted.overdue_gold

    assert total() == (0, 1)
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    log_contact(actor=manager, customer=customer, contact=contact)
    assert total() == (1, 0)


def test_managers_without_customers_and_those_who_left_with_some_have_rows(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    CustomerFactory(manager=colleague)
    colleague.is_active = False
    colleague.save()
    rows = [shown.row for shown in signed_in(supervisor).get(URL).context["rows"]]
    counts = {row.manager.name: row.figures.active for row in rows if row.manager}
    assert counts == {manager.name: 0, colleague.name: 1}


def test_a_manager_of_another_unit_is_summed_up_without_a_name_or_a_link(
    signed_in: Browser, company: Company, outsider: StaffUser, supervisor: StaffUser
) -> None:
    CustomerFactory(manager=outsider, unit=company.district)
    response = signed_in(supervisor).get(URL)
    others = response.context["rows"][-1]
    assert others.row.level is Level.OTHERS
    assert others.row.figures.active == 1
    assert {cell.url for cell in others.cells} == {""}
    assert outsider.name not in text_of(response)


@pytest.mark.usefixtures("roster")
def test_churn_is_counted_by_unit_and_manager_of_the_first_of_january(
    signed_in: Browser, city_supervisor: StaffUser
) -> None:
    rows = [shown.row for shown in signed_in(city_supervisor).get(URL).context["rows"]]
    total = rows[0].churn
    assert total.lost > 2
    parts = [row.churn for row in rows if row.level in (Level.MANAGER, Level.POOL)]
    assert sum(part.base for part in parts) == total.base
    assert sum(part.lost for part in parts) == total.lost
    assert rows[0].figures.reviews_overdue > 0


def test_without_a_base_there_is_a_dash(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    CustomerFactory(manager=manager)
    rows = signed_in(supervisor).get(URL).context["rows"]
    assert [cell.text for cell in rows[0].cells[9:11]] == ["—", "—"]


def test_open_warnings_and_those_that_were_escalated_are_counted(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    for number in range(3):
        ChurnWarning.objects.create(
            customer=CustomerFactory(manager=manager),
            manager=manager,
            unit=home(manager),
            follow_up_due_at=clock.now(),
            escalated_at=clock.now() if number == 0 else None,
        )
    cell = signed_in(supervisor).get(URL).context["rows"][0].cells[11]
    assert (cell.count, cell.text, cell.judgement) == (3, "3 (1 late)", "bad")


def test_figures_have_a_sign_beside_the_colour(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    for _number in range(20):
        CustomerFactory(manager=manager, tier="gold", last_contact_on=TODAY)
    CustomerFactory(manager=manager, tier="gold", vip_since=date(2026, 9, 1))
    rows = signed_in(supervisor).get(URL).context["rows"]
    assert [cell.judgement for cell in rows[0].cells[3:6]] == ["good", "watch", "good"]
    page = text_of(signed_in(supervisor).get(URL))
    assert "figure-watch" in page.split("<tbody>")[1]
    assert "#alert-triangle" in page.split("<tbody>")[1]


def test_it_shows_waiting_requests_and_todays_cover(
    signed_in: Browser, manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)
    exemption = request_exemption(
        actor=manager,
        customer=CustomerFactory(manager=manager),
        cadence=Cadence.CONTACT,
        reason=Exemption.Reason.ABROAD,
        ends_on=TODAY,
    )
    browser = signed_in(supervisor)
    page = browser.get(URL)
    assert page.context["waiting"] == 1
    assert "1 exemption request" in text_of(page)
    assert [cover.manager for cover in page.context["covers"]] == [manager]
    decide_exemption(actor=supervisor, exemption=exemption, approve=False)
    assert browser.get(URL).context["waiting"] == 0


def test_a_unit_that_is_not_ones_own_is_not_found(
    signed_in: Browser, company: Company, supervisor: StaffUser
) -> None:
    browser = signed_in(supervisor)
    for unit in (company.city, company.other_district, company.far_district):
        assert browser.get(URL, {"unit": unit.pk}).status_code == 404
    assert browser.get(URL, {"unit": "x"}).status_code == 404
    assert browser.get(URL, {"unit": company.district.pk}).status_code == 200


def test_several_roots_stand_side_by_side(
    signed_in: Browser, company: Company, manager: StaffUser, head_office: StaffUser
) -> None:
    second = UnitFactory(name="河山省")
    CustomerFactory(manager=StaffUserFactory(unit=second))
    CustomerFactory(manager=manager)
    browser = signed_in(head_office)
    context = browser.get(URL).context
    assert context["top"] is None
    assert {company.province, second} <= {shown.row.unit for shown in context["rows"]}
    found = list(figures(browser))
    assert {name: listed(browser, f"{url}&x=1") for name, _count, url in found if "?" in url} == {
        name: count for name, count, _url in found
    }


def test_other_roles_find_nothing(
    signed_in: Browser, manager: StaffUser, handler: StaffUser, administrator: StaffUser
) -> None:
    for person in (manager, handler, administrator):
        assert signed_in(person).get(URL).status_code == 404


def test_it_takes_the_same_statements_for_many_managers(
    signed_in: Browser, company: Company, supervisor: StaffUser, head_office: StaffUser
) -> None:
    browsers = [signed_in(supervisor), signed_in(head_office)]

    def add(count: int) -> None:
        for _number in range(count):
            manager = StaffUserFactory(unit=company.district)
            CustomerFactory(manager=manager, vip_since=date(2026, 9, 1))
            UnitFactory(parent=company.city)
        flag_overdue()

    add(1)
    one = [statements(browser, URL) for browser in browsers]
    add(19)
    assert [statements(browser, URL) for browser in browsers] == one
    assert max(one) <= 15
