"""The job on several workers at once, and while a log is handed in (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY
from tests.workplans.logs_of import a_submitted_log
from workplans.models import Lapse, WorkLog
from workplans.services.lapses import flag_lapses

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

BEFORE = datetime(2026, 11, 20, 2, tzinfo=UTC)
TUESDAY_NOON = datetime(2026, 11, 24, 4, 1, tzinfo=UTC)
WORKERS = 4


@pytest.fixture
def managers(manager: StaffUser, colleague: StaffUser) -> Iterator[list[StaffUser]]:
    """Two managers who handed nothing in, while the job has run since Friday."""
    people = [manager, colleague]
    for person in people:
        CustomerFactory(manager=person)
    StaffUser.objects.update(created_at=BEFORE - timedelta(days=60))
    with time_machine.travel(BEFORE, tick=False):
        flag_lapses()
    with time_machine.travel(TUESDAY_NOON, tick=True):
        yield people


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs in threads with connections of their own."""

    def run(job: Callable[[], Any]) -> Any:
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]


def test_jobs_at_once_flag_as_one(managers: list[StaffUser]) -> None:
    changes = at_once(*[flag_lapses] * WORKERS)
    assert sum(change.opened for change in changes) == 4
    assert Lapse.objects.open().count() == 4


def test_the_first_runs_at_once_begin_one_watch(manager: StaffUser) -> None:
    assert [change.opened for change in at_once(*[flag_lapses] * WORKERS)] == [0] * WORKERS


def test_a_log_handed_in_while_the_job_runs_is_not_left_missing(managers: list[StaffUser]) -> None:
    at_once(flag_lapses, *[lambda one=one: a_submitted_log(one, TODAY) for one in managers])
    flag_lapses()
    assert not Lapse.objects.open().logs().exists()
    assert WorkLog.objects.filter(is_late=True).count() == 2
