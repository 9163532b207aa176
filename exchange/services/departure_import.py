"""Departures from a file: received, read through for a preview, then recorded (articles 1, 19)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core import audit, bulk, clock, locks, outbox
from customers.models import Customer
from customers.services.intake import CustomerIntake, plan_intake, take_in_customers
from exchange.models import DepartureImport, DepartureImportRow
from exchange.rules.departure_rows import (
    NEEDED_BY_NEW,
    DepartureField,
    DepartureLine,
    Why,
    read_departure_row,
    recognise_departure,
)
from exchange.rules.headings import Cell
from exchange.rules.reasons import Reason
from exchange.rules.rows import is_blank
from exchange.rules.spreadsheets import FileProblem
from exchange.services.files import FileRejectedError, Table, open_table
from exchange.services.roster_plan import Importer
from exchange.services.texts import reason_headings
from retention.models import Departure, Source
from retention.services.departures import DepartureRow, report_departure_once
from staff.models import Role, StaffUser, Unit

PIECE = 200
"""Rows in one transaction."""
AT_ONCE_BYTES = 1024 * 1024
"""Files up to this size are read while the person waits; larger ones in the background."""

State = DepartureImport.State
logger = logging.getLogger(__name__)

Piece = list[tuple[int, list[Cell]]]


@dataclass(frozen=True)
class Judged:
    """The rows of a piece: what can be taken (``new``), is there already, or cannot be taken."""

    new: Sequence[tuple[DepartureLine, Customer | None]]
    known: int
    rejected: Mapping[int, Sequence[Why]]


@transaction.atomic
def receive_departures(*, actor: StaffUser, file: File[bytes], name: str) -> DepartureImport:
    """Keep an uploaded file of departures; ``prepare_departures`` reads it next.

    Raises ValidationError where the storage cannot take it. Each call is an import of its own;
    what it brings twice changes nothing.
    """
    received = DepartureImport(
        original_name=Path(name).name[:255], size=file.size, uploaded_by=actor
    )
    try:
        received.file.save(name, file, save=False)
    except OSError as error:
        logger.exception("A file of departures could not be kept")
        raise ValidationError(
            _("The file could not be kept: the storage is full or away. Tell your administrator.")
        ) from error
    received.save(force_insert=True)
    audit.record(
        actor=actor,
        verb="departure_file.uploaded",
        obj=received,
        changes={"name": [None, received.original_name], "size": [None, file.size]},
    )
    return received


def prepare_departures(*, departure_import: DepartureImport) -> None:
    """Read a received file through: now if it is small, else in the background."""
    if departure_import.size <= AT_ONCE_BYTES:
        preview_departures(departure_import_id=departure_import.pk)
        return
    outbox.enqueue("exchange.tasks.preview_departures", departure_import_id=departure_import.pk)


@transaction.atomic
def preview_departures(*, departure_import_id: int) -> None:
    """Read the file through; note how many rows would be recorded and which cannot, and why.

    A file that cannot be read fails the import with a clear problem. Safe to run twice and side
    by side: the row is locked, and who comes second finds nothing to do.
    """
    held = DepartureImport.objects.select_for_update().get(pk=departure_import_id)
    if held.state != State.UPLOADED:
        return
    held.progress_at = clock.now()
    try:
        with open_table(Path(held.file.path), recognise_departure) as table:
            _read_through(held, table)
    except FileRejectedError as error:
        DepartureImportRow.objects.filter(departure_import=held).delete()
        held.state, held.problem = State.FAILED, error.kept
        held.save(update_fields=["state", "problem", "progress_at"])
        return
    held.state = State.PREVIEWED
    held.save()


@transaction.atomic
def confirm_departures(*, actor: StaffUser, departure_import: DepartureImport) -> bool:
    """Start recording a file that was read, or go on with one that was interrupted.

    Returns whether this call started it: a double click starts one import. Raises
    ValidationError where there is nothing to import.
    """
    held = DepartureImport.objects.select_for_update().get(pk=departure_import.pk)
    if held.state in {State.COMMITTING, State.DONE}:
        return False
    if held.state != State.PREVIEWED and not held.can_go_on:
        raise ValidationError(_("There is no preview to import. Choose the file again."))
    before = held.state
    if not held.rows_done:
        held.new_rows = held.unchanged_rows = 0
    held.state, held.problem, held.progress_at = State.COMMITTING, "", clock.now()
    held.save()
    audit.record(
        actor=actor,
        verb="departure_file.confirmed",
        obj=held,
        changes={"state": [before, State.COMMITTING]},
    )
    outbox.enqueue("exchange.tasks.commit_departures", departure_import_id=held.pk)
    return True


def commit_departures(*, departure_import_id: int) -> None:
    """Record the rows of a confirmed file to the end.

    Each piece is one transaction that notes how far it came. Stopped at any moment it goes on
    from there; of two at once each row is recorded once.
    """
    held = DepartureImport.objects.get(pk=departure_import_id)
    if held.state != State.COMMITTING:
        return
    with open_table(Path(held.file.path), recognise_departure) as table:
        done = 0
        for piece in _pieces(table.rows):
            _commit_piece(departure_import_id, piece, table.header.mapping, done)
            done += len(piece)
    _finish(departure_import_id)


@transaction.atomic
def resume_stalled_departures() -> int:
    """Start again what a killed worker left; return how many. Safe twice and side by side."""
    stalled = list(DepartureImport.objects.stalled().select_for_update(skip_locked=True))
    for held in stalled:
        task = "preview_departures" if held.state == State.UPLOADED else "commit_departures"
        outbox.enqueue(f"exchange.tasks.{task}", departure_import_id=held.pk)
    DepartureImport.objects.filter(pk__in=[row.pk for row in stalled]).update(
        progress_at=clock.now()
    )
    return len(stalled)


@transaction.atomic
def fail_departures(*, departure_import_id: int, problem: str) -> None:
    """Fail an import through a fault of ours. What was recorded stays. Safe to run twice."""
    held = DepartureImport.objects.select_for_update().get(pk=departure_import_id)
    if held.state in {State.DONE, State.FAILED}:
        return
    held.state, held.problem, held.progress_at = State.FAILED, problem, clock.now()
    held.save(update_fields=["state", "problem", "progress_at"])


def _read_through(held: DepartureImport, table: Table[DepartureField]) -> None:
    places = table.header.mapping
    if not places:
        raise FileRejectedError(FileProblem.NO_HEADINGS)
    if DepartureField.NUMBER not in places:
        raise FileRejectedError(FileProblem.NO_NUMBER_COLUMN)
    held.columns = [
        {"index": column.index, "heading": column.heading[:200]}
        for column in table.header.columns
        if column.heading not in reason_headings()
    ]
    for piece in _pieces(table.rows):
        judged = _judge(held.uploaded_by, piece, places)
        _keep_rejected(held, piece, judged.rejected)
        held.rows_total += len(piece)
        held.new_rows += len(judged.new)
        held.unchanged_rows += judged.known
        held.rejected_rows += len(judged.rejected)
    if not held.rows_total:
        raise FileRejectedError(FileProblem.NO_ROWS)


def _judge(actor: StaffUser, piece: Piece, places: Mapping[DepartureField, int]) -> Judged:
    """Hold rows against what is there. Four statements."""
    importer = Importer.of(actor)
    read = {n: read_departure_row(n, cells, places, clock.today()) for n, cells in piece}
    lines = [row for row in read.values() if isinstance(row, DepartureLine)]
    rejected: dict[int, Sequence[Why]] = {
        n: row for n, row in read.items() if not isinstance(row, DepartureLine)
    }
    rows = Customer.objects.filter(number__in={line.number for line in lines})
    customers = {row.number: row for row in rows.select_related("unit")}
    there = set(
        Departure.objects.standing()
        .filter(customer__in=[row.pk for row in customers.values()])
        .values_list("customer__number", "kind", "left_on")
    )
    units, managers = _places_of(lines)
    new, known = [], 0
    for line in lines:
        customer = customers.get(line.number)
        why = _reasons(line, customer, importer, units, managers)
        if why:
            rejected[line.row_number] = why
        elif (line.number, line[DepartureField.KIND], line[DepartureField.LEFT_ON]) in there:
            known += 1
        else:
            new.append((line, customer))
    return Judged(new, known, rejected)


def _places_of(
    lines: Sequence[DepartureLine],
) -> tuple[dict[str, Unit], dict[str, StaffUser]]:
    """The units and managers that rows name; two statements."""
    names = {line[DepartureField.UNIT] for line in lines} - {None}
    numbers = {line[DepartureField.MANAGER] for line in lines} - {None}
    units = {unit.full_name: unit for unit in Unit.objects.filter(full_name__in=names)}
    people = StaffUser.objects.filter(staff_number__in=numbers, role=Role.MANAGER)
    return units, {person.staff_number: person for person in people}


def _reasons(
    line: DepartureLine,
    customer: Customer | None,
    importer: Importer,
    units: Mapping[str, Unit],
    managers: Mapping[str, StaffUser],
) -> list[Why]:
    """Return why a row cannot be taken: nothing where it can."""
    if customer is not None:
        if importer.reaches(customer.unit.path):
            return []
        return [(DepartureField.NUMBER.value, Reason.CANNOT_BE_TAKEN, line.number)]
    if missing := [field for field in NEEDED_BY_NEW if line[field] is None]:
        return [(field.value, Reason.EMPTY, "") for field in missing]
    unit, manager = units.get(line[DepartureField.UNIT]), line[DepartureField.MANAGER]
    if unit is None or not importer.reaches(unit.path):
        return [(DepartureField.UNIT.value, Reason.CANNOT_BE_TAKEN, "")]
    if manager is not None and manager not in managers:
        return [(DepartureField.MANAGER.value, Reason.NOT_A_MANAGER, manager)]
    return []


def _keep_rejected(
    held: DepartureImport, piece: Piece, rejected: Mapping[int, Sequence[Why]]
) -> None:
    cells = dict(piece)
    bulk.insert_new(
        [
            DepartureImportRow(
                departure_import=held,
                row_number=number,
                reasons=[[field, reason.value, text] for field, reason, text in why],
                cells=cells[number],
            )
            for number, why in rejected.items()
        ]
    )


@transaction.atomic
def _commit_piece(
    departure_import_id: int, piece: Piece, places: Mapping[DepartureField, int], done: int
) -> None:
    locks.hold(f"exchange.departure-import.{departure_import_id}")
    held = DepartureImport.objects.select_for_update().get(pk=departure_import_id)
    if held.state != State.COMMITTING or held.rows_done > done:
        return
    judged = _judge(held.uploaded_by, piece, places)
    customers = _with_new_customers(held, judged)
    refused: dict[int, Sequence[Why]] = dict(judged.rejected)
    recorded = 0
    for line, _customer in judged.new:
        try:
            _made, is_new = report_departure_once(
                actor=held.uploaded_by,
                customer=customers[line.number],
                departure=_row_of(line),
                source=Source.IMPORT,
            )
        except ValidationError as refusal:
            refused[line.row_number] = [("", Reason.REFUSED, " ".join(refusal.messages))]
        else:
            recorded += is_new
    known = set(
        DepartureImportRow.objects.filter(departure_import=held).values_list(
            "row_number", flat=True
        )
    )
    surprises = {number: why for number, why in refused.items() if number not in known}
    _keep_rejected(held, piece, surprises)
    DepartureImport.objects.filter(pk=held.pk).update(
        rows_done=F("rows_done") + len(piece),
        new_rows=F("new_rows") + recorded,
        unchanged_rows=F("unchanged_rows") + len(piece) - recorded - len(refused),
        rejected_rows=F("rejected_rows") + len(surprises),
        progress_at=clock.now(),
    )


def _with_new_customers(held: DepartureImport, judged: Judged) -> dict[str, Customer]:
    """Return the customers of the rows by number; those whom nobody has yet are made first.

    Without a day, such a customer is taken to have been VIP since 1 January of the year of
    leaving: the file of the first year is there to rebuild that base.
    """
    units, managers = _places_of([line for line, _customer in judged.new])
    missing = {line.number: line for line, customer in judged.new if customer is None}
    plans = []
    for line in missing.values():
        left_on: date = line[DepartureField.LEFT_ON]
        manager = managers.get(line[DepartureField.MANAGER] or "")
        values = {
            "name": line[DepartureField.NAME],
            "tier": line[DepartureField.TIER],
            "unit_id": units[line[DepartureField.UNIT]].pk,
            "manager_id": manager.pk if manager else None,
            "vip_since": line[DepartureField.VIP_SINCE] or date(left_on.year, 1, 1),
        }
        plans.append(plan_intake(CustomerIntake(number=line.number, customer=values), None))
    if plans:
        take_in_customers(actor=held.uploaded_by, plans=plans, source=held.original_name[:200])
    numbers = {line.number for line, _customer in judged.new}
    rows = Customer.objects.filter(number__in=numbers).select_related("unit")
    return {row.number: row for row in rows}


def _row_of(line: DepartureLine) -> DepartureRow:
    voluntary = line[DepartureField.VOLUNTARY]
    return DepartureRow(
        kind=Departure.Kind(line[DepartureField.KIND]),
        left_on=line[DepartureField.LEFT_ON],
        is_voluntary=True if voluntary is None else voluntary,
        competitor=line[DepartureField.COMPETITOR] or "",
        note=line[DepartureField.NOTE] or "",
    )


@transaction.atomic
def _finish(departure_import_id: int) -> None:
    held = DepartureImport.objects.select_for_update().get(pk=departure_import_id)
    if held.state != State.COMMITTING:
        return
    held.state, held.finished_at = State.DONE, clock.now()
    held.progress_at = held.finished_at
    held.save(update_fields=["state", "finished_at", "progress_at"])
    audit.record(
        actor=held.uploaded_by,
        verb="departure_file.imported",
        obj=held,
        changes={
            "new": [None, held.new_rows],
            "unchanged": [None, held.unchanged_rows],
            "rejected": [None, held.rejected_rows],
        },
    )


def _pieces(rows: Iterable[tuple[int, list[Cell]]]) -> Iterator[Piece]:
    """Return the rows that hold anything, a piece at a time."""
    filled = ((number, cells) for number, cells in rows if not is_blank(cells))
    while piece := list(islice(filled, PIECE)):
        yield piece
