"""Exports of exactly what a list shows: asked for, written row by row, kept, removed."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import models, transaction
from django.http import Http404, QueryDict
from django.utils import formats, translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from contacts.filters import AskedContactFilter
from contacts.models import ContactRecord
from core import audit, clock, outbox
from core.columns import Cell
from core.pagination import keyset_page
from core.sealed import SealExpiredError
from customers.filters import AskedFilter
from customers.models import Customer
from customers.services.lookups import open_search
from exchange.models import Export, export_path
from exchange.rules.cells import CellValue, Seen, cell_value
from exchange.services.export_files import MOST_XLSX_ROWS, open_file
from staff.filters import AskedOnly
from staff.models import ListName, StaffUser

AT_ONCE_ROWS = 2000
"""Lists up to this size are written while the person waits; longer ones in the background."""
PIECE = 1000
"""Rows that are read at a time."""

BROKEN = "broken"
"""The problem of an export that failed through a fault of ours."""
NOT_ALLOWED = "not_allowed"
"""The problem of an export whose owner may no longer have it."""

State = Export.State
logger = logging.getLogger(__name__)


class RunOvertakenError(Exception):
    """Another worker has begun the same export anew, or it was cancelled; this one stops."""


# --- What a list holds ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Listing:
    """One list as one person sees it now, with what narrows it and the chosen columns."""

    narrowed: AskedOnly
    rows: models.QuerySet[Any]
    shown: list[str]

    @property
    def cells(self) -> list[Cell]:
        """The cells of a row."""
        return self.narrowed.columns.cells(self.shown)


def _customers(data: QueryDict, user: StaffUser) -> tuple[AskedOnly, models.QuerySet[Any]]:
    narrowed = AskedFilter(data, user)
    customers = narrowed.apply(Customer.objects.visible_to(user))
    return narrowed, customers.for_row().with_primary_phone()


def _contacts(data: QueryDict, user: StaffUser) -> tuple[AskedOnly, models.QuerySet[Any]]:
    narrowed = AskedContactFilter(data, user)
    records = narrowed.apply(ContactRecord.objects.visible_to(user))
    return narrowed, records.for_row()


LISTS: dict[str, Callable[[QueryDict, StaffUser], tuple[AskedOnly, models.QuerySet[Any]]]] = {
    ListName.CUSTOMERS: _customers,
    ListName.CONTACTS: _contacts,
}


def load_listing(*, user: StaffUser, list_name: str, query: str, columns: Sequence[str]) -> Listing:
    """Return a list as ``user`` sees it, exactly as its page shows it for the same address.

    Raises Http404 where the filter names a unit or a manager whom the person may not see.
    """
    narrowed, rows = LISTS[list_name](QueryDict(query), user)
    return Listing(narrowed, rows, narrowed.columns.chosen(columns))


# --- Asking --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What came of asking: the export and, where it was written at once, its open file."""

    export: Export
    stream: Any = None


def sealed_query(query: str) -> str:
    """Return the query string of a list as it may stand in an address: no phone number in it."""
    return AskedFilter.sealed(QueryDict(query)).urlencode()


def _note_searches(actor: StaffUser, query: str) -> None:
    for written in QueryDict(query).getlist("q"):
        try:
            open_search(actor=actor, written=written)
        except SealExpiredError as error:
            raise Http404 from error


def request_export(
    *, actor: StaffUser, list_name: str, file_format: str, query: str, columns: Sequence[str]
) -> Asked:
    """Export a list for ``actor``: at once if it is short, else in the background.

    Raises ValidationError where a workbook cannot hold so many rows and where the hour's searches
    by whole numbers are used up, Http404 as
    ``load_listing``. Asked again while the same export is being written it is that one; else
    each call is an export of its own with an audit entry of its own.
    """
    _note_searches(actor, query)
    listing = load_listing(user=actor, list_name=list_name, query=query, columns=columns)
    export = Export(
        requested_by=actor,
        list_name=list_name,
        file_format=file_format,
        query=listing.narrowed.kept,
        columns=listing.shown,
        language=get_language() or settings.LANGUAGE_CODE,
        has_numbers=actor.exports_numbers,
        rows_total=listing.rows.order_by().count(),
    )
    if file_format == Export.Format.XLSX and export.rows_total > MOST_XLSX_ROWS:
        raise ValidationError(
            _("A workbook holds at most %(most)s rows. Narrow the list, or choose CSV.")
            % {"most": formats.number_format(MOST_XLSX_ROWS, force_grouping=True)}
        )
    export.fingerprint = _fingerprint(export)
    if export.rows_total > AT_ONCE_ROWS:
        return Asked(_ask_a_worker(export))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"export.{file_format}"
        written = _write(export, listing, path, progress=lambda done: None)
        export.rows_total = export.rows_done = written.rows
        export.size = path.stat().st_size
        _note_made(export, listing, written, file=None)
        # The open file outlives its name.
        return Asked(export, path.open("rb"))


