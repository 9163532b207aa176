"""The monthly access report: who saw whole numbers, imported and changed what, in which unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from core import audit
from core.models import AuditEntry
from customers.models import Customer
from customers.services.profile import reveal_phone
from portfolio.services import access_report as service
from portfolio.services.access_report import AccessReport, Counts
from staff.models import Role, StaffUser
from tests.conftest import Company
from tests.factories import CustomerFactory, StaffUserFactory
from tests.pages import NOW, statements, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
URL = "/access-report/"


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    made: Customer = CustomerFactory(name="张伟", number="VIP0001", manager=manager)
    return made


def reported(client: Client, **query: str | int) -> AccessReport:
    response = client.get(URL, query)
    assert response.status_code == 200
    report: AccessReport = response.context["report"]
    return report


def counts(report: AccessReport) -> dict[str, Counts]:
    return {row.person.name: row.counts for row in report.rows}


def see(person: StaffUser, customer: Customer, times: int = 1) -> None:
    for _time in range(times):
        reveal_phone(actor=person, phone=customer.phones.get())


def test_it_says_who_saw_how_many_numbers_of_whom(
    signed_in: Browser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    customer: Customer,
) -> None:
    second = CustomerFactory(manager=manager)
    elsewhere = CustomerFactory(manager=outsider)
    see(supervisor, customer, 3)
    see(supervisor, second)
    see(city_supervisor, customer)
    see(outsider, elsewhere, 5)
    report = reported(signed_in(supervisor))
    assert counts(report) == {
        "陈主管": Counts(numbers=4, customers=2),
        "周主管": Counts(numbers=1, customers=1),
    }
    assert report.total.numbers == 5
    assert [row.is_of_unit for row in report.rows] == [True, False]
    assert {(seen.person.name, seen.customer, seen.times) for seen in report.seen} == {
        ("陈主管", customer, 3),
        ("陈主管", second, 1),
        ("周主管", customer, 1),
    }
    assert report.seen[0].times == 3


def test_it_counts_the_changes_imports_and_exports_of_the_units_people(
    signed_in: Browser,
    supervisor: StaffUser,
    manager: StaffUser,
    outsider: StaffUser,
    customer: Customer,
) -> None:
    def did(person: StaffUser, verb: str, about: Customer | None = None) -> None:
        audit.record(
            actor=person, verb=verb, obj=about or person, customer_id=about.pk if about else None
        )

    did(manager, "customer.edited", customer)
    did(manager, "contact.logged", customer)
    did(manager, "customer.edited", CustomerFactory(manager=outsider))
    did(supervisor, "roster.uploaded")
    did(supervisor, "roster.imported")
    did(supervisor, "roster.rejected_rows_exported")
    did(supervisor, "staff.password_changed")
    did(outsider, "roster.imported")
    report = reported(signed_in(supervisor))
    assert counts(report) == {
        "王经理": Counts(changes=2),
        "陈主管": Counts(imports=1, exports=1),
    }


def test_it_holds_one_month_of_the_units_zone(
    signed_in: Browser, supervisor: StaffUser, customer: Customer
) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for moment in (
        datetime(2026, 9, 30, 23, 59, tzinfo=zone),
        datetime(2026, 10, 1, 0, 0, tzinfo=zone),
        datetime(2026, 10, 31, 23, 59, tzinfo=zone),
        datetime(2026, 11, 1, 0, 0, tzinfo=zone),
    ):
        with time_machine.travel(moment, tick=False):
            see(supervisor, customer)
    with time_machine.travel(NOW, tick=False):
        browser = signed_in(supervisor)
        assert reported(browser, month="2026-10").total.numbers == 2
        assert reported(browser).total.numbers == 1
        assert reported(browser, month="2027-03").first.isoformat() == "2026-11-01"
        assert reported(browser, month="0001-01").first.isoformat() == "2000-01-01"
        assert reported(browser, month="nonsense").first.isoformat() == "2026-11-01"


def test_a_supervisor_chooses_a_unit_below_and_finds_no_other(
    signed_in: Browser,
    company: Company,
    city_supervisor: StaffUser,
    customer: Customer,
    other_manager: StaffUser,
) -> None:
    see(city_supervisor, customer)
    see(city_supervisor, CustomerFactory(manager=other_manager), 2)
    browser = signed_in(city_supervisor)
    assert reported(browser).total.numbers == 3
    assert reported(browser, unit=company.district.pk).total.numbers == 1
    for unit in (company.province.pk, company.far_district.pk, 10**9, "x"):
        assert browser.get(URL, {"unit": unit}).status_code == 404


def test_head_office_begins_at_the_top(
    signed_in: Browser,
    head_office: StaffUser,
    company: Company,
    supervisor: StaffUser,
    customer: Customer,
) -> None:
    see(supervisor, customer)
    report = reported(signed_in(head_office))
    assert report.unit == company.province
    assert report.total.numbers == 1


@pytest.mark.parametrize("who", ["manager", "handler", "administrator"])
def test_others_find_no_report(
    signed_in: Browser, request: pytest.FixtureRequest, who: str
) -> None:
    assert signed_in(request.getfixturevalue(who)).get(URL).status_code == 404


def test_a_row_leads_to_its_entries(
    signed_in: Browser, supervisor: StaffUser, customer: Customer
) -> None:
    see(supervisor, customer, 2)
    audit.record(actor=None, verb="x.y", obj=customer, customer_id=customer.pk)
    browser = signed_in(supervisor)
    page = text_of(browser.get(URL))
    for link in (
        "/audit-trail/?person=3001&amp;since=2026-11-01&amp;until=2026-11-30",
        "/audit-trail/?customer=VIP0001&amp;group=numbers",
    ):
        assert link in page
        rows = browser.get(link.replace("&amp;", "&")).context["trail"].page.rows
        assert {row.verb for row in rows} == {"phone.revealed"}
        assert len(rows) == 2


def test_more_people_than_fit_are_summed_up(
    signed_in: Browser,
    supervisor: StaffUser,
    company: Company,
    customer: Customer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "MOST_PEOPLE", 2)
    monkeypatch.setattr(service, "MOST_SEEN", 2)
    for _number in range(5):
        see(StaffUserFactory(role=Role.SUPERVISOR, unit=company.district), customer)
    response = signed_in(supervisor).get(URL)
    report = response.context["report"]
    assert (len(report.rows), report.others, report.total.numbers) == (2, 3, 5)
    assert (len(report.seen), report.more_seen) == (2, True)
    assert "and 3 people more" in text_of(response)


def test_it_takes_as_many_statements_for_many_people_as_for_few(
    signed_in: Browser,
    supervisor: StaffUser,
    manager: StaffUser,
    company: Company,
    customer: Customer,
) -> None:
    see(supervisor, customer)
    browser = signed_in(supervisor)
    few = statements(browser, URL)
    for _number in range(20):
        person = StaffUserFactory(role=Role.SUPERVISOR, unit=company.district)
        see(person, CustomerFactory(manager=manager))
    assert statements(browser, URL) == few <= 12
    assert AuditEntry.objects.filter(at__lt=NOW + timedelta(days=1)).count() >= 21
