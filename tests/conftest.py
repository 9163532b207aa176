"""The cast: the units and people that every test can ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import time_machine
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.utils import translation

from staff.models import Role, StaffUser, Unit
from tests.factories import StaffUserFactory, UnitFactory
from tests.pages import NOW


@dataclass(frozen=True)
class Company:
    """A province with two cities; the first city has two districts, the second has one."""

    province: Unit
    city: Unit
    district: Unit
    other_district: Unit
    other_city: Unit
    far_district: Unit


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Requests do not close the connection that holds the test's rows, as Django's client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Throttles count in the cache; no test sees another's failures."""
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _default_language() -> Iterator[None]:
    """A request leaves its language behind in the thread; no test sees another's."""
    yield
    translation.deactivate()


@pytest.fixture
def company(db: None) -> Company:
    return make_company()


def make_company() -> Company:
    """Make the units that every test begins with."""
    province = UnitFactory(name="江海省")
    city = UnitFactory(name="滨江市", parent=province)
    other_city = UnitFactory(name="临山市", parent=province)
    return Company(
        province=province,
        city=city,
        district=UnitFactory(name="东城区", parent=city),
        other_district=UnitFactory(name="西城区", parent=city),
        other_city=other_city,
        far_district=UnitFactory(name="南湖区", parent=other_city),
    )


@pytest.fixture
def manager(company: Company) -> StaffUser:
    """A customer manager of the first district."""
    return StaffUserFactory(name="王经理", staff_number="2001", unit=company.district)


@pytest.fixture
def colleague(company: Company) -> StaffUser:
    """Another customer manager of the first district."""
    return StaffUserFactory(name="李经理", staff_number="2002", unit=company.district)


@pytest.fixture
def other_manager(company: Company) -> StaffUser:
    """A customer manager of the other district of the same city."""
    return StaffUserFactory(name="赵经理", staff_number="2003", unit=company.other_district)


@pytest.fixture
def outsider(company: Company) -> StaffUser:
    """A customer manager of another city."""
    return StaffUserFactory(name="外经理", staff_number="2004", unit=company.far_district)


@pytest.fixture
def supervisor(company: Company) -> StaffUser:
    """The supervisor of the first district."""
    return StaffUserFactory(
        name="陈主管", staff_number="3001", unit=company.district, role=Role.SUPERVISOR
    )


@pytest.fixture
def city_supervisor(company: Company) -> StaffUser:
    """The supervisor of the first city with both districts."""
    return StaffUserFactory(
        name="周主管", staff_number="3002", unit=company.city, role=Role.SUPERVISOR
    )


@pytest.fixture
def handler(company: Company) -> StaffUser:
    """The complaint handler of the first district."""
    return StaffUserFactory(
        name="吴专员", staff_number="4001", unit=company.district, role=Role.COMPLAINT_HANDLER
    )


@pytest.fixture
def head_office(company: Company) -> StaffUser:
    """An analyst of the head office."""
    return StaffUserFactory(name="郑分析", staff_number="5001", unit=None, role=Role.HEAD_OFFICE)


@pytest.fixture
def administrator(company: Company) -> StaffUser:
    """An administrator."""
    return StaffUserFactory(name="管理员", staff_number="6001", unit=None, role=Role.ADMINISTRATOR)


@pytest.fixture
def signed_in(db: None) -> Callable[[StaffUser], Client]:
    """Return a function that gives a browser in which a person is signed in."""

    def browser_of(user: StaffUser) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return browser_of


@pytest.fixture
def frozen() -> Iterator[time_machine.Traveller]:
    """Stop the clock at the moment of the page tests."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
