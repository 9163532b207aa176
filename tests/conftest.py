"""The cast: the units and people that every test can ask for."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from django.utils import translation
from pytest_django import DjangoDbBlocker
from xdist.scheduler import LoadScopeScheduling

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


# The tests make millions of short-lived objects beside some that stay: look for cycles less often.
gc.set_threshold(100_000, 20, 50)


def pytest_collection_finish() -> None:
    """What was loaded by now stays to the end: the search for cycles leaves it alone."""
    gc.collect()
    gc.freeze()


class OneByOne(LoadScopeScheduling):
    """Hands tests out one by one, but those of a module with rows made once to one process."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", maxsplit=1)[0]
        return path if has_rows_made_once(self.config.rootpath / path) else nodeid


@lru_cache
def has_rows_made_once(module: Path) -> bool:
    return "made_once" in module.read_text(encoding="utf-8")


# xdist's own `xdist_group` is without effect since pytest 9.2 (pytest-xdist issue 1386).
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneByOne:
    return OneByOne(config, log)


@pytest.fixture(scope="module")
def made_once(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Return a function that makes rows which all tests of a module find.

    For rows that cost seconds. What a test changes is taken back after it; the rows themselves
    after the module. Every test of the module finds them, so keep tests that want none elsewhere.
    """
    with django_db_blocker.unblock(), transaction.atomic():

        def make(rows: Callable[[], Any]) -> Any:
            with django_db_blocker.unblock():
                return rows()

        with django_db_blocker.block():
            yield make
        transaction.set_rollback(True)


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
