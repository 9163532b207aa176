"""Two workers and two senders at once: nothing is told twice, nothing opens twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from contacts.models import CallEvent, MissedCall, MissedCallNotice
from contacts.services import missed_calls
from contacts.services.missed_calls import escalate_missed_calls
from core import clock
from staff.models import StaffUser
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import CustomerFactory

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

WORKERS = 4


def at_once(job: Callable[[], Any]) -> list[Any]:
    def run() -> Any:
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        return [one.result() for one in [pool.submit(run) for _ in range(WORKERS)]]


def test_jobs_at_once_and_one_killed_in_the_middle_escalate_each_call_once(
    manager: StaffUser, supervisor: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ago = clock.now() - timedelta(hours=1)
    numbers = [f"137000000{n:02}" for n in range(20)]
    for number in numbers:
        CustomerFactory(manager=manager, phone=number)
    tell(call_centre(), *(a_call(number, ago) for number in numbers))

    def killed(*_rows: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(missed_calls, "_notices", killed)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            escalate_missed_calls()
    assert MissedCall.objects.filter(escalated_at=None).count() == len(numbers)
    assert sum(at_once(escalate_missed_calls)) == len(numbers)
    notices = MissedCallNotice.objects.values_list("missed_call", "person")
    assert len(notices) == len(set(notices)) == len(numbers)


def test_the_same_calls_told_at_once_are_taken_once(manager: StaffUser) -> None:
    ago = clock.now() - timedelta(minutes=5)
    numbers = [f"137000000{n:02}" for n in range(5)]
    for number in numbers:
        CustomerFactory(manager=manager, phone=number)
    centre = call_centre()
    calls = [a_call(number, ago) for number in numbers for _twice in range(2)]
    at_once(lambda: tell(centre, *calls))
    assert CallEvent.objects.count() == len(calls)
    assert MissedCall.objects.open().count() == len(numbers)
    assert set(MissedCall.objects.values_list("calls", flat=True)) == {2}
