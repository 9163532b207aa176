"""Two workers with the same job, two openings of one inspection at once (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from staff.models import StaffUser
from tests.factories import CustomerFactory, StaffUserFactory
from tests.pages import NOW
from tests.retention.test_risk_side_by_side import at_once
from tests.workplans.inspections_of import inspect, records_for
from tests.workplans.records_of import a_record, save
from workplans.models import InspectedItem, Inspection, RecordSignal
from workplans.services.signals import find_signals

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def test_three_searches_at_once_find_each_sign_once(manager: StaffUser) -> None:
    people: list[StaffUser] = [manager]
    people += [StaffUserFactory(unit=manager.unit) for _ in range(5)]
    customers = [CustomerFactory(manager=manager) for _ in range(3)]
    at = NOW - timedelta(days=1)
    for person in people:
        save([a_record(person, one, at, summary="客户对套餐满意，没有问题。") for one in customers])
    changes = at_once(*[find_signals] * 3)
    assert sum(change.found for change in changes) == RecordSignal.objects.count() == 18
    assert sum(change.gone for change in changes) == 0


def test_of_two_openings_at_once_one_draws(
    manager: StaffUser, supervisor: StaffUser, city_supervisor: StaffUser
) -> None:
    records_for(manager)

    def opened_by(person: StaffUser) -> int:
        try:
            return inspect(person, manager).pk
        except ValidationError:
            return 0

    made = at_once(*[lambda who=who: opened_by(who) for who in (supervisor, city_supervisor)])
    assert sorted(made)[0] == 0
    assert Inspection.objects.count() == 1
    assert InspectedItem.objects.count() == 5
