"""A roster's way in: received, read, mapped, then previewed; importing is roster_commit's."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core import audit, bulk, clock, outbox
from core.phones import mask_phone
from exchange.models import RosterImport, RosterImportRow
from exchange.rules.headings import Cell, RosterField
from exchange.rules.reasons import CellRejectedError, Reason, Rejection
from exchange.rules.rows import RosterRow, is_blank, read_row
from exchange.rules.spreadsheets import FileProblem
from exchange.rules.values import read_phone, read_text
from exchange.services.files import FileRejectedError, Table, open_roster
from exchange.services.roster_plan import (
    Importer,
    Outcome,
    RowPlan,
    alike_of,
    load_world,
    plan_rows,
    rejected,
)
from exchange.services.texts import reason_headings
from staff.models import StaffUser

PIECE = 1000
"""Rows in one transaction."""
AT_ONCE_BYTES = 1024 * 1024
"""Files up to this size are read while the person waits; larger ones in the background."""
SAMPLES = 3
"""Cells of a column that are shown where a person says what it means."""
REMEMBERED = 5
"""Imports that are asked what a heading meant last time."""

State = RosterImport.State
logger = logging.getLogger(__name__)


class RunOvertakenError(Exception):
    """Another worker has begun the same work anew; this one stops."""


@transaction.atomic
def receive_roster(*, actor: StaffUser | None, file: File[bytes], name: str) -> RosterImport:
    """Keep an uploaded roster. ``prepare`` reads it next.

    Raises ValidationError where the storage cannot take it. Not safe twice: each call is an
    import of its own.
    """
    roster_import = RosterImport(
        original_name=Path(name).name[:255], size=file.size, uploaded_by=actor
    )
    try:
        roster_import.file.save(name, file, save=False)
    except OSError as error:
        logger.exception("A roster could not be kept")
        raise ValidationError(
            _("The file could not be kept: the storage is full or away. Tell your administrator.")
        ) from error
    roster_import.save(force_insert=True)
    audit.record(
        actor=actor,
        verb="roster.uploaded",
        obj=roster_import,
        changes={"name": [None, roster_import.original_name], "size": [None, file.size]},
    )
    return roster_import


def prepare(*, roster_import: RosterImport) -> None:
    """Read and preview a received roster: now if it is small, else in the background."""
    if roster_import.size <= AT_ONCE_BYTES:
        read_roster(roster_import_id=roster_import.pk)
        return
    outbox.enqueue("exchange.tasks.read_roster", roster_import_id=roster_import.pk)


def read_roster(*, roster_import_id: int, ask_for_columns: bool = True) -> None:
    """Find the headings; where all are known (or nobody is to be asked), preview the rows.

    A file that cannot be read fails the import with a clear problem. Safe to run twice.
    """
    roster_import = RosterImport.objects.get(pk=roster_import_id)
    if roster_import.state == State.UPLOADED:
        try:
            with open_roster(Path(roster_import.file.path)) as table:
                _keep_headings(roster_import, table, ask_for_columns=ask_for_columns)
        except FileRejectedError as error:
            fail(roster_import_id=roster_import.pk, problem=error.kept)
            return
    if roster_import.state == State.PREVIEWING:
        preview_roster(roster_import_id=roster_import.pk)


def _keep_headings(
    roster_import: RosterImport, table: Table[RosterField], *, ask_for_columns: bool
) -> None:
    header = table.header
    samples = [cells for _, cells in islice(table.rows, SAMPLES)]
    not_ours = reason_headings()
    columns = [column for column in header.columns if column.heading not in not_ours]
    roster_import.sheet = table.sheet[:255]
    roster_import.header_row = header.row_number
    roster_import.columns = [
        {
            "index": column.index,
            "heading": column.heading[:200],
            "field": column.field.value if column.field else "",
            "samples": [_sample(cells, column.index) for cells in samples],
        }
        for column in columns
    ]
    knows_number = RosterField.NUMBER in header.mapping
    if not ask_for_columns and not header.known:
        raise FileRejectedError(FileProblem.NO_HEADINGS)
    if not ask_for_columns and not knows_number:
        raise FileRejectedError(FileProblem.NO_NUMBER_COLUMN)
    unknown = any(column.field is None for column in columns)
    ask = ask_for_columns and (unknown or not knows_number)
    roster_import.state = State.MAPPING if ask else State.PREVIEWING
    roster_import.progress_at = clock.now()
    roster_import.save(update_fields=["sheet", "header_row", "columns", "state", "progress_at"])


def _sample(cells: Sequence[Cell], index: int) -> str:
    """Return how a column's cell begins, a phone number masked."""
    text = read_text(cells[index]) if index < len(cells) else ""
    try:
        return mask_phone(read_phone(text))
    except CellRejectedError:
        return text[:40]


def remembered_fields(*, actor: StaffUser | None) -> dict[str, str]:
    """Return what the headings of the person's latest imports were said to mean."""
    latest = RosterImport.objects.filter(uploaded_by=actor).exclude(
        state__in=[State.UPLOADED, State.MAPPING]
    )
    meanings: dict[str, str] = {}
    for columns in latest.order_by("-pk").values_list("columns", flat=True)[:REMEMBERED]:
        for column in columns:
            meanings.setdefault(column["heading"], column["field"])
    return meanings


