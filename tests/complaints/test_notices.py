"""The minute job: who is told, once each; side by side and killed in the middle."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from complaints.models import Complaint, ComplaintNotice
from complaints.rules.states import Move
from complaints.services import notices
from complaints.services.notices import tell_due
from core import audit
from core.bulk import insert_rows
from customers.models import Customer
from staff.models import StaffUser
from staff.services import arrange_cover
from tests.complaints.reports import answers, complains, designate, goes, stands_at
from tests.conftest import Company
from tests.factories import CustomerFactory
from tests.pages import NOW, TODAY

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def complaint(
    manager: StaffUser,
    company: Company,
    handler: StaffUser,
    supervisor: StaffUser,
    city_supervisor: StaffUser,
    frozen: Any,
) -> Complaint:
    designate(handler, company.district)
    return complains(manager, CustomerFactory(manager=manager))


def told() -> list[tuple[str, str, str | None, datetime]]:
    rows = ComplaintNotice.objects.exclude(level="assigned").order_by("pk")
    return [(n.of_clock, n.level, n.person.name if n.person else None, n.at) for n in rows]


def test_the_handler_then_the_supervisor_then_the_unit_above_are_told_once_each(
    complaint: Complaint, handler: StaffUser, supervisor: StaffUser, city_supervisor: StaffUser
) -> None:
    assert tell_due(now=NOW + 89 * MINUTE) == 0
    moments = [NOW + 90 * MINUTE, NOW + 2 * HOUR, NOW + 3 * HOUR]
    for moment in moments:
        assert tell_due(now=moment) == 1
        assert tell_due(now=moment) == 0
        assert tell_due(now=moment + MINUTE) == 0
    assert told() == [
        ("response", "warned", handler.name, moments[0]),
        ("response", "escalated", supervisor.name, moments[1]),
        ("response", "above", city_supervisor.name, moments[2]),
    ]
    complaint.refresh_from_db()
    assert complaint.next_notice_at == NOW + 27 * HOUR


def test_what_is_answered_paused_or_resolved_is_not_told(
    complaint: Complaint, handler: StaffUser, frozen: Any
) -> None:
    answers(handler, complaint)
    stands_at(handler, complaint, "waiting")
    # What is left is the law: 75 % of fifteen days and some hours.
    assert tell_due(now=NOW + timedelta(days=11)) == 0
    frozen.shift(timedelta(days=11))
    complaint = goes(handler, complaint, Move.RESUME)
    assert tell_due(now=NOW + timedelta(days=11, hours=20)) == 1
    assert tell_due(now=NOW + timedelta(days=11, hours=27)) == 1
    assert [row[:2] for row in told()] == [("statutory", "warned"), ("resolution", "warned")]
    complaint = goes(handler, complaint, Move.RESOLVE)
    assert complaint.next_notice_at is None
    assert tell_due(now=NOW + timedelta(days=90)) == 0


def test_a_reopened_complaint_is_told_anew_in_its_round(
    complaint: Complaint, handler: StaffUser, frozen: Any
) -> None:
    answers(handler, complaint)
    complaint = stands_at(handler, complaint, "in_work")
    frozen.shift(36 * HOUR)
    tell_due()
    complaint = goes(handler, complaint, Move.RESOLVE, Move.REOPEN)
    assert complaint.next_notice_at == NOW + 39 * HOUR
    frozen.shift(3 * HOUR)
    assert tell_due() == 1
    rounds = ComplaintNotice.objects.filter(level="warned").values_list("round", flat=True)
    assert list(rounds) == [0, 1]


def test_the_same_person_is_told_again_only_after_the_cool_down(
    complaint: Complaint, handler: StaffUser, supervisor: StaffUser, city_supervisor: StaffUser
) -> None:
    late = NOW + 60 * HOUR
    # All levels of both clocks are due: each person once now, the rest half an hour later.
    assert tell_due(now=late) == 3
    assert tell_due(now=late + 29 * MINUTE) == 0
    assert tell_due(now=late + 30 * MINUTE) == 3
    assert len({row[:3] for row in told()}) == len(told()) == 6
    assert tell_due(now=late + HOUR) == 0


def test_a_deputy_is_warned_for_who_is_away_and_nobody_is_noted_too(
    complaint: Complaint, handler: StaffUser, supervisor: StaffUser, company: Company
) -> None:
    arrange_cover(
        actor=supervisor, manager=handler, stand_in=supervisor, starts_on=TODAY, ends_on=TODAY
    )
    tell_due(now=NOW + 90 * MINUTE)
    assert told()[0][2] == supervisor.name
    StaffUser.objects.filter(role="supervisor").update(is_active=False)
    tell_due(now=NOW + 3 * HOUR)
    assert told()[-1][:3] == ("response", "above", None)


def test_the_job_costs_the_same_for_one_and_for_many_and_nothing_for_what_is_not_due(
    complaint: Complaint,
) -> None:
    with CaptureQueriesContext(connection) as idle:
        tell_due(now=NOW)
    with CaptureQueriesContext(connection) as one:
        assert tell_due(now=NOW + 90 * MINUTE) == 1
    copies(complaint, 20)
    with CaptureQueriesContext(connection) as many:
        assert tell_due(now=NOW + 90 * MINUTE) == 20
    assert len(many) == len(one)
    assert len(idle) <= 3


def copies(complaint: Complaint, count: int) -> None:
    """Insert ``count`` complaints that stand as ``complaint`` did at its registration."""
    names = [f.attname for f in Complaint._meta.concrete_fields if not f.primary_key]
    row = {name: getattr(complaint, name) for name in names}
    row["next_notice_at"] = NOW + 90 * MINUTE
    insert_rows(Complaint, names, [[row[name] for name in names] for _ in range(count)])


# --- On PostgreSQL ------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_tell_nothing_twice(complaint: Complaint, monkeypatch: Any) -> None:
    copies(complaint, 40)
    monkeypatch.setattr(notices, "BATCH", 5)
    together = threading.Barrier(2)
    counts: list[int] = []

    def work() -> None:
        together.wait()
        try:
            counts.append(tell_due(now=NOW + 4 * HOUR))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(counts) == 41 * 3
    assert ComplaintNotice.objects.exclude(level="assigned").count() == 41 * 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_killed_in_the_middle_and_started_again_it_tells_nothing_twice(
    complaint: Complaint, monkeypatch: Any
) -> None:
    copies(complaint, 20)
    monkeypatch.setattr(notices, "BATCH", 5)
    whole = audit.record_job
    done: list[int] = []

    def dies(**entry: Any) -> Any:
        if len(done) == 2:
            # As a killed process does: in the middle of a batch, notices written.
            connection.close()
            raise SystemExit
        done.append(1)
        return whole(**entry)

    monkeypatch.setattr(audit, "record_job", dies)
    with pytest.raises((SystemExit, Exception)):
        tell_due(now=NOW + 4 * HOUR)
    assert ComplaintNotice.objects.exclude(level="assigned").count() == 30
    monkeypatch.setattr(audit, "record_job", whole)
    assert tell_due(now=NOW + 4 * HOUR) == 11 * 3
    assert ComplaintNotice.objects.exclude(level="assigned").count() == 21 * 3
    assert tell_due(now=NOW + 4 * HOUR) == 0
    assert Customer.objects.count() == 1
