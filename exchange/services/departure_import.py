"""Departures from a file: received, read through for a preview, then recorded (articles 1, 19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F

from core import bulk, clock, languages, locks
from core.identity import identity
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
from exchange.rules.reasons import Reason
from exchange.rules.spreadsheets import FileProblem
from exchange.services import receiving
from exchange.services.files import Table
from exchange.services.receiving import Kind, Piece, pieces
from exchange.services.roster_plan import Importer
from retention.models import Departure, Source
from retention.services.departures import DepartureRow, report_departure_once
from staff.models import Role, StaffUser, Unit

PIECE = 200
"""Rows in one transaction."""

State = DepartureImport.State

DEPARTURES: Kind[DepartureField, DepartureImport] = Kind(
    model=DepartureImport,
    fields=DepartureField,
    headings=recognise_departure,
    verb="departure_file",
    page="departure_import",
    rows="rejected",
    argument="departure_import_id",
    read_task="exchange.tasks.preview_departures",
    preview_task="exchange.tasks.preview_departures",
    commit_task="exchange.tasks.commit_departures",
    needed={
        DepartureField.NUMBER: FileProblem.NO_NUMBER_COLUMN,
        DepartureField.LEFT_ON: FileProblem.NO_LEAVING_COLUMN,
        DepartureField.KIND: FileProblem.NO_KIND_COLUMN,
    },
    for_all=(DepartureField.UNIT, DepartureField.TIER),
    counts={"new": "new_rows", "unchanged": "unchanged_rows", "rejected": "rejected_rows"},
    anew=("new_rows", "unchanged_rows"),
    preview=lambda pk: receiving.read_through(DEPARTURES, pk, _read_through),
)
"""Files of departures."""


@dataclass(frozen=True)
class Judged:
    """The rows of a piece: what can be taken (``new``), is there already, or cannot be taken."""

    new: Sequence[tuple[DepartureLine, Customer | None]]
    known: int
    rejected: Mapping[int, Sequence[Why]]


def receive_departures(*, actor: StaffUser, file: File[bytes], name: str) -> DepartureImport:
    """Keep an uploaded file of departures; see ``receiving.receive``."""
    return receiving.receive(DEPARTURES, actor=actor, file=file, name=name)


def prepare_departures(*, departure_import: DepartureImport) -> None:
    """Read a received file: now if it is small, else in the background."""
    receiving.prepare(DEPARTURES, departure_import)


def preview_departures(*, departure_import_id: int) -> None:
    """Understand the columns of a file, then read it through; see ``receiving.read``."""
    receiving.read(DEPARTURES, departure_import_id)


def confirm_departures(*, actor: StaffUser, departure_import: DepartureImport) -> bool:
    """Start recording a file that was previewed; see ``receiving.confirm``."""
    return receiving.confirm(DEPARTURES, actor=actor, one=departure_import)


def commit_departures(*, departure_import_id: int) -> None:
    """Record the rows of a confirmed file to the end; of two at once each row once."""
    receiving.commit(DEPARTURES, departure_import_id, size=PIECE, take=_commit_piece)


def resume_stalled_departures() -> int:
    """Start again what a killed worker left; return how many. Safe twice and side by side."""
    return receiving.resume_stalled(DEPARTURES)


def fail_departures(*, departure_import_id: int, problem: str) -> None:
    """Fail an import through a fault of ours. What was recorded stays. Safe to run twice."""
    receiving.fail(DEPARTURES, departure_import_id, problem=problem)


def _read_through(held: DepartureImport, table: Table[DepartureField]) -> None:
    for piece in pieces(table.rows, PIECE):
        judged = _judge(held, piece)
        _keep_rejected(held, piece, judged.rejected)
        held.rows_total += len(piece)
        held.new_rows += len(judged.new)
        held.unchanged_rows += judged.known
        held.rejected_rows += len(judged.rejected)


def _judge(held: DepartureImport, piece: Piece) -> Judged:
    """Hold rows against what is there. Five statements."""
    importer, places = Importer.of(held.uploaded_by), DEPARTURES.places(held)
    read = {n: read_departure_row(n, cells, places, clock.latest_today()) for n, cells in piece}
    lines = [row for row in read.values() if isinstance(row, DepartureLine)]
    rejected: dict[int, Sequence[Why]] = {
        n: row for n, row in read.items() if not isinstance(row, DepartureLine)
    }
    customers = _customers_of(lines)
    lines = [_filled(line, customers, held) for line in lines]
    there = set(
        Departure.objects.standing()
        .filter(customer__in=[row.pk for row in customers.values()])
        .values_list("customer", "kind", "left_on")
    )
    world = _world_of(lines)
    new, known = [], 0
    for line in lines:
        customer = customers.get(line.key)
        why = _reasons(line, customer, importer, world)
        said = (line[DepartureField.KIND], line[DepartureField.LEFT_ON])
        if why:
            rejected[line.row_number] = why
        elif customer is not None and (customer.pk, *said) in there:
            known += 1
        else:
            new.append((line, customer))
    return Judged(new, known, rejected)


def _customers_of(lines: Sequence[DepartureLine]) -> dict[str, Customer]:
    """Return the customers of the rows by the identity of their number. One statement."""
    rows = Customer.objects.numbered(line.number for line in lines).select_related("unit")
    rows = rows.order_by(F("number_key").asc(nulls_first=True))
    return {identity(row.number): row for row in rows}


def _filled(
    line: DepartureLine, customers: Mapping[str, Customer], held: DepartureImport
) -> DepartureLine:
    """Return a row of somebody whom nobody has yet with what was said for all such rows."""
    if line.key in customers or not held.for_all:
        return line
    said = {DepartureField(name): text for name, text in held.for_all.items()}
    return DepartureLine(line.row_number, {**said, **line.values})


@dataclass(frozen=True)
class _World:
    """The units and managers that rows name, by the identity of their name and number."""

    units: Mapping[str, Unit]
    managers: Mapping[str, StaffUser]

    def unit(self, line: DepartureLine) -> Unit | None:
        return self.units.get(identity(line[DepartureField.UNIT] or ""))

    def manager(self, line: DepartureLine) -> StaffUser | None:
        return self.managers.get(identity(line[DepartureField.MANAGER] or ""))


def _world_of(lines: Sequence[DepartureLine]) -> _World:
    """Load what rows name; two statements."""
    named = {identity(name) for line in lines if (name := line[DepartureField.UNIT])}
    units = Unit.objects.all() if named else Unit.objects.none()
    numbers = {line[DepartureField.MANAGER] for line in lines} - {None}
    people = StaffUser.objects.numbered(numbers).filter(role=Role.MANAGER).select_related("unit")
    return _World(
        {key: unit for unit in units if (key := identity(unit.full_name)) in named},
        {identity(person.staff_number): person for person in people},
    )


def _reasons(
    line: DepartureLine, customer: Customer | None, importer: Importer, world: _World
) -> list[Why]:
    """Return why a row cannot be taken: nothing where it can.

    Who is not everybody's importer learns nothing of units and people that are not theirs.
    """
    if customer is not None:
        if not importer.reaches(customer.unit.path):
            return [(DepartureField.NUMBER.value, Reason.CANNOT_BE_TAKEN, line.number)]
        return _to_come(line, customer.unit)
    if missing := [field for field in NEEDED_BY_NEW if line[field] is None]:
        return [(field.value, Reason.EMPTY, "") for field in missing]
    unit = world.unit(line)
    if unit is None or not importer.reaches(unit.path):
        return [(DepartureField.UNIT.value, Reason.CANNOT_BE_TAKEN, "")]
    number = line[DepartureField.MANAGER]
    manager = world.manager(line)
    if to_come := _to_come(line, unit):
        return to_come
    if number is None or (manager is not None and importer.reaches_home_of(manager)):
        return []
    reason = Reason.NOT_A_MANAGER if importer.everything else Reason.CANNOT_BE_TAKEN
    return [(DepartureField.MANAGER.value, reason, number)]


def _to_come(line: DepartureLine, unit: Unit) -> list[Why]:
    """Return the reason where the day of leaving has not begun in the unit's own zone."""
    left_on: date = line[DepartureField.LEFT_ON]
    if left_on <= clock.today(unit.time_zone):
        return []
    return [(DepartureField.LEFT_ON.value, Reason.IN_THE_FUTURE, left_on.isoformat())]


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
def _commit_piece(departure_import_id: int, piece: Piece, done: int) -> None:
    locks.hold(f"exchange.departure-import.{departure_import_id}")
    held = DepartureImport.objects.select_for_update().get(pk=departure_import_id)
    if held.state != State.COMMITTING or held.rows_done > done:
        return
    judged = _judge(held, piece)
    customers = _with_new_customers(held, judged)
    refused: dict[int, Sequence[Why]] = dict(judged.rejected)
    recorded = 0
    for line, _customer in judged.new:
        try:
            # What a rule refuses is kept in words: in those of who will read them.
            with languages.speaking(held.uploaded_by.language):
                _made, is_new = report_departure_once(
                    actor=held.uploaded_by,
                    customer=customers[line.key],
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
    world = _world_of([line for line, _customer in judged.new])
    missing = {line.key: line for line, customer in judged.new if customer is None}
    plans = []
    for line in missing.values():
        left_on: date = line[DepartureField.LEFT_ON]
        manager, unit = world.manager(line), world.unit(line)
        values = {
            "name": line[DepartureField.NAME],
            "tier": line[DepartureField.TIER],
            "unit_id": unit.pk if unit else None,
            "manager_id": manager.pk if manager else None,
            "vip_since": line[DepartureField.VIP_SINCE] or date(left_on.year, 1, 1),
        }
        plans.append(plan_intake(CustomerIntake(number=line.number, customer=values), None))
    if plans:
        take_in_customers(actor=held.uploaded_by, plans=plans, source=held.original_name[:200])
    return _customers_of([line for line, _customer in judged.new])


def _row_of(line: DepartureLine) -> DepartureRow:
    voluntary = line[DepartureField.VOLUNTARY]
    return DepartureRow(
        kind=Departure.Kind(line[DepartureField.KIND]),
        left_on=line[DepartureField.LEFT_ON],
        is_voluntary=True if voluntary is None else voluntary,
        competitor=line[DepartureField.COMPETITOR] or "",
        note=line[DepartureField.NOTE] or "",
    )
