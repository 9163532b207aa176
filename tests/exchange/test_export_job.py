"""Long exports in the background: written once, begun anew, cancelled, kept and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.models import AuditEntry, OutboxTask
from core.pagination import keyset_page
from customers.models import Customer
from exchange.models import Export
from exchange.services import exports
from exchange.tasks import remove_old_exports, resume_exports, write_export
from staff.models import Cover, StaffUser
from tests.exchange.exporting import allow, ask, bytes_of, rows_of
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import TODAY, get_part, text_of

SignIn = Callable[[StaffUser], Client]
ROWS = 25
PIECE = 10


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """Ten rows are much: every export goes to the background and takes three pieces."""
    monkeypatch.setattr(exports, "AT_ONCE_ROWS", 5)
    monkeypatch.setattr(exports, "PIECE", PIECE)
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def customers(manager: StaffUser, frozen: time_machine.Traveller) -> list[Customer]:
    return [CustomerFactory(manager=manager, phone=f"138{n:08d}") for n in range(ROWS)]


@pytest.fixture
def waiting(
    manager: StaffUser, customers: list[Customer], signed_in: SignIn
) -> tuple[Client, Export]:
    client = signed_in(allow(manager, numbers=True))
    ask(client, "sort=number&columns=name&columns=phone")
    return client, Export.objects.get()


def files(tmp_path: Path) -> list[str]:
    return sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())


def test_it_is_written_downloaded_by_who_asked_and_noted(
    waiting: tuple[Client, Export],
    colleague: StaffUser,
    supervisor: StaffUser,
    signed_in: SignIn,
    customers: list[Customer],
    tmp_path: Path,
) -> None:
    client, export = waiting
    assert OutboxTask.objects.get().kwargs == {"export_id": export.pk}
    progress = reverse("exchange:export_progress", args=[export.pk])
    assert 'hx-trigger="every 1s"' in text_of(client.get(progress))
    write_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.rows_done, export.rows_total) == ("done", ROWS, ROWS)
    assert files(tmp_path) == [f"exports/{export.pk}-1.csv"]
    download = reverse("exchange:export_download", args=[export.pk])
    assert download in text_of(get_part(client, progress))
    rows = rows_of(client.get(download))
    assert [row[1] for row in rows[1:]] == [customer.number for customer in customers]
    for other in (colleague, supervisor):
        others = signed_in(allow(other, numbers=True))
        assert others.get(download).status_code == others.get(progress).status_code == 404
    verbs = AuditEntry.objects.filter(object_type="exchange.export").values_list("verb", flat=True)
    assert list(verbs.order_by("pk")) == ["export.requested", "export.made", "export.downloaded"]
    assert AuditEntry.objects.filter(verb="phones.exported").count() == ROWS


def test_run_again_it_changes_nothing_more(waiting: tuple[Client, Export], tmp_path: Path) -> None:
    _client, export = waiting
    for _twice in range(2):
        write_export(export.pk)
    assert files(tmp_path) == [f"exports/{export.pk}-1.csv"]
    assert AuditEntry.objects.filter(verb="export.made").count() == 1
    assert AuditEntry.objects.filter(verb="phones.exported").count() == ROWS


class KilledError(BaseException):
    """The worker is gone, and no handler of ours runs any more."""


def killed_after_a_piece(monkeypatch: pytest.MonkeyPatch, export: Export, tmp_path: Path) -> None:
    """Leave behind what a worker leaves that dies among its rows."""
    asked = []

    def page(*args: Any, **kwargs: Any) -> Any:
        asked.append(kwargs)
        if len(asked) > 1:
            raise KilledError
        return keyset_page(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(exports, "keyset_page", page)
        patched.setattr("shutil.rmtree", lambda *_args, **_kwargs: None)
        with pytest.raises(KilledError):
            write_export(export.pk)
    assert any("exports-at-work" in name for name in files(tmp_path))


def test_what_a_killed_worker_left_is_begun_anew_and_does_not_double(
    waiting: tuple[Client, Export],
    frozen: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    client, export = waiting
    killed_after_a_piece(monkeypatch, export, tmp_path)
    export.refresh_from_db()
    assert (export.state, export.rows_done) == ("writing", PIECE)
    assert resume_exports() == 0
    frozen.shift(timedelta(minutes=6))
    assert resume_exports() == 1
    assert resume_exports() == 0
    assert OutboxTask.objects.count() == 2
    write_export(export.pk)
    assert files(tmp_path) == [f"exports/{export.pk}-2.csv"]
    assert len(rows_of(client.get(reverse("exchange:export_download", args=[export.pk])))) == 26
    assert AuditEntry.objects.filter(verb="phones.exported").count() == ROWS


def test_a_file_kept_by_a_worker_that_could_not_say_so_goes(
    waiting: tuple[Client, Export], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _client, export = waiting

    def die(**_kwargs: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr("core.audit.record", die)
        with pytest.raises(KilledError):
            write_export(export.pk)
    assert files(tmp_path) == [f"exports/{export.pk}-1.csv"]
    write_export(export.pk)
    assert files(tmp_path) == [f"exports/{export.pk}-2.csv"]


def test_of_two_workers_the_later_one_goes_on_and_the_other_stops(
    waiting: tuple[Client, Export], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client, export = waiting
    once: Iterator[int] = iter([1])

    def page(*args: Any, **kwargs: Any) -> Any:
        if next(once, None):
            # Another worker takes the same export and writes it to its end.
            write_export(export.pk)
        return keyset_page(*args, **kwargs)

    monkeypatch.setattr(exports, "keyset_page", page)
    write_export(export.pk)
    assert files(tmp_path) == [f"exports/{export.pk}-2.csv"]
    assert len(rows_of(client.get(reverse("exchange:export_download", args=[export.pk])))) == 26
    assert AuditEntry.objects.filter(verb="export.made").count() == 1


def test_a_customer_who_moves_in_the_order_meanwhile_is_written_once(
    manager: StaffUser,
    customers: list[Customer],
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = signed_in(allow(manager))
    ask(client, "columns=name")
    last_day = TODAY + timedelta(days=90)

    def page(*args: Any, **kwargs: Any) -> Any:
        found = keyset_page(*args, **kwargs)
        # Contacted while the file is written: due later, and met again.
        Customer.objects.filter(pk=found.rows[0].pk).update(contact_due_on=last_day)
        return found

    monkeypatch.setattr(exports, "keyset_page", page)
    export = Export.objects.get()
    write_export(export.pk)
    rows = rows_of(client.get(reverse("exchange:export_download", args=[export.pk])))
    assert sorted(row[1] for row in rows[1:]) == sorted(c.number for c in customers)


def test_cancelled_it_stops_at_the_next_piece_and_leaves_nothing(
    waiting: tuple[Client, Export], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client, export = waiting
    cancel = reverse("exchange:export_cancel", args=[export.pk])

    def page(*args: Any, **kwargs: Any) -> Any:
        for _twice in range(2):
            assert client.post(cancel).status_code == 302
        return keyset_page(*args, **kwargs)

    monkeypatch.setattr(exports, "keyset_page", page)
    write_export(export.pk)
    export.refresh_from_db()
    assert export.state == "cancelled"
    assert files(tmp_path) == []
    assert AuditEntry.objects.filter(verb="export.cancelled").count() == 1
    assert not AuditEntry.objects.filter(verb__in=["export.made", "phones.exported"]).exists()
    progress = reverse("exchange:export_progress", args=[export.pk])
    assert "was cancelled" in text_of(client.get(progress))


@pytest.mark.parametrize("lost", ["may_export", "may_export_numbers", "is_active"])
def test_who_may_no_longer_export_gets_nothing(
    waiting: tuple[Client, Export], manager: StaffUser, tmp_path: Path, lost: str
) -> None:
    client, export = waiting
    fields = {lost: False, **({"may_export_numbers": False} if lost == "may_export" else {})}
    StaffUser.objects.filter(pk=manager.pk).update(**fields)
    write_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.problem) == ("failed", "not_allowed")
    assert files(tmp_path) == []
    # The file with whole numbers is not for who may have masked ones only.
    download = reverse("exchange:export_download", args=[export.pk])
    assert client.get(download).status_code in (302, 404)


def test_a_manager_of_the_filter_who_is_out_of_sight_by_then_fails_it_in_words(
    manager: StaffUser, colleague: StaffUser, customers: list[Customer], signed_in: SignIn
) -> None:
    cover = CoverFactory(manager=manager, stand_in=colleague, starts_on=TODAY, ends_on=TODAY)
    client = signed_in(allow(colleague))
    ask(client, f"manager={manager.pk}")
    Cover.objects.filter(pk=cover.pk).update(cancelled_at=clock.now())
    export = Export.objects.get()
    write_export(export.pk)
    progress = client.get(reverse("exchange:export_progress", args=[export.pk]))
    assert "no longer yours to export" in text_of(progress)


def test_a_fault_of_ours_is_said_and_raised(
    waiting: tuple[Client, Export], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client, export = waiting

    def full(*_args: Any, **_kwargs: Any) -> Any:
        raise OSError("No space left on device")

    monkeypatch.setattr(exports, "open_file", full)
    with pytest.raises(OSError, match="No space"):
        write_export(export.pk)
    progress = client.get(reverse("exchange:export_progress", args=[export.pk]))
    assert "Something went wrong" in text_of(progress)
    assert files(tmp_path) == []


def test_files_are_kept_some_days_then_removed(
    waiting: tuple[Client, Export],
    frozen: time_machine.Traveller,
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    _client, export = waiting
    settings.EXPORT_KEEP_DAYS = 3
    write_export(export.pk)
    (tmp_path / "exports-at-work" / "999-1").mkdir()
    frozen.shift(timedelta(days=3))
    assert remove_old_exports() == 0
    frozen.shift(timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert remove_old_exports() == 1
    assert remove_old_exports() == 0
    assert files(tmp_path) == []
    assert not list((tmp_path / "exports-at-work").iterdir())
    export.refresh_from_db()
    assert export.state == "removed"
    assert AuditEntry.objects.filter(verb="export.removed", actor=None).count() == 1


def test_a_piece_costs_the_same_number_of_statements_anywhere(
    waiting: tuple[Client, Export], manager: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _client, export = waiting
    monkeypatch.setattr(exports, "PIECE", 5)

    def statements() -> int:
        Export.objects.filter(pk=export.pk).update(state="waiting", file="")
        with CaptureQueriesContext(connection) as captured:
            write_export(export.pk)
        return len(captured)

    five = statements()
    for number in range(10):
        CustomerFactory(manager=manager, phone=f"139{number:08d}")
    # Two more pieces: each reads its rows, says how far it is, and notes whose numbers they are.
    assert statements() - five <= 2 * 3


def test_a_workbook_is_kept_too(
    manager: StaffUser, customers: list[Customer], signed_in: SignIn, tmp_path: Path
) -> None:
    client = signed_in(allow(manager))
    ask(client, file_format="xlsx")
    export = Export.objects.get()
    write_export(export.pk)
    download = client.get(reverse("exchange:export_download", args=[export.pk]))
    assert bytes_of(download).startswith(b"PK")
    assert files(tmp_path) == [f"exports/{export.pk}-1.xlsx"]
    assert (tmp_path / "exports").stat().st_mode & 0o077 == 0
