"""The nightly job and events on several workers at once: never two open warnings (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TypeVar

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import Count

from customers.models import Customer, WatchPeriod
from retention.models import ChurnEvent, ChurnWarning, RiskScore, RiskState, WarningReason
from retention.services import warnings
from retention.services.scoring import flag_churn_risk
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import NOW
from tests.retention.usage_of import LAST_MONTH, LEAVING, use, use_for_months

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

T = TypeVar("T")
WORKERS = 4


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def customers(manager: StaffUser) -> list[Customer]:
    """Twenty who are far above the line; their manager has room for fifteen."""
    made: list[Customer] = []
    for _ in range(20):
        customer = CustomerFactory(manager=manager, last_contact_on=date(2026, 11, 20))
        use_for_months(customer, **LEAVING)
        made.append(customer)
    return made


def at_once(*jobs: Callable[[], T]) -> list[T]:
    """Run the jobs in threads with connections of their own."""

    def run(job: Callable[[], T]) -> T:
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]


def customers_with_two_open() -> int:
    rows = ChurnWarning.objects.open().values("customer").annotate(n=Count("pk"))
    return rows.filter(n__gt=1).count()


def test_two_jobs_at_once_warn_once_and_no_more_than_there_is_room(
    customers: list[Customer],
) -> None:
    changes = at_once(*[flag_churn_risk] * WORKERS)
    assert sum(change.opened for change in changes) == 15
    assert ChurnWarning.objects.open().count() == 15
    assert customers_with_two_open() == 0
    assert RiskScore.objects.count() == 20
    assert WatchPeriod.objects.filter(ended_on=None).count() == 15


def test_events_and_the_nightly_job_at_once_open_one_warning_a_customer(
    customers: list[Customer],
) -> None:
    events = [
        ChurnEvent.objects.create(customer=customer, kind=kind, happened_at=NOW).pk
        for customer in customers
        for kind in ("port_out_started", "sim_returned")
    ]

    def judge() -> int:
        return warnings.judge_events(event_ids=events)

    def judge_backwards() -> int:
        return sum(warnings.judge_events(event_ids=[event]) for event in reversed(events))

    def night() -> int:
        return flag_churn_risk().opened

    done = at_once(judge, judge_backwards, night, night)
    assert done[0] + done[1] == len(events)
    assert ChurnWarning.objects.open().count() == 20
    assert customers_with_two_open() == 0
    assert WarningReason.objects.filter(event__isnull=False).count() == len(events)
    assert WatchPeriod.objects.filter(ended_on=None).count() == 20


def test_usage_that_comes_in_while_a_job_runs_is_not_lost(customers: list[Customer]) -> None:
    customer = customers[0]

    def take_in() -> None:
        for days in (16, 17, 18, 19, 20):
            with transaction.atomic():
                use(customer, LAST_MONTH, **{**LEAVING, "days_without_use": days})

    at_once(take_in, flag_churn_risk, flag_churn_risk)
    flag_churn_risk()
    state = RiskState.objects.select_related("current").get(customer=customer)
    assert not state.is_stale
    assert state.current is not None
    assert "20" in {value for _version, _points, value in state.current.reasons}


def test_closing_by_hand_while_the_job_runs_leaves_nobody_half_watched(
    customers: list[Customer],
) -> None:
    flag_churn_risk()
    RiskState.objects.update(is_stale=True)
    open_ = list(ChurnWarning.objects.open())

    def close_all() -> int:
        for warning in reversed(open_):
            warnings.close(actor=None, warning=warning, result=ChurnWarning.Result.FADED)
        return 0

    at_once(close_all, lambda: flag_churn_risk().opened, warnings.escalate_overdue)
    watched = set(Customer.objects.filter(watched_since__isnull=False).values_list("pk", flat=True))
    assert watched == set(ChurnWarning.objects.open().values_list("customer_id", flat=True))
    assert watched == set(
        WatchPeriod.objects.filter(ended_on=None).values_list("customer_id", flat=True)
    )
