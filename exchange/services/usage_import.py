"""Monthly usage from a file: received, read through for a preview, then taken in (article 17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.core.files import File
from django.db import transaction
from django.db.models import F

from core import bulk, clock, locks
from core.identity import identity
from customers.models import Customer
from customers.querysets import CustomerQuerySet
from exchange.models import UsageImport, UsageImportRow
from exchange.rules.reasons import Reason
from exchange.rules.spreadsheets import FileProblem
from exchange.rules.usage_rows import (
    Unreadable,
    UsageField,
    UsageLine,
    read_month,
    read_usage_row,
    recognise_usage,
)
from exchange.services import receiving
from exchange.services.files import Table
from exchange.services.receiving import Kind, Piece, pieces
from retention.models.usage import Source
from retention.services.usage import SnapshotRow, Taken, Usage, not_begun, take_snapshots
from staff.models import StaffUser

PIECE = 1000
"""Rows in one transaction."""

State = UsageImport.State

USAGE: Kind[UsageField, UsageImport] = Kind(
    model=UsageImport,
    fields=UsageField,
    headings=recognise_usage,
    verb="usage_file",
    page="usage_import",
    rows="rejected",
    argument="usage_import_id",
    read_task="exchange.tasks.preview_usage",
    preview_task="exchange.tasks.preview_usage",
    commit_task="exchange.tasks.commit_usage",
    needed={
        UsageField.NUMBER: FileProblem.NO_NUMBER_COLUMN,
        UsageField.MONTH: FileProblem.NO_MONTH_COLUMN,
    },
    for_all=(UsageField.MONTH,),
    counts={
        "new": "new_rows",
        "changed": "changed_rows",
        "unchanged": "unchanged_rows",
        "rejected": "rejected_rows",
    },
    preview=lambda pk: receiving.read_through(USAGE, pk, _read_through),
)
"""Files with monthly usage."""


def receive_usage(*, actor: StaffUser, file: File[bytes], name: str) -> UsageImport:
    """Keep an uploaded usage file; see ``receiving.receive``."""
    return receiving.receive(USAGE, actor=actor, file=file, name=name)


def prepare_usage(*, usage_import: UsageImport) -> None:
    """Read a received file: now if it is small, else in the background."""
    receiving.prepare(USAGE, usage_import)


def preview_usage(*, usage_import_id: int) -> None:
    """Understand the columns of a file, then read it through; see ``receiving.read``."""
    receiving.read(USAGE, usage_import_id)


def confirm_usage(*, actor: StaffUser, usage_import: UsageImport) -> bool:
    """Start taking in a file that was previewed; see ``receiving.confirm``."""
    return receiving.confirm(USAGE, actor=actor, one=usage_import)


def commit_usage(*, usage_import_id: int) -> None:
    """Take in the rows of a confirmed file to the end.

    Of two at once each row is taken in once, for a row that is there changes nothing.
    """
    receiving.commit(USAGE, usage_import_id, size=PIECE, take=_commit_piece)


def resume_stalled_usage() -> int:
    """Start again what a killed worker left; return how many. Safe twice and side by side."""
    return receiving.resume_stalled(USAGE)


def fail_usage(*, usage_import_id: int, problem: str) -> None:
    """Fail an import through a fault of ours. What was taken in stays. Safe to run twice."""
    receiving.fail(USAGE, usage_import_id, problem=problem)


def _read_through(usage_import: UsageImport, table: Table[UsageField]) -> None:
    for piece in pieces(table.rows, PIECE):
        _lines, rejected = _judged(usage_import, piece)
        _keep_rejected(usage_import, piece, rejected)
        usage_import.rows_total += len(piece)
        usage_import.rejected_rows += len(rejected)


def _judged(
    usage_import: UsageImport, piece: Piece
) -> tuple[list[tuple[UsageLine, int]], list[Unreadable]]:
    """Return the rows that can be taken, each with its customer's id, and the others."""
    places, units = USAGE.places(usage_import), USAGE.units(usage_import)
    month = _month_of_all(usage_import)
    last_month = clock.latest_today().replace(day=1)
    read = [
        read_usage_row(number, cells, places, last_month, units=units, month_of_all=month)
        for number, cells in piece
    ]
    lines = [row for row in read if isinstance(row, UsageLine)]
    rejected = [row for row in read if isinstance(row, Unreadable)]
    ids = _told_about(usage_import.uploaded_by).by_number(line.number for line in lines)
    found = [(line, ids.get(identity(line.number))) for line in lines]
    rejected += [
        Unreadable(
            line.row_number,
            [(UsageField.NUMBER.value, Reason.CANNOT_BE_TAKEN, line.number[:64])],
        )
        for line, pk in found
        if pk is None
    ]
    known = [(line, pk) for line, pk in found if pk is not None]
    to_come = not_begun((pk, line.month) for line, pk in known)
    rejected += [
        Unreadable(
            line.row_number,
            [(UsageField.MONTH.value, Reason.IN_THE_FUTURE, f"{line.month:%Y-%m}")],
        )
        for line, pk in known
        if (pk, line.month) in to_come
    ]
    return [(line, pk) for line, pk in known if (pk, line.month) not in to_come], rejected


def _month_of_all(usage_import: UsageImport) -> date | None:
    text = usage_import.for_all.get(UsageField.MONTH.value, "")
    return read_month(text) if text else None


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
def _commit_piece(usage_import_id: int, piece: Piece, done: int) -> None:
    locks.hold(f"exchange.usage-import.{usage_import_id}")
    usage_import = UsageImport.objects.select_for_update().get(pk=usage_import_id)
    if usage_import.state != State.COMMITTING or usage_import.rows_done > done:
        return
    lines, rejected = _judged(usage_import, piece)
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