@transaction.atomic
def map_columns(
    *, actor: StaffUser | None, roster_import: RosterImport, fields: Mapping[int, str]
) -> RosterImport:
    """Give each column (by its place) a field, or an empty text for none; then preview anew.

    Raises ValidationError where a field is given twice, the customer number to none, or the
    import has gone further. Safe to run twice.
    """
    roster_import = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
    if roster_import.state not in {State.MAPPING, State.PREVIEWED}:
        raise ValidationError(_("The columns of this import can no longer be changed."))
    given = Counter(RosterField(name) for name in fields.values() if name)
    if max(given.values(), default=0) > 1:
        raise ValidationError(_("Two columns have the same meaning. Choose one of them."))
    if RosterField.NUMBER not in given:
        raise ValidationError(_("Say which column holds the customer number."))
    before = {column["heading"]: column["field"] for column in roster_import.columns}
    for column in roster_import.columns:
        column["field"] = fields.get(column["index"], "")
    roster_import.state = State.PREVIEWING
    roster_import.progress_at = clock.now()
    roster_import.save(update_fields=["columns", "state", "progress_at"])
    after = {column["heading"]: column["field"] for column in roster_import.columns}
    audit.record(
        actor=actor,
        verb="roster.mapped",
        obj=roster_import,
        changes=audit.difference(before, after),
    )
    if roster_import.size > AT_ONCE_BYTES:
        outbox.enqueue("exchange.tasks.preview_roster", roster_import_id=roster_import.pk)
    else:
        transaction.on_commit(lambda: preview_roster(roster_import_id=roster_import.pk))
    return roster_import


# --- Preview ----------------------------------------------------------------------------------


def preview_roster(*, roster_import_id: int) -> None:
    """Work out what every row would do, and keep it. Customers are not touched.

    In pieces, each its own transaction. Begun again it starts anew; of two at once the later
    one wins and the other stops. A file that cannot be read to its end fails the import.
    """
    roster_import, run = _begin_preview(roster_import_id)
    if roster_import is None:
        return
    fields = _fields_of(roster_import)
    importer = Importer.of(roster_import.uploaded_by)
    first_rows: dict[str, int] = {}
    try:
        with open_roster(Path(roster_import.file.path), roster_import.sheet) as table:
            for piece in _pieces(table.rows):
                plans = _plan_piece(piece, fields, importer, first_rows)
                _stage(roster_import_id, run, plans, Originals(dict(piece), fields))
        _end_preview(roster_import_id, run)
    except FileRejectedError as error:
        fail(roster_import_id=roster_import_id, problem=error.kept)
    except RunOvertakenError:
        return


@transaction.atomic
def _begin_preview(roster_import_id: int) -> tuple[RosterImport | None, int]:
    roster_import = RosterImport.objects.select_for_update().get(pk=roster_import_id)
    if roster_import.state != State.PREVIEWING:
        return None, 0
    RosterImportRow.objects.filter(roster_import=roster_import).delete()
    roster_import.run += 1
    for name in ("rows_total", "alike_rows", *_COUNT_OF_OUTCOME.values()):
        setattr(roster_import, name, 0)
    roster_import.progress_at = clock.now()
    roster_import.save()
    return roster_import, roster_import.run


def _plan_piece(
    piece: Sequence[tuple[int, list[Cell]]],
    fields: Mapping[RosterField, int],
    importer: Importer,
    first_rows: dict[str, int],
) -> list[RowPlan | tuple[int, list[Rejection]]]:
    """Return, in the file's order, a plan for each row, or why it cannot even be read."""
    today = clock.today()
    read = [(number, read_row(number, cells, fields, today)) for number, cells in piece]
    world = load_world([row for _, row in read if isinstance(row, RosterRow)])
    plans: list[RowPlan | tuple[int, list[Rejection]]] = []
    for row_number, row in read:
        if not isinstance(row, RosterRow):
            plans.append((row_number, row))
            continue
        (plan,) = plan_rows([row], world, importer)
        plans.append(_first_wins(plan, first_rows))
    return plans


def _first_wins(plan: RowPlan, first_rows: dict[str, int]) -> RowPlan:
    """The first valid row of a number counts; an invalid one does not reserve it."""
    if plan.outcome == Outcome.REJECTED:
        return plan
    first = first_rows.setdefault(plan.row.number, plan.row.row_number)
    if first == plan.row.row_number:
        return plan
    return rejected(plan.row, [Rejection(RosterField.NUMBER, Reason.REPEATED, str(first))])


_COUNT_OF_OUTCOME = {
    Outcome.NEW: "new_rows",
    Outcome.CHANGED: "changed_rows",
    Outcome.UNCHANGED: "unchanged_rows",
    Outcome.REJECTED: "rejected_rows",
}


@dataclass(frozen=True)
class Originals:
    """The cells of a piece as they stand in the file, by row number, and each field's place."""

    cells: Mapping[int, list[Cell]]
    fields: Mapping[RosterField, int]

    def text(self, row_number: int, field: RosterField) -> str:
        """Return the beginning of what a row holds for a field."""
        cells, index = self.cells[row_number], self.fields.get(field)
        return "" if index is None or index >= len(cells) else read_text(cells[index])[:64]


