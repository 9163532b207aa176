"""The way of every file until its preview: kept, read, its columns understood, a sheet chosen.

What the kinds of file have in common. A ``Kind`` says what differs; its own module does what
comes of the rows.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock, outbox
from core.phones import mask_phone, mask_phones_in
from customers.models import Tier
from exchange.models import FileImport, FileState
from exchange.querysets import STALLED_AFTER
from exchange.rules.headings import Cell, F, Header, Headings, is_of_no_use
from exchange.rules.measures import USUAL, units_for
from exchange.rules.reasons import CellRejectedError
from exchange.rules.rows import is_blank
from exchange.rules.spreadsheets import FileProblem
from exchange.rules.usage_rows import read_month
from exchange.rules.values import read_phone, read_text
from exchange.services.files import FileRejectedError, Table, open_table
from exchange.services.roster_plan import Importer
from exchange.services.texts import problem_text, reason_headings
from staff.models import StaffUser

AT_ONCE_BYTES = 1024 * 1024
"""Files up to this size are read while the person waits; larger ones in the background."""
SAMPLES = 3
"""Cells of a column that are shown where a person says what it means."""
REMEMBERED = 20
"""Imports of one sender that are asked what a heading meant last time."""

I = TypeVar("I", bound=FileImport)  # noqa: E741 - an import
Piece = list[tuple[int, list[Cell]]]
logger = logging.getLogger(__name__)


class Step(StrEnum):
    """What a file goes through, as the audit trail says it after the kind's own word."""

    UPLOADED = "uploaded"
    MAPPED = "mapped"
    SHEET_CHOSEN = "sheet_chosen"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    IMPORTED = "imported"


@dataclass(frozen=True)
class Kind(Generic[F, I]):
    """One kind of file: its table, its headings, and what differs on its way.

    ``verb``: its word in the audit trail; ``page``: in the names of its pages; ``rows``: the
    related name of its staged or rejected rows. ``needed`` maps a field that must have a column
    to the problem of a file without it; ``for_all`` are the fields that one value can be given
    for. ``counts``: the fields with the numbers of rows, by their word in the trail; ``anew``:
    those that importing counts again. ``stages``: its rows are kept and shown one by one. The
    tasks take the key under ``argument``. ``preview``
    works out what the rows would do.
    """

    model: type[I]
    fields: type[F]
    headings: Headings[F]
    verb: str
    page: str
    rows: str
    argument: str
    read_task: str
    preview_task: str
    commit_task: str
    needed: Mapping[F, FileProblem]
    counts: Mapping[str, str]
    preview: Callable[[int], None]
    for_all: Sequence[F] = ()
    anew: Sequence[str] = ()
    stages: bool = False

    def places(self, one: FileImport) -> dict[F, int]:
        """Return the place of each field in the file's rows."""
        return {self.fields(c["field"]): c["index"] for c in one.columns if c["field"]}

    def units(self, one: FileImport) -> dict[F, str]:
        """Return in what the figures of each field are, where that was said."""
        known = (c for c in one.columns if c["field"] and c.get("unit"))
        return {self.fields(c["field"]): c["unit"] for c in known}

    def open(self, one: FileImport) -> Any:
        """Open the file at the sheet that is read."""
        return open_table(Path(one.file.path), self.headings, one.sheet)

    def enqueue(self, task: str, one: FileImport) -> None:
        """Ask for a task of this import."""
        outbox.enqueue(task, **{self.argument: one.pk})

    def note(
        self, step: Step, *, actor: StaffUser | None, one: FileImport, changes: dict[str, list[Any]]
    ) -> None:
        """Write a step into the audit trail."""
        audit.record(actor=actor, verb=f"{self.verb}.{step}", obj=one, changes=changes)


# --- Kept and read ----------------------------------------------------------------------------


