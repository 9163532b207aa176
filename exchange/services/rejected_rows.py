"""Rejected rows as a spreadsheet: the original columns, and why in the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction

from core import audit
from core.workbooks import new_workbook
from exchange.models import (
    DepartureImport,
    DepartureImportRow,
    RosterImport,
    RosterImportRow,
    UsageImport,
    UsageImportRow,
)
from exchange.rules.cells import is_of_1904, returned_cell
from exchange.rules.reasons import Rejection
from exchange.rules.spreadsheets import neutralise
from exchange.services.texts import (
    REASON_HEADING,
    departure_reason_text,
    rejection_text,
    usage_reason_text,
)
from staff.models import StaffUser


@transaction.atomic
def write_rejected_rows(*, actor: StaffUser | None, roster_import: RosterImport, path: Path) -> int:
    """Write the rejected rows to ``path``, ready to correct and send again; return how many.

    Reasons are in the language in force. Nothing in it is a formula. Memory stays flat. Safe to
    run twice; each time is audited.
    """
    rows = RosterImportRow.objects.filter(roster_import=roster_import)
    rows = rows.with_outcome(RosterImportRow.Outcome.REJECTED).order_by("row_number")
    written = _write(
        path,
        roster_import.columns,
        (
            (row.cells, [rejection_text(Rejection.from_json(stored)) for stored in row.reasons])
            for row in rows.iterator(chunk_size=1000)
        ),
    )
    audit.record(
        actor=actor,
        verb="roster.rejected_rows_exported",
        obj=roster_import,
        changes={"rows": [None, written]},
    )
    return written


@transaction.atomic
def write_rejected_usage(*, actor: StaffUser, usage_import: UsageImport, path: Path) -> int:
    """Write the rejected rows of a usage file to ``path``, as ``write_rejected_rows`` does."""
    rows = UsageImportRow.objects.filter(usage_import=usage_import).order_by("row_number")
    written = _write(
        path,
        usage_import.columns,
        (
            (row.cells, [usage_reason_text(*stored) for stored in row.reasons])
            for row in rows.iterator(chunk_size=1000)
        ),
    )
    audit.record(
        actor=actor,
        verb="usage_file.rejected_rows_exported",
        obj=usage_import,
        changes={"rows": [None, written]},
    )
    return written


@transaction.atomic
def write_rejected_departures(
    *, actor: StaffUser, departure_import: DepartureImport, path: Path
) -> int:
    """Write the rejected rows of a file of departures, as ``write_rejected_rows`` does."""
    rows = DepartureImportRow.objects.filter(departure_import=departure_import)
    written = _write(
        path,
        departure_import.columns,
        (
            (row.cells, [departure_reason_text(*stored) for stored in row.reasons])
            for row in rows.order_by("row_number").iterator(chunk_size=1000)
        ),
    )
    audit.record(
        actor=actor,
        verb="departure_file.rejected_rows_exported",
        obj=departure_import,
        changes={"rows": [None, written]},
    )
    return written


def _write(
    path: Path,
    columns: Sequence[Mapping[str, Any]],
    rows: Iterable[tuple[Sequence[Any], Sequence[str]]],
) -> int:
    """Write rows of cells under their headings, the reasons last; return how many.

    Rows of a workbook that counts its days from 1904 become such a workbook: a bare number in a
    column of days stays the same day.
    """
    width = max((column["index"] for column in columns), default=0) + 1
    written = 0
    with new_workbook(path, constant_memory=True) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        for column in columns:
            sheet.write(0, column["index"], neutralise(column["heading"]), bold)
        sheet.write(0, width, str(REASON_HEADING), bold)
        for written, (cells, reasons) in enumerate(rows, start=1):
            for place, cell in enumerate(cells[:width]):
                if cell not in ("", None):
                    sheet.write(written, place, returned_cell(cell))
                    book.date_1904 |= is_of_1904(cell)
            sheet.write(written, width, neutralise(" ".join(reasons)))
    return written