@transaction.atomic
def _stage(
    roster_import_id: int,
    run: int,
    plans: Sequence[RowPlan | tuple[int, list[Rejection]]],
    originals: Originals,
) -> None:
    held = _hold_run(roster_import_id, run)
    rows = [_row_of(roster_import_id, plan, originals) for plan in plans]
    taken = [
        (row, plan)
        for row, plan in zip(rows, plans, strict=True)
        if isinstance(plan, RowPlan) and plan.intake is not None
    ]
    found = alike_of([plan for _row, plan in taken], Importer.of(held.uploaded_by))
    for (row, _plan), alike in zip(taken, found, strict=True):
        row.alike = alike
    bulk.insert_new(rows)
    counts = Counter(_COUNT_OF_OUTCOME[Outcome(row.outcome)] for row in rows)
    RosterImport.objects.filter(pk=roster_import_id).update(
        rows_total=F("rows_total") + len(rows),
        alike_rows=F("alike_rows") + sum(1 for row in rows if row.alike),
        progress_at=clock.now(),
        **{name: F(name) + count for name, count in counts.items()},
    )


def _row_of(
    roster_import_id: int,
    plan: RowPlan | tuple[int, list[Rejection]],
    originals: Originals,
) -> RosterImportRow:
    if isinstance(plan, tuple):
        row_number, rejections = plan
        return RosterImportRow(
            roster_import_id=roster_import_id,
            row_number=row_number,
            outcome=Outcome.REJECTED,
            number=originals.text(row_number, RosterField.NUMBER),
            name=originals.text(row_number, RosterField.NAME),
            reasons=[rejection.as_json() for rejection in rejections],
            cells=originals.cells[row_number],
        )
    row = plan.row
    taken = plan.outcome != Outcome.REJECTED
    return RosterImportRow(
        roster_import_id=roster_import_id,
        row_number=row.row_number,
        outcome=plan.outcome,
        number=row.number,
        name=row[RosterField.NAME] or "",
        values=row.as_json() if taken else {},
        changes=dict(plan.shown),
        reasons=[rejection.as_json() for rejection in plan.rejections],
        cells=[] if taken else originals.cells[row.row_number],
    )


@transaction.atomic
def _end_preview(roster_import_id: int, run: int) -> None:
    roster_import = _hold_run(roster_import_id, run)
    if roster_import.rows_total == 0:
        raise FileRejectedError(FileProblem.NO_ROWS)
    roster_import.state, roster_import.progress_at = State.PREVIEWED, clock.now()
    roster_import.save(update_fields=["state", "progress_at"])


def _hold_run(roster_import_id: int, run: int) -> RosterImport:
    held = RosterImport.objects.select_for_update().get(pk=roster_import_id)
    if held.run != run or held.state != State.PREVIEWING:
        raise RunOvertakenError
    return held


# --- Shared -----------------------------------------------------------------------------------


@transaction.atomic
def fail(*, roster_import_id: int, problem: str) -> None:
    """Fail an import with a problem that the person can read. Safe to run twice.

    What was staged for a preview goes; what was imported stays, and the rest can go on.
    """
    roster_import = RosterImport.objects.select_for_update().get(pk=roster_import_id)
    if roster_import.state in {State.DONE, State.FAILED}:
        return
    if roster_import.state != State.COMMITTING:
        RosterImportRow.objects.filter(roster_import=roster_import).delete()
    before = roster_import.state
    roster_import.state, roster_import.problem = State.FAILED, problem
    roster_import.progress_at = clock.now()
    roster_import.save(update_fields=["state", "problem", "progress_at"])
    audit.record(
        actor=roster_import.uploaded_by,
        verb="roster.failed",
        obj=roster_import,
        changes={"state": [before, State.FAILED], "problem": ["", problem]},
    )


@transaction.atomic
def discard(*, roster_import: RosterImport) -> None:
    """Forget an import that was never confirmed, with its rows and its file. Safe to run twice."""
    held = RosterImport.objects.select_for_update().filter(pk=roster_import.pk).first()
    if held is None or held.state in {State.COMMITTING, State.DONE}:
        return
    storage, name = held.file.storage, str(held.file.name)
    audit.record(
        actor=held.uploaded_by,
        verb="roster.discarded",
        obj=held,
        changes={"name": [held.original_name, None]},
    )
    held.delete()
    transaction.on_commit(lambda: storage.delete(name))


def _fields_of(roster_import: RosterImport) -> dict[RosterField, int]:
    return {
        RosterField(column["field"]): column["index"]
        for column in roster_import.columns
        if column["field"]
    }


def _pieces(
    rows: Iterable[tuple[int, list[Cell]]],
) -> Iterator[list[tuple[int, list[Cell]]]]:
    """Return the rows that hold anything, a piece at a time."""
    filled = ((number, cells) for number, cells in rows if not is_blank(cells))
    while piece := list(islice(filled, PIECE)):
        yield piece