@transaction.atomic
def receive(kind: Kind[F, I], *, actor: StaffUser | None, file: File[bytes], name: str) -> I:
    """Keep an uploaded file; ``prepare`` reads it next.

    Raises ValidationError where the storage cannot take it. Not safe twice: each call is an
    import of its own.
    """
    received = kind.model(original_name=Path(name).name[:255], size=file.size, uploaded_by=actor)
    try:
        received.file.save(name, file, save=False)
    except OSError as error:
        logger.exception("An uploaded file could not be kept")
        raise ValidationError(
            _("The file could not be kept: the storage is full or away. Tell your administrator.")
        ) from error
    received.save(force_insert=True)
    kind.note(
        Step.UPLOADED,
        actor=actor,
        one=received,
        changes={"name": [None, received.original_name], "size": [None, file.size]},
    )
    return received


def prepare(kind: Kind[F, I], one: I) -> None:
    """Read a received file: now if it is small, else in the background."""
    if one.size <= AT_ONCE_BYTES:
        read(kind, one.pk)
        return
    kind.enqueue(kind.read_task, one)


def read(
    kind: Kind[F, I],
    pk: int,
    *,
    ask_for_columns: bool = True,
    preview: Callable[[int], None] | None = None,
) -> None:
    """Find the headings; where all are understood (or nobody is to be asked), preview the rows.

    ``preview`` does so instead of the kind's own. A file that cannot be read fails the import
    with a clear problem. Safe to run twice.
    """
    one = kind.model._default_manager.get(pk=pk)
    if one.state == FileState.UPLOADED:
        try:
            with kind.open(one) as table:
                _keep_headings(kind, one, table, ask_for_columns=ask_for_columns)
        except FileRejectedError as error:
            fail(kind, pk, problem=error.kept)
            return
    if one.state == FileState.PREVIEWING:
        (preview or kind.preview)(pk)


def _keep_headings(kind: Kind[F, I], one: I, table: Table[F], *, ask_for_columns: bool) -> None:
    header = table.header
    samples = [cells for _number, cells in islice(table.rows, SAMPLES)]
    if not samples or all(is_blank(cells) for cells in samples):
        samples = []
    one.sheet, one.sheets = table.sheet[:255], [vars(sheet) for sheet in table.sheets]
    one.header_row, one.unit_note = header.row_number, header.note[:200]
    said = one.columns
    one.columns = _columns(kind, header, samples)
    _say_again(one, said)
    missing = _missing(kind, one)
    if not ask_for_columns:
        _leave_doubtful_out(kind, one)
        if not header.known:
            raise FileRejectedError(FileProblem.NO_HEADINGS)
        if missing:
            raise FileRejectedError(missing[0])
    ask = ask_for_columns and bool(missing or _is_unclear(kind, one))
    one.state = FileState.MAPPING if ask else FileState.PREVIEWING
    one.progress_at = clock.now()
    one.save(
        update_fields=[
            *("sheet", "sheets", "header_row", "unit_note", "columns", "state", "progress_at")
        ]
    )


def _columns(
    kind: Kind[F, I], header: Header[F], samples: Sequence[Sequence[Cell]]
) -> list[dict[str, Any]]:
    not_ours = reason_headings()
    return [
        {
            "index": column.index,
            "heading": column.heading[:200],
            "field": column.field.value if column.field else "",
            "unit": kind.headings.said(column.heading, column.field, header.note).unit
            if column.field
            else "",
            "samples": [_sample(cells, column.index) for cells in samples],
        }
        for column in header.columns
        if column.heading not in not_ours
    ]


def _say_again(one: FileImport, said: Sequence[Mapping[str, Any]]) -> None:
    """Let headings that nobody knows mean what they were said to on another sheet of the file."""
    taken = {column["field"] for column in one.columns}
    meanings = {column["heading"]: column for column in said if column.get("field")}
    for column in one.columns:
        meant = meanings.get(column["heading"])
        if meant is None or (not column["field"] and meant["field"] in taken):
            continue
        column["field"] = column["field"] or meant["field"]
        taken.add(column["field"])
        if column["field"] == meant["field"]:
            column["unit"] = column["unit"] or meant.get("unit", "")


def _missing(kind: Kind[F, I], one: I) -> list[FileProblem]:
    """Return the problems of needed fields that no column holds and nobody gave for all rows."""
    there = {*kind.places(one), *one.for_all}
    return [problem for field, problem in kind.needed.items() if field not in there]


