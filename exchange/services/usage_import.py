"""Monthly usage from a file: received, read through for a preview, then taken in (article 17)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core import audit, bulk, clock, locks, outbox
from customers.models import Customer
from customers.querysets import CustomerQuerySet
from exchange.models import UsageImport, UsageImportRow
from exchange.rules.headings import Cell
from exchange.rules.reasons import Reason
from exchange.rules.rows import is_blank
from exchange.rules.spreadsheets import FileProblem
from exchange.rules.usage_rows import (
    Unreadable,
    UsageField,
    UsageLine,
    read_usage_row,
    recognise_usage,
)
from exchange.services.files import FileRejectedError, Table, open_table
from exchange.services.texts import reason_headings
from retention.models.usage import Source
from retention.services.usage import SnapshotRow, Taken, Usage, take_snapshots
from staff.models import StaffUser

PIECE = 1000
"""Rows in one transaction."""
AT_ONCE_BYTES = 1024 * 1024
"""Files up to this size are read while the person waits; larger ones in the background."""

State = UsageImport.State
logger = logging.getLogger(__name__)

Piece = list[tuple[int, list[Cell]]]


@transaction.atomic
def receive_usage(*, actor: StaffUser, file: File[bytes], name: str) -> UsageImport:
    """Keep an uploaded usage file; ``prepare_usage`` reads it next.

    Raises ValidationError where the storage cannot take it. Each call is an import of its own;
    what it brings twice changes nothing.
    """
    received = UsageImport(original_name=Path(name).name[:255], size=file.size, uploaded_by=actor)
    try:
        received.file.save(name, file, save=False)
    except OSError as error:
        logger.exception("A usage file could not be kept")
        raise ValidationError(
            _("The file could not be kept: the storage is full or away. Tell your administrator.")
        ) from error
    received.save(force_insert=True)
    audit.record(
        actor=actor,
        verb="usage_file.uploaded",
        obj=received,
        changes={"name": [None, received.original_name], "size": [None, file.size]},
    )
    return received


def prepare_usage(*, usage_import: UsageImport) -> None:
    """Read a received file through: now if it is small, else in the background."""
    if usage_import.size <= AT_ONCE_BYTES:
        preview_usage(usage_import_id=usage_import.pk)
        return
    outbox.enqueue("exchange.tasks.preview_usage", usage_import_id=usage_import.pk)


@transaction.atomic
def preview_usage(*, usage_import_id: int) -> None:
    """Read the file through; note how many rows it has and which cannot be taken, and why.

    A file that cannot be read fails the import with a clear problem. Safe to run twice and side
    by side: the row is locked, and who comes second finds nothing to do.
    """
    usage_import = UsageImport.objects.select_for_update().get(pk=usage_import_id)
    if usage_import.state != State.UPLOADED:
        return
    usage_import.progress_at = clock.now()
    try:
        with open_table(Path(usage_import.file.path), recognise_usage) as table:
            _read_through(usage_import, table)
    except FileRejectedError as error:
        UsageImportRow.objects.filter(usage_import=usage_import).delete()
        usage_import.state, usage_import.problem = State.FAILED, error.kept
        usage_import.save(update_fields=["state", "problem", "progress_at"])
        return
    usage_import.state = State.PREVIEWED
    usage_import.save(
        update_fields=["state", "columns", "rows_total", "rejected_rows", "progress_at"]
    )


@transaction.atomic
def confirm_usage(*, actor: StaffUser, usage_import: UsageImport) -> bool:
    """Start taking in a file that was read, or go on with one that was interrupted.

    Returns whether this call started it: a double click starts one import. Raises
    ValidationError where there is nothing to import.
    """
    held = UsageImport.objects.select_for_update().get(pk=usage_import.pk)
    if held.state in {State.COMMITTING, State.DONE}:
        return False
    if held.state != State.PREVIEWED and not held.can_go_on:
        raise ValidationError(_("There is no preview to import. Choose the file again."))
    before = held.state
    held.state, held.problem, held.progress_at = State.COMMITTING, "", clock.now()
    held.save(update_fields=["state", "problem", "progress_at"])
    audit.record(
        actor=actor,
        verb="usage_file.confirmed",
        obj=held,
        changes={"state": [before, State.COMMITTING]},
    )
    outbox.enqueue("exchange.tasks.commit_usage", usage_import_id=held.pk)
    return True


def commit_usage(*, usage_import_id: int) -> None:
    """Take in the rows of a confirmed file to the end.

    Each piece is one transaction that notes how far it came. Stopped at any moment it goes on
    from there; of two at once each row is taken in once, for a row that is there changes nothing.
    """
    usage_import = UsageImport.objects.get(pk=usage_import_id)
    if usage_import.state != State.COMMITTING:
        return
    with open_table(Path(usage_import.file.path), recognise_usage) as table:
        places = table.header.mapping
        done = 0
        for piece in _pieces(table.rows):
            _commit_piece(usage_import_id, piece, places, done)
            done += len(piece)
    _finish(usage_import_id)


@transaction.atomic
def resume_stalled_usage() -> int:
    """Start again what a killed worker left; return how many. Safe twice and side by side."""
    stalled = list(UsageImport.objects.stalled().select_for_update(skip_locked=True))
    for usage_import in stalled:
        task = "preview_usage" if usage_import.state == State.UPLOADED else "commit_usage"
        outbox.enqueue(f"exchange.tasks.{task}", usage_import_id=usage_import.pk)
    UsageImport.objects.filter(pk__in=[row.pk for row in stalled]).update(progress_at=clock.now())
    return len(stalled)


@transaction.atomic
def fail_usage(*, usage_import_id: int, problem: str) -> None:
    """Fail an import through a fault of ours. What was taken in stays. Safe to run twice."""
    held = UsageImport.objects.select_for_update().get(pk=usage_import_id)
    if held.state in {State.DONE, State.FAILED}:
        return
    held.state, held.problem, held.progress_at = State.FAILED, problem, clock.now()
    held.save(update_fields=["state", "problem", "progress_at"])


def _read_through(usage_import: UsageImport, table: Table[UsageField]) -> None:
    places = table.header.mapping
    if not places:
        raise FileRejectedError(FileProblem.NO_HEADINGS)
    if UsageField.NUMBER not in places:
        raise FileRejectedError(FileProblem.NO_NUMBER_COLUMN)
    if UsageField.MONTH not in places:
        raise FileRejectedError(FileProblem.NO_MONTH_COLUMN)
    usage_import.columns = [
        {
            "index": column.index,
            "heading": column.heading[:200],
            "field": column.field.value if column.field else "",
        }
        for column in table.header.columns
        if column.heading not in reason_headings()
    ]
    for piece in _pieces(table.rows):
        _lines, rejected = _judged(usage_import.uploaded_by, piece, places)
        _keep_rejected(usage_import, piece, rejected)
        usage_import.rows_total += len(piece)
        usage_import.rejected_rows += len(rejected)
    if not usage_import.rows_total:
        raise FileRejectedError(FileProblem.NO_ROWS)


def _judged(
    actor: StaffUser, piece: Piece, places: dict[UsageField, int]
) -> tuple[list[tuple[UsageLine, int]], list[Unreadable]]:
    """Return the rows that can be taken, each with its customer's id, and the others."""
    last_month = clock.today().replace(day=1)
    read = [read_usage_row(number, cells, places, last_month) for number, cells in piece]
    lines = [row for row in read if isinstance(row, UsageLine)]
    rejected = [row for row in read if isinstance(row, Unreadable)]
    ids = dict(
        _told_about(actor)
        .filter(number__in={line.number for line in lines})
        .values_list("number", "pk")
    )
    taken = [(line, ids[line.number]) for line in lines if line.number in ids]
    rejected += [
        Unreadable(
            line.row_number,
            [(UsageField.NUMBER.value, Reason.CANNOT_BE_TAKEN, line.number[:64])],
        )
        for line in lines
        if line.number not in ids
    ]
    return taken, rejected