def _fingerprint(export: Export) -> str:
    parts = (
        *(export.list_name, export.file_format, export.query, *export.columns),
        *(export.language, str(export.has_numbers)),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@transaction.atomic
def _ask_a_worker(export: Export) -> Export:
    """Keep the export for a worker; the one that is at work already where there is one."""
    StaffUser.objects.select_for_update(of=("self",)).get(pk=export.requested_by_id)
    same = Export.objects.at_work().filter(
        requested_by=export.requested_by, fingerprint=export.fingerprint
    )
    if (there := same.first()) is not None:
        return there
    export.save(force_insert=True)
    audit.record(
        actor=export.requested_by,
        verb="export.requested",
        obj=export,
        changes={"list": [None, export.list_name], "rows": [None, export.rows_total]},
    )
    outbox.enqueue("exchange.tasks.write_export", export_id=export.pk)
    return export


@transaction.atomic
def cancel_export(*, actor: StaffUser, export: Export) -> None:
    """Cancel an export that is at work; its worker stops at the next piece. Safe to run twice."""
    held = Export.objects.select_for_update().get(pk=export.pk)
    if not held.is_at_work:
        return
    before, held.state, held.finished_at = held.state, State.CANCELLED, clock.now()
    held.save(update_fields=["state", "finished_at"])
    audit.record(
        actor=actor, verb="export.cancelled", obj=held, changes={"state": [before, held.state]}
    )


# --- Writing -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """What a file holds: how many rows, and whose they are where that has to be noted."""

    rows: int
    ids: Seen


def write_export(*, export_id: int) -> None:
    """Write an export that waits into its file. Safe to run twice and side by side.

    What a killed worker left is begun anew; of two workers the later one goes on and the other
    stops. Memory stays flat, and a piece of rows costs the same number of statements anywhere.
    """
    export = _begin(export_id)
    if export is None:
        return
    user = export.requested_by
    _forget_file_of_earlier_run(export)
    with _work_folder(export) as folder, translation.override(export.language):
        try:
            listing = load_listing(
                user=user,
                list_name=export.list_name,
                query=export.query,
                columns=export.columns,
            )
        except Http404:
            # A unit or a manager of the filter is no longer theirs to see.
            fail(export_id=export.pk, problem=NOT_ALLOWED)
            return
        _set_total(export, listing.rows.order_by().count())
        path = folder / f"export.{export.file_format}"
        try:
            written = _write(
                export, listing, path, progress=lambda done: _note_progress(export, done)
            )
            with path.open("rb") as stream:
                export.size = path.stat().st_size
                _note_made(export, listing, written, file=File(stream))
        except RunOvertakenError:
            logger.info("%s was begun anew or cancelled", export)


def _begin(export_id: int) -> Export | None:
    """Take the export; None where there is nothing to do or it is no longer allowed."""
    with transaction.atomic():
        found = Export.objects.select_for_update(of=("self",)).filter(pk=export_id)
        export = found.select_related("requested_by__unit").first()
        if export is None or not export.is_at_work:
            return None
        user = export.requested_by
        if user.exports and (user.exports_numbers or not export.has_numbers):
            export.state, export.run, export.rows_done = State.WRITING, export.run + 1, 0
            export.progress_at = clock.now()
            export.save(update_fields=["state", "run", "rows_done", "progress_at"])
            return export
    fail(export_id=export_id, problem=NOT_ALLOWED)
    return None


def _write(
    export: Export, listing: Listing, path: Path, *, progress: Callable[[int], None]
) -> Written:
    """Write the rows of ``listing`` to ``path``, none of them twice."""
    cells = listing.cells
    file = open_file(export.file_format, path, [str(cell.heading) for cell in cells])
    seen = Seen()
    written = 0
    try:
        for piece in _pieces(listing):
            # A row whose place in the order has moved meanwhile may come again.
            new = [row for row in piece if seen.add(row.pk)]
            for row in new:
                file.write(_values(row, cells, whole_numbers=export.has_numbers))
            written += len(new)
            progress(written)
        file.finish()
    except BaseException:
        file.drop()
        raise
    return Written(written, seen)


def _pieces(listing: Listing) -> Iterator[list[Any]]:
    """Yield the rows in the order of the list, a piece at a time, each by one statement."""
    cursor: str | None = None
    while True:
        page = keyset_page(listing.rows, order=listing.narrowed.order, cursor=cursor, size=PIECE)
        yield page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def _values(row: Any, cells: Sequence[Cell], *, whole_numbers: bool) -> list[CellValue]:
    return [cell_value(cell.value(row), cell.kind, whole_numbers=whole_numbers) for cell in cells]


def _set_total(export: Export, rows: int) -> None:
    Export.objects.filter(pk=export.pk, run=export.run).update(rows_total=rows)


def _note_progress(export: Export, rows: int) -> None:
    """Say how far this run is; stop it where it is no longer the one that counts."""
    ours = Export.objects.filter(pk=export.pk, run=export.run, state=State.WRITING)
    if not ours.update(rows_done=rows, progress_at=clock.now()):
        raise RunOvertakenError


@transaction.atomic
def _note_made(
    export: Export, listing: Listing, written: Written, *, file: File[bytes] | None
) -> None:
    """Finish an export with its audit entries; ``file`` is kept where there is one."""
    if export.pk:
        held = Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
        if held.run != export.run or held.state != State.WRITING:
            raise RunOvertakenError
    export.state, export.finished_at = State.DONE, clock.now()
    export.rows_total = export.rows_done = written.rows
    if file is not None:
        export.file.save(_file_name(export, export.run), file, save=False)
    export.save()
    audit.record(
        actor=export.requested_by,
        verb="export.made",
        obj=export,
        changes={
            "list": [None, export.list_name],
            "rows": [None, written.rows],
            "filter": [None, listing.narrowed.in_codes],
            "columns": [None, export.columns],
            "file_format": [None, export.file_format],
            "has_numbers": [None, export.has_numbers],
        },
    )
    if export.has_numbers and "phone" in export.columns:
        _note_numbers(export, written)


def _note_numbers(export: Export, written: Written) -> None:
    """Note of every customer of the file that the person has the whole number now."""
    piece: list[tuple[int, int, dict[str, Any]]] = []

    def note() -> None:
        audit.record_many(
            actor=export.requested_by, verb="phones.exported", model=Customer, rows=piece
        )
        piece.clear()

    for pk in written.ids:
        piece.append((pk, pk, {}))
        if len(piece) == PIECE:
            note()
    if piece:
        note()


@transaction.atomic
def fail(*, export_id: int, problem: str) -> None:
    """Fail an export with a problem that the person can read. Safe to run twice."""
    export = Export.objects.select_for_update(of=("self",)).get(pk=export_id)
    if not export.is_at_work:
        return
    before, export.state, export.problem = export.state, State.FAILED, problem
    export.finished_at = clock.now()
    export.save(update_fields=["state", "problem", "finished_at"])
    audit.record(
        actor=export.requested_by,
        verb="export.failed",
        obj=export,
        changes={"state": [before, State.FAILED], "problem": ["", problem]},
    )


# --- Keeping -------------------------------------------------------------------------------------


@transaction.atomic
def open_export(*, actor: StaffUser, export: Export) -> Any:
    """Open the file of a finished export for ``actor``; each time is audited.

    Raises FileNotFoundError where the file is no longer there.
    """
    stream = export.file.open("rb")
    audit.record(
        actor=actor,
        verb="export.downloaded",
        obj=export,
        changes={"list": [None, export.list_name], "rows": [None, export.rows_done]},
    )
    return stream


@transaction.atomic
def resume_stalled_exports() -> int:
    """Start again what a killed worker left; return how many. Safe twice and side by side."""
    stalled = list(Export.objects.stalled().select_for_update(skip_locked=True))
    for export in stalled:
        outbox.enqueue("exchange.tasks.write_export", export_id=export.pk)
    ids = [export.pk for export in stalled]
    Export.objects.filter(pk__in=ids).update(progress_at=clock.now())
    return len(stalled)


def remove_old_exports() -> int:
    """Remove the files that were kept long enough, and folders of workers that were killed.

    Return how many files. Safe to run twice and side by side.
    """
    end = clock.now() - timedelta(days=settings.EXPORT_KEEP_DAYS)
    ids = list(Export.objects.kept_since_before(end).values_list("pk", flat=True))
    removed = sum(_remove(pk) for pk in ids)
    _sweep_folders()
    return removed


@transaction.atomic
def _remove(export_id: int) -> bool:
    export = Export.objects.select_for_update(of=("self",)).get(pk=export_id)
    if not export.file:
        return False
    storage, name = export.file.storage, str(export.file.name)
    export.file, export.state = "", State.REMOVED
    export.save(update_fields=["file", "state"])
    audit.record(
        actor=None,
        verb="export.removed",
        obj=export,
        changes={"state": [State.DONE, State.REMOVED]},
    )
    transaction.on_commit(lambda: storage.delete(name))
    return True


def _work_root() -> Path:
    return Path(settings.MEDIA_ROOT) / "exports-at-work"


@contextmanager
def _work_folder(export: Export) -> Iterator[Path]:
    """A folder of this run, that goes with it; earlier runs' folders go too."""
    root = _work_root()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in root.glob(f"{export.pk}-*"):
        shutil.rmtree(old, ignore_errors=True)
    folder = root / f"{export.pk}-{export.run}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _file_name(export: Export, run: int) -> str:
    return f"{export.pk}-{run}.{export.file_format}"


def _forget_file_of_earlier_run(export: Export) -> None:
    """Remove the file that a worker kept and was killed before it could say so."""
    storage = Export._meta.get_field("file").storage
    storage.delete(export_path(export, _file_name(export, export.run - 1)))


def _sweep_folders() -> None:
    """Remove the folders whose export is no longer at work."""
    for folder in _work_root().glob("*-*"):
        number = folder.name.partition("-")[0]
        if number.isdigit() and not Export.objects.at_work().filter(pk=int(number)).exists():
            shutil.rmtree(folder, ignore_errors=True)