def doubt_of(kind: Kind[F, I], one: FileImport, column: Mapping[str, Any]) -> str:
    """Return what a column's heading says of its unit that nobody understands, empty if nothing."""
    if not column["field"]:
        return ""
    field = kind.fields(column["field"])
    return kind.headings.said(column["heading"], field, one.unit_note).doubt


def _is_unclear(kind: Kind[F, I], one: I) -> bool:
    """Say whether a heading is not known, or its unit."""
    return any(
        doubt_of(kind, one, column) and not column["unit"]
        if column["field"]
        else not is_of_no_use(column["heading"])
        for column in one.columns
    )


def _leave_doubtful_out(kind: Kind[F, I], one: I) -> None:
    """Take no column whose unit is not known, where nobody can be asked."""
    for column in one.columns:
        if doubt_of(kind, one, column):
            column["field"] = ""


def _sample(cells: Sequence[Cell], index: int) -> str:
    """Return how a column's cell begins, phone numbers masked."""
    text = read_text(cells[index]) if index < len(cells) else ""
    try:
        return mask_phone(read_phone(text))
    except CellRejectedError:
        return mask_phones_in(text)[:40]


# --- Columns and sheets, said by a person -----------------------------------------------------


@dataclass(frozen=True)
class Remembered:
    """What a heading was last said to mean by the same sender: its field, and its unit."""

    field: str
    unit: str


def remembered(kind: Kind[F, I], actor: StaffUser | None) -> dict[str, Remembered]:
    """Return what the headings of the person's latest files of this kind were said to mean."""
    asked = kind.model._default_manager.filter(uploaded_by=actor).exclude(
        state__in=[FileState.UPLOADED, FileState.MAPPING]
    )
    meanings: dict[str, Remembered] = {}
    for columns in asked.order_by("-pk").values_list("columns", flat=True)[:REMEMBERED]:
        for column in columns:
            said = Remembered(column.get("field", ""), column.get("unit", ""))
            meanings.setdefault(column["heading"], said)
    return meanings


@transaction.atomic
def map_columns(
    kind: Kind[F, I],
    *,
    actor: StaffUser | None,
    one: I,
    fields: Mapping[int, str],
    units: Mapping[int, str] | None = None,
    for_all: Mapping[str, str] | None = None,
) -> I:
    """Give each column (by its place) a field, or an empty text for none; then preview anew.

    ``units``: what its figures are in, where the heading does not say it; ``for_all``: what rows
    say that say nothing of a field, as it would stand in a cell. Raises ValidationError where a
    field is given twice, a needed one to none, a unit is not clear or of something else, or the
    import has gone further. Safe to run twice.
    """
    one = kind.model._default_manager.select_for_update().get(pk=one.pk)
    if one.state not in {FileState.MAPPING, FileState.PREVIEWED}:
        raise ValidationError(_("The columns of this import can no longer be changed."))
    given = Counter(kind.fields(name) for name in fields.values() if name)
    if max(given.values(), default=0) > 1:
        raise ValidationError(_("Two columns have the same meaning. Choose one of them."))
    before = _meanings(one)
    if for_all is not None:
        one.for_all = {name: text for name, text in for_all.items() if text}
        _refuse_for_all(kind, one)
    for column in one.columns:
        column["field"] = fields.get(column["index"], "")
        column["unit"] = _unit_of(kind, one, column, (units or {}).get(column["index"], ""))
    if missing := _missing(kind, one):
        raise ValidationError([problem_text(problem) for problem in missing])
    one.state, one.progress_at = FileState.PREVIEWING, clock.now()
    one.save(update_fields=["columns", "for_all", "state", "progress_at"])
    changes = audit.difference(before, _meanings(one))
    kind.note(Step.MAPPED, actor=actor, one=one, changes=changes)
    go_on(kind, one, kind.preview_task, kind.preview)
    return one


def _refuse_for_all(kind: Kind[F, I], one: I) -> None:
    """Raise ValidationError where what is said for all rows cannot be."""
    allowed = {field.value for field in kind.for_all}
    for name, text in one.for_all.items():
        if name not in allowed or not _fits(one, name, text):
            raise ValidationError(_("“%(text)s” cannot be given for all rows.") % {"text": text})