def _told_about(actor: StaffUser) -> CustomerQuerySet:
    """Whom the importer may tell of: administrators everybody, supervisors their units."""
    if actor.is_administrator:
        return Customer.objects.all()
    return Customer.objects.supervised_by(actor)


def _keep_rejected(usage_import: UsageImport, piece: Piece, rejected: Sequence[Unreadable]) -> None:
    cells = dict(piece)
    bulk.insert_new(
        [
            UsageImportRow(
                usage_import=usage_import,
                row_number=row.row_number,
                reasons=[[field, reason.value, text] for field, reason, text in row.reasons],
                cells=cells[row.row_number],
            )
            for row in rejected
        ]
    )


@transaction.atomic
def _commit_piece(
    usage_import_id: int, piece: Piece, places: dict[UsageField, int], done: int
) -> None:
    locks.hold(f"exchange.usage-import.{usage_import_id}")
    usage_import = UsageImport.objects.select_for_update().get(pk=usage_import_id)
    if usage_import.state != State.COMMITTING or usage_import.rows_done > done:
        return
    lines, rejected = _judged(usage_import.uploaded_by, piece, places)
    surprises = _not_yet_rejected(usage_import, rejected)
    _keep_rejected(usage_import, piece, surprises)
    counts = take_snapshots(
        actor=usage_import.uploaded_by,
        rows=[SnapshotRow(pk, line.month, Usage(**line.figures)) for line, pk in lines],
        source=Source.IMPORT,
    )
    kinds = list(counts.each)
    UsageImport.objects.filter(pk=usage_import_id).update(
        rows_done=F("rows_done") + len(piece),
        new_rows=F("new_rows") + kinds.count(Taken.NEW),
        changed_rows=F("changed_rows") + kinds.count(Taken.CHANGED),
        unchanged_rows=F("unchanged_rows") + kinds.count(Taken.SAME),
        rejected_rows=F("rejected_rows") + len(surprises),
        progress_at=clock.now(),
    )


def _not_yet_rejected(
    usage_import: UsageImport, rejected: Sequence[Unreadable]
) -> list[Unreadable]:
    """Return the rows that could be taken when the preview was made, and no longer can."""
    numbers = [row.row_number for row in rejected]
    known = UsageImportRow.objects.filter(usage_import=usage_import, row_number__in=numbers)
    there = set(known.values_list("row_number", flat=True))
    return [row for row in rejected if row.row_number not in there]


@transaction.atomic
def _finish(usage_import_id: int) -> None:
    usage_import = UsageImport.objects.select_for_update().get(pk=usage_import_id)
    if usage_import.state != State.COMMITTING:
        return
    usage_import.state, usage_import.finished_at = State.DONE, clock.now()
    usage_import.progress_at = usage_import.finished_at
    usage_import.save(update_fields=["state", "finished_at", "progress_at"])
    audit.record(
        actor=usage_import.uploaded_by,
        verb="usage_file.imported",
        obj=usage_import,
        changes={
            "new": [None, usage_import.new_rows],
            "changed": [None, usage_import.changed_rows],
            "unchanged": [None, usage_import.unchanged_rows],
            "rejected": [None, usage_import.rejected_rows],
        },
    )


def _pieces(rows: Iterable[tuple[int, list[Cell]]]) -> Iterator[Piece]:
    """Return the rows that hold anything, a piece at a time."""
    filled = ((number, cells) for number, cells in rows if not is_blank(cells))
    while piece := list(islice(filled, PIECE)):
        yield piece
