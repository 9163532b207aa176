"""An import can be stopped anywhere and started twice, and is done once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection

from contacts.models import ContactRecord
from contacts.services.imported import record_imported_contacts
from core.models import AuditEntry, OutboxTask
from customers.models import Customer
from customers.services.intake import take_in_customers
from exchange import tasks
from exchange.models import INTERRUPTED, RosterImport
from exchange.services import roster_commit, roster_import
from exchange.services.roster_commit import (
    commit_piece,
    commit_roster,
    confirm_import,
    resume_stalled_imports,
)
from exchange.services.roster_import import preview_roster
from staff.models import StaffUser, Unit
from tests.exchange.rosters import HEADINGS, ROSTER, receive, row_of, take_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
Write = Callable[..., Path]
State = RosterImport.State


@pytest.fixture
def confirmed(administrator: StaffUser, monkeypatch: pytest.MonkeyPatch) -> RosterImport:
    """An import of 1,191 rows in pieces of 300, confirmed and not begun."""
    monkeypatch.setattr(roster_commit, "PIECE", 300)
    received = receive(ROSTER, administrator)
    assert confirm_import(actor=administrator, roster_import=received)
    return received


def figures() -> tuple[int, int, int]:
    return (
        Customer.objects.count(),
        ContactRecord.objects.count(),
        AuditEntry.objects.filter(verb="customer.created").count(),
    )


def test_a_double_click_starts_one_import(confirmed: RosterImport) -> None:
    assert not confirm_import(actor=confirmed.uploaded_by, roster_import=confirmed)
    assert OutboxTask.objects.filter(task="exchange.tasks.commit_roster").count() == 1


def test_nothing_is_imported_before_it_is_confirmed(administrator: StaffUser) -> None:
    received = receive(ROSTER, administrator)
    commit_roster(roster_import_id=received.pk)
    assert figures() == (0, 0, 0)
    received.refresh_from_db()
    assert received.state == State.PREVIEWED


def test_a_file_that_failed_cannot_be_confirmed(administrator: StaffUser, tmp_path: Path) -> None:
    path = tmp_path / "bad.xlsx"
    path.write_bytes(b"%PDF")
    with pytest.raises(ValidationError):
        confirm_import(actor=administrator, roster_import=receive(path, administrator))


def test_progress_is_seen_between_the_pieces(confirmed: RosterImport) -> None:
    seen = []
    while commit_piece(roster_import_id=confirmed.pk):
        confirmed.refresh_from_db()
        seen.append((confirmed.rows_done, Customer.objects.count(), confirmed.percent_done))
    assert seen == [(300, 300, 25), (600, 600, 50), (900, 900, 75), (1191, 1191, 100)]
    confirmed.refresh_from_db()
    assert confirmed.state == State.DONE


def test_killed_within_a_piece_it_goes_on_without_loss_or_double(
    confirmed: RosterImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = record_imported_contacts
    pieces = 0

    def killed_in_the_second_piece(**kwargs: Any) -> Any:
        nonlocal pieces
        pieces += 1
        if pieces == 2:
            raise KeyboardInterrupt
        return whole(**kwargs)

    monkeypatch.setattr(roster_commit, "record_imported_contacts", killed_in_the_second_piece)
    with pytest.raises(KeyboardInterrupt):
        commit_roster(roster_import_id=confirmed.pk)
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.rows_done) == (State.COMMITTING, 300)
    assert Customer.objects.count() == 300
    commit_roster(roster_import_id=confirmed.pk)
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.rows_done) == (State.DONE, 1191)
    assert figures() == (1191, 1191 - 37, 1191)


def test_run_again_after_its_end_it_does_nothing(confirmed: RosterImport) -> None:
    commit_roster(roster_import_id=confirmed.pk)
    before = figures(), AuditEntry.objects.count()
    commit_roster(roster_import_id=confirmed.pk)
    assert (figures(), AuditEntry.objects.count()) == before


def test_the_flags_are_settled_after_the_import(confirmed: RosterImport) -> None:
    commit_roster(roster_import_id=confirmed.pk)
    assert OutboxTask.objects.filter(task="contacts.tasks.flag_overdue").count() == 1


def test_a_fault_is_shown_and_the_rest_can_go_on(
    confirmed: RosterImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = take_in_customers

    def fault(**kwargs: Any) -> Any:
        raise ZeroDivisionError

    assert commit_piece(roster_import_id=confirmed.pk)
    monkeypatch.setattr(roster_commit, "take_in_customers", fault)
    with pytest.raises(ZeroDivisionError):
        tasks.commit_roster(confirmed.pk)
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.problem) == (State.FAILED, INTERRUPTED)
    assert confirmed.can_go_on
    monkeypatch.setattr(roster_commit, "take_in_customers", whole)
    assert confirm_import(actor=confirmed.uploaded_by, roster_import=confirmed)
    tasks.commit_roster(confirmed.pk)
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.problem) == (State.DONE, "")
    assert figures() == (1191, 1191 - 37, 1191)


def test_a_database_that_goes_away_does_not_fail_the_import(
    confirmed: RosterImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**kwargs: Any) -> Any:
        raise OperationalError

    monkeypatch.setattr(roster_commit, "take_in_customers", away)
    with pytest.raises(OperationalError):
        tasks._or_fail(confirmed.pk, roster_commit.commit_roster, INTERRUPTED)
    confirmed.refresh_from_db()
    assert confirmed.state == State.COMMITTING


def test_what_a_killed_worker_left_is_started_again_once(
    confirmed: RosterImport, on_the_day: Any
) -> None:
    OutboxTask.objects.all().delete()
    assert resume_stalled_imports() == 0
    on_the_day.shift(301)
    assert resume_stalled_imports() == 1
    assert resume_stalled_imports() == 0
    task = OutboxTask.objects.get()
    assert (task.task, task.kwargs) == (
        "exchange.tasks.commit_roster",
        {"roster_import_id": confirmed.pk},
    )


def test_what_changed_between_preview_and_import_is_seen(
    administrator: StaffUser, workbook: Write
) -> None:
    path = workbook([HEADINGS, row_of("B1"), row_of("B2", 客户姓名="新名")])
    slow = receive(path, administrator)
    take_in(workbook([HEADINGS, row_of("B1"), row_of("B2")], "quick.xlsx"), administrator)
    assert (slow.new_rows, slow.unchanged_rows) == (2, 0)
    confirm_import(actor=administrator, roster_import=slow)
    commit_roster(roster_import_id=slow.pk)
    slow.refresh_from_db()
    assert slow.counts() == {"new": 0, "changed": 1, "unchanged": 1, "rejected": 0}
    assert slow.rows.get(row_number=3).changes == {"name": ["王小明", "新名"]}
    assert Customer.objects.get(number="B2").name == "新名"


def test_a_preview_begun_twice_is_one_preview(
    administrator: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_import, "PIECE", 500)
    received = receive(ROSTER, administrator)
    RosterImport.objects.filter(pk=received.pk).update(state=State.PREVIEWING)
    stage = roster_import._stage
    overtaken = False

    def overtake(*args: Any) -> None:
        nonlocal overtaken
        stage(*args)
        if not overtaken:
            overtaken = True
            preview_roster(roster_import_id=received.pk)

    monkeypatch.setattr(roster_import, "_stage", overtake)
    preview_roster(roster_import_id=received.pk)
    received.refresh_from_db()
    assert (received.state, received.rows_total) == (State.PREVIEWED, 1200)
    assert received.rows.count() == 1200


def test_a_piece_costs_the_same_number_of_statements_for_ten_times_the_rows(
    administrator: StaffUser, workbook: Write, django_assert_max_num_queries: Any
) -> None:
    def statements(count: int, start: int) -> int:
        rows = [
            row_of(
                f"B{start + n}",
                客户姓名=f"客户{start + n}",
                手机号码=f"1391234{start + n:04d}",
                最近沟通日期="2026-11-01",
            )
            for n in range(count)
        ]
        received = receive(workbook([HEADINGS, *rows], f"{start}.xlsx"), administrator)
        confirm_import(actor=administrator, roster_import=received)
        with django_assert_max_num_queries(1000) as captured:
            commit_piece(roster_import_id=received.pk)
        return len(captured)

    take_in(workbook([HEADINGS, row_of("A1")], "first.xlsx"), administrator)
    few, many = statements(2, 0), statements(20, 100)
    assert few == many


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_with_the_same_import_are_as_one(confirmed: RosterImport) -> None:
    together = Barrier(2)

    def work() -> None:
        together.wait()
        try:
            commit_roster(roster_import_id=confirmed.pk)
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.rows_done) == (State.DONE, 1191)
    assert figures() == (1191, 1191 - 37, 1191)
    assert Unit.objects.filter(full_name__startswith="滨江市分公司/").count() == 3