def _fits(one: FileImport, name: str, text: str) -> bool:
    if name == "unit":
        return text in Importer.of(one.sender).unit_names()
    if name == "tier":
        return text in Tier.values
    try:
        read_month(text)
    except CellRejectedError:
        return False
    return True


def _unit_of(kind: Kind[F, I], one: I, column: Mapping[str, Any], chosen: str) -> str:
    """Return what a column's figures are in; raise ValidationError where that is not clear."""
    if not column["field"]:
        return ""
    field = kind.fields(column["field"])
    measure = kind.headings.measure_of(field)
    said = kind.headings.said(column["heading"], field, one.unit_note)
    words = {"heading": column["heading"], "doubt": said.doubt}
    if chosen and measure in USUAL and chosen not in units_for(measure):
        raise ValidationError(
            _("The column “%(heading)s” cannot be in this unit. Choose another one.") % words
        )
    if chosen and measure in USUAL:
        return chosen
    if said.doubt and measure in USUAL:
        raise ValidationError(
            _("In which unit is the column “%(heading)s”? “%(doubt)s” is not known here.") % words
        )
    if said.doubt:
        raise ValidationError(
            _("The column “%(heading)s” cannot be a date: it is in “%(doubt)s”.") % words
        )
    return said.unit


def _meanings(one: FileImport) -> dict[str, Any]:
    columns = {
        column["heading"]: " ".join(filter(None, map(column.get, ("field", "unit"))))
        for column in one.columns
    }
    return columns | {f"* {name}": text for name, text in one.for_all.items()}


@transaction.atomic
def choose_sheet(kind: Kind[F, I], *, actor: StaffUser | None, one: I, sheet: str) -> I:
    """Read another sheet of the same file instead; its columns are looked at anew.

    Raises ValidationError where the file has no such sheet, or the import has gone further.
    Safe to run twice.
    """
    one = kind.model._default_manager.select_for_update().get(pk=one.pk)
    if one.state not in {FileState.MAPPING, FileState.PREVIEWED}:
        raise ValidationError(_("The sheet of this import can no longer be changed."))
    if sheet not in {known["name"] for known in one.sheets}:
        raise ValidationError(problem_text(FileProblem.NO_SUCH_SHEET))
    before, one.sheet = one.sheet, sheet
    one.state, one.progress_at = FileState.UPLOADED, clock.now()
    one.save(update_fields=["sheet", "state", "progress_at"])
    getattr(one, kind.rows).all().delete()
    kind.note(Step.SHEET_CHOSEN, actor=actor, one=one, changes={"sheet": [before, sheet]})
    go_on(kind, one, kind.read_task, lambda pk: read(kind, pk))
    return one


def go_on(kind: Kind[F, I], one: I, task: str, work: Callable[[int], None]) -> None:
    """Do the next work: with the end of the transaction if the file is small, else by a task."""
    if one.size > AT_ONCE_BYTES:
        kind.enqueue(task, one)
    else:
        transaction.on_commit(lambda: work(one.pk))


# --- Previewed and taken in, where nothing is staged ------------------------------------------


@transaction.atomic
def read_through(kind: Kind[F, I], pk: int, look: Callable[[I, Table[F]], None]) -> None:
    """Read a file through with ``look``, which counts its rows and keeps the rejected ones.

    A file that cannot be read to its end fails the import. Safe to run twice and side by side:
    the row is locked, and who comes second finds nothing to do.
    """
    one = kind.model._default_manager.select_for_update().get(pk=pk)
    if one.state != FileState.PREVIEWING:
        return
    getattr(one, kind.rows).all().delete()
    for name in ("rows_total", *kind.counts.values()):
        setattr(one, name, 0)
    one.progress_at = clock.now()
    try:
        with kind.open(one) as table:
            look(one, table)
    except FileRejectedError as error:
        fail(kind, pk, problem=error.kept)
        return
    if not one.rows_total:
        fail(kind, pk, problem=FileProblem.NO_ROWS)
        return
    one.state = FileState.PREVIEWED
    one.save()


