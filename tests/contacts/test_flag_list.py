"""The open flags of overdue customers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from contacts.models import CadenceFlag
from contacts.services.flags import flag_overdue
from customers.models import Customer
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import TODAY, get_part, statements, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
URL = "/contacts/flags/"


def overdue(manager: StaffUser | None, **fields: Any) -> Customer:
    return CustomerFactory(manager=manager, vip_since=date(2026, 9, 1), **fields)


def names(browser: Client, **query: str | int) -> list[str]:
    return [flag.customer.name for flag in browser.get(URL, query).context["page"].rows]


def test_each_sees_the_flags_of_the_own_scope(
    signed_in: Browser,
    company: Company,
    manager: StaffUser,
    other_manager: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    head_office: StaffUser,
) -> None:
    overdue(manager, name="自己")
    overdue(other_manager, name="同城")
    overdue(outsider, name="外地")
    overdue(None, unit=company.district, name="公共")
    flag_overdue()
    for person, seen in (
        (manager, {"自己"}),
        (supervisor, {"自己", "公共"}),
        (city_supervisor, {"自己", "公共", "同城"}),
        (head_office, {"自己", "公共", "同城", "外地"}),
    ):
        assert set(names(signed_in(person))) == seen


def test_the_filters_narrow(
    signed_in: Browser,
    company: Company,
    manager: StaffUser,
    colleague: StaffUser,
    other_manager: StaffUser,
    city_supervisor: StaffUser,
) -> None:
    overdue(manager, name="老客户")
    overdue(other_manager, name="西城")
    overdue(None, unit=company.district, name="公共")
    flag_overdue(as_of=TODAY - timedelta(days=8))
    flag_overdue()
    overdue(colleague, name="新客户", is_key=True, key_since=date(2026, 2, 1))
    Customer.objects.filter(name="新客户").update(visit_due_on=date(2026, 11, 1))
    flag_overdue()
    browser = signed_in(city_supervisor)
    assert len(names(browser)) == 5
    assert names(browser, cadence="visit") == ["新客户"]
    assert set(names(browser, escalated="yes")) == {"老客户", "西城", "公共"}
    assert names(browser, escalated="no", cadence="contact") == ["新客户"]
    assert names(browser, unit=company.other_district.pk) == ["西城"]
    assert names(browser, manager=manager.pk) == ["老客户"]
    assert names(browser, pool="yes") == ["公共"]
    assert names(browser, manager=manager.pk, cadence="visit") == []


@pytest.mark.parametrize(
    "query", [{"cadence": "dinner"}, {"unit": "999999"}, {"manager": "x"}, {"escalated": "so"}]
)
def test_a_filter_that_is_not_understood_shows_nothing(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, query: dict[str, str]
) -> None:
    overdue(manager)
    flag_overdue()
    assert names(signed_in(supervisor), **query) == []


def test_another_units_flags_are_not_found_by_filter(
    signed_in: Browser, company: Company, supervisor: StaffUser, outsider: StaffUser
) -> None:
    overdue(outsider)
    flag_overdue()
    browser = signed_in(supervisor)
    assert names(browser, manager=outsider.pk) == []
    assert names(browser, unit=company.far_district.pk) == []
    assert outsider.name not in text_of(browser.get(URL, {"manager": outsider.pk}))


def test_pages_follow_each_other(signed_in: Browser, manager: StaffUser) -> None:
    for number in range(60):
        overdue(manager, name=f"客户{number:02d}")
    flag_overdue()
    browser = signed_in(manager)
    first = browser.get(URL).context["page"]
    second = browser.get(URL, {"cursor": first.next_cursor}).context["page"]
    assert (len(first.rows), len(second.rows)) == (50, 10)
    assert len({flag.pk for flag in [*first.rows, *second.rows]}) == 60


def test_only_who_may_log_is_offered_to(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser, head_office: StaffUser
) -> None:
    overdue(manager)
    flag_overdue()
    assert CadenceFlag.objects.open().count() == 1
    for person, offered in ((manager, True), (supervisor, True), (head_office, False)):
        assert ("/contacts/log/" in text_of(get_part(signed_in(person), URL))) is offered


def test_it_takes_the_same_statements_for_many(
    signed_in: Browser, manager: StaffUser, supervisor: StaffUser
) -> None:
    browser = signed_in(supervisor)
    overdue(manager)
    flag_overdue()
    one = statements(browser, URL)
    for _number in range(19):
        overdue(manager)
    flag_overdue()
    assert statements(browser, URL) == one
    assert one <= 10


def test_other_roles_find_nothing(
    signed_in: Browser, handler: StaffUser, administrator: StaffUser
) -> None:
    for person in (handler, administrator):
        assert signed_in(person).get(URL).status_code == 404