@transaction.atomic
def confirm(kind: Kind[F, I], *, actor: StaffUser | None, one: I) -> bool:
    """Start importing a previewed file, or go on with one that was interrupted.

    Returns whether this call started it: a double click starts one import. Raises
    ValidationError where there is nothing to import.
    """
    one = kind.model._default_manager.select_for_update().get(pk=one.pk)
    if one.state in {FileState.COMMITTING, FileState.DONE}:
        return False
    if one.state != FileState.PREVIEWED and not one.can_go_on:
        raise ValidationError(_("There is no preview to import. Choose the file again."))
    before = one.state
    if not one.rows_done:
        for name in kind.anew:
            setattr(one, name, 0)
    one.state, one.problem, one.progress_at = FileState.COMMITTING, "", clock.now()
    one.save(update_fields=["state", "problem", "progress_at", *kind.anew])
    kind.note(
        Step.CONFIRMED, actor=actor, one=one, changes={"state": [before, FileState.COMMITTING]}
    )
    kind.enqueue(kind.commit_task, one)
    return True


def commit(
    kind: Kind[F, I], pk: int, *, size: int, take: Callable[[int, Piece, int], None]
) -> None:
    """Take in the rows of a confirmed file to the end, so many at a time.

    ``take`` gets the key, a piece, and how many rows came before it; it is one transaction that
    notes how far it came. Stopped at any moment the work goes on from there.
    """
    one = kind.model._default_manager.get(pk=pk)
    if one.state != FileState.COMMITTING:
        return
    with kind.open(one) as table:
        done = 0
        for piece in pieces(table.rows, size):
            take(pk, piece, done)
            done += len(piece)
    _finish(kind, pk)


@transaction.atomic
def _finish(kind: Kind[F, I], pk: int) -> None:
    one = kind.model._default_manager.select_for_update().get(pk=pk)
    if one.state != FileState.COMMITTING:
        return
    one.state, one.finished_at = FileState.DONE, clock.now()
    one.progress_at = one.finished_at
    one.save(update_fields=["state", "finished_at", "progress_at"])
    changes = {word: [None, getattr(one, name)] for word, name in kind.counts.items()}
    kind.note(Step.IMPORTED, actor=one.sender, one=one, changes=changes)


@transaction.atomic
def resume_stalled(kind: Kind[F, I]) -> int:
    """Start again what a killed worker left; return how many. Safe twice and side by side."""
    tasks = {
        FileState.UPLOADED: kind.read_task,
        FileState.PREVIEWING: kind.preview_task,
        FileState.COMMITTING: kind.commit_task,
    }
    rows = kind.model._default_manager.filter(state__in=list(tasks))
    late = rows.filter(progress_at__lt=clock.now() - STALLED_AFTER)
    stalled = list(late.select_for_update(skip_locked=True))
    for one in stalled:
        kind.enqueue(tasks[FileState(one.state)], one)
    rows.filter(pk__in=[one.pk for one in stalled]).update(progress_at=clock.now())
    return len(stalled)


@transaction.atomic
def fail(kind: Kind[F, I], pk: int, *, problem: str) -> None:
    """Fail an import with a problem that the person can read. Safe to run twice.

    What a preview kept goes; what was imported stays, and the rest can go on.
    """
    one = kind.model._default_manager.select_for_update().get(pk=pk)
    if one.state in {FileState.DONE, FileState.FAILED}:
        return
    if one.state != FileState.COMMITTING:
        getattr(one, kind.rows).all().delete()
    before = one.state
    one.state, one.problem, one.progress_at = FileState.FAILED, problem, clock.now()
    one.save(update_fields=["state", "problem", "progress_at"])
    kind.note(
        Step.FAILED,
        actor=one.sender,
        one=one,
        changes={"state": [before, FileState.FAILED], "problem": ["", problem]},
    )


def pieces(rows: Iterable[tuple[int, list[Cell]]], size: int) -> Iterator[Piece]:
    """Return the rows that hold anything, so many at a time."""
    filled = ((number, cells) for number, cells in rows if not is_blank(cells))
    while piece := list(islice(filled, size)):
        yield piece
