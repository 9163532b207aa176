"""A roster's way in: received, read, mapped, then previewed; importing is roster_commit's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core import audit, bulk, clock
from exchange.models import RosterImport, RosterImportRow
from exchange.rules.headings import Cell, RosterField, recognise_heading
from exchange.rules.makings import Decision, Made, Making, with_people, with_units
from exchange.rules.reasons import Reason, Rejection
from exchange.rules.rows import RosterRow, read_row
from exchange.rules.spreadsheets import FileProblem
from exchange.rules.values import read_text
from exchange.services import receiving
from exchange.services.files import FileRejectedError
from exchange.services.receiving import Kind, Piece, pieces
from exchange.services.roster_plan import (
    Importer,
    Outcome,
    RowPlan,
    Terms,
    UnitRef,
    alike_of,
    load_units,
    load_world,
    plan_rows,
    rejected,
)
from staff.models import StaffUser, Unit

PIECE = 1000
"""Rows in one transaction."""

State = RosterImport.State

ROSTER: Kind[RosterField, RosterImport] = Kind(
    model=RosterImport,
    fields=RosterField,
    headings=recognise_heading,
    verb="roster",
    page="roster_import",
    rows="rows",
    argument="roster_import_id",
    read_task="exchange.tasks.read_roster",
    preview_task="exchange.tasks.preview_roster",
    commit_task="exchange.tasks.commit_roster",
    needed={RosterField.NUMBER: FileProblem.NO_NUMBER_COLUMN},
    for_all=(RosterField.UNIT, RosterField.TIER),
    counts={
        "new": "new_rows",
        "changed": "changed_rows",
        "unchanged": "unchanged_rows",
        "rejected": "rejected_rows",
    },
    preview=lambda pk: preview_roster(roster_import_id=pk),
    stages=True,
)
"""Rosters. Their rows are staged, and imported by ``roster_commit``."""


class RunOvertakenError(Exception):
    """Another worker has begun the same work anew; this one stops."""


def receive_roster(*, actor: StaffUser | None, file: File[bytes], name: str) -> RosterImport:
    """Keep an uploaded roster; see ``receiving.receive``."""
    return receiving.receive(ROSTER, actor=actor, file=file, name=name)


def prepare(*, roster_import: RosterImport) -> None:
    """Read and preview a received roster: now if it is small, else in the background."""
    receiving.prepare(ROSTER, roster_import)


def read_roster(*, roster_import_id: int, ask_for_columns: bool = True, make: bool = False) -> None:
    """Understand the columns, then preview; see ``receiving.read``.

    ``make``: units and managers that nobody has are to be made without asking.
    """
    receiving.read(
        ROSTER,
        roster_import_id,
        ask_for_columns=ask_for_columns,
        preview=lambda pk: preview_roster(roster_import_id=pk, make=make),
    )


def map_columns(
    *,
    actor: StaffUser | None,
    roster_import: RosterImport,
    fields: Mapping[int, str],
    units: Mapping[int, str] | None = None,
    for_all: Mapping[str, str] | None = None,
) -> RosterImport:
    """Give each column a field, then preview anew; see ``receiving.map_columns``."""
    return receiving.map_columns(
        ROSTER, actor=actor, one=roster_import, fields=fields, units=units, for_all=for_all
    )


# --- Preview ----------------------------------------------------------------------------------


def preview_roster(*, roster_import_id: int, make: bool = False) -> None:
    """Work out what every row would do, and keep it. Customers are not touched.

    Units and managers that rows name and nobody has are listed; rows that need them are rejected
    until it is decided that they are made (``make``: all of them are). In pieces, each its own
    transaction. Begun again it starts anew; of two at once the later one wins and the other
    stops. A file that cannot be read to its end fails the import.
    """
    roster_import, run = _begin_preview(roster_import_id)
    if roster_import is None:
        return
    terms = Terms.of(roster_import, all_made=make)
    look = _Look(
        ROSTER.places(roster_import),
        ROSTER.units(roster_import).get(RosterField.BIRTHDAY, ""),
        Importer.of(roster_import.sender),
        terms,
        load_units(),
        {},
    )
    try:
        with ROSTER.open(roster_import) as table:
            for piece in pieces(table.rows, PIECE):
                plans = _plan_piece(piece, look)
                _stage(roster_import_id, run, plans, Originals(dict(piece), look.fields))
        _end_preview(roster_import_id, run, terms)
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


@dataclass(frozen=True)
class _Look:
    """What the pieces of one preview have in common; ``first_rows`` grows with them."""

    fields: Mapping[RosterField, int]
    calendar: str
    importer: Importer
    terms: Terms
    units: Sequence[UnitRef]
    first_rows: dict[str, int]


def _plan_piece(piece: Piece, look: _Look) -> list[RowPlan | tuple[int, list[Rejection]]]:
    """Return, in the file's order, a plan for each row, or why it cannot even be read."""
    understand = partial(read_row, calendar_of_column=look.calendar)
    today = clock.today()
    read = [(number, understand(number, cells, look.fields, today)) for number, cells in piece]
    said = [row for _number, row in read if isinstance(row, RosterRow)]
    world = load_world(said, units=look.units)
    plans: list[RowPlan | tuple[int, list[Rejection]]] = []
    for row_number, row in read:
        if not isinstance(row, RosterRow):
            plans.append((row_number, row))
            continue
        (plan,) = plan_rows([row], world, look.importer, look.terms)
        plans.append(_first_wins(plan, look.first_rows))
    return plans


def _first_wins(plan: RowPlan, first_rows: dict[str, int]) -> RowPlan:
    """The first valid row of a number counts; an invalid one does not reserve it."""
    if plan.outcome == Outcome.REJECTED:
        return plan
    first = first_rows.setdefault(plan.row.key, plan.row.row_number)
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
    found = alike_of([plan for _row, plan in taken], Importer.of(held.sender))
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
def _end_preview(roster_import_id: int, run: int, terms: Terms) -> None:
    roster_import = _hold_run(roster_import_id, run)
    if roster_import.rows_total == 0:
        raise FileRejectedError(FileProblem.NO_ROWS)
    wanted = list(terms.makings.wanted.values())
    roster_import.makings = [one.as_json() for one in _compared(wanted)] if wanted else []
    roster_import.state, roster_import.progress_at = State.PREVIEWED, clock.now()
    roster_import.save(update_fields=["makings", "state", "progress_at"])


def _compared(wanted: Sequence[Making]) -> list[Making]:
    """Return what would be made with what it resembles. Two statements.

    Only who imports for the whole company can want anything made, so the whole company is
    compared.
    """
    units = [one for one in wanted if one.made is Made.UNIT]
    people = [one for one in wanted if one.made is Made.MANAGER]
    names = list(Unit.objects.values_list("full_name", flat=True)) if units else []
    staff = list(StaffUser.objects.people().values_list("staff_number", "name")) if people else []
    return [*with_units(units, names), *with_people(people, staff)]


def _hold_run(roster_import_id: int, run: int) -> RosterImport:
    held = RosterImport.objects.select_for_update().get(pk=roster_import_id)
    if held.run != run or held.state != State.PREVIEWING:
        raise RunOvertakenError
    return held


# --- What is to be made -----------------------------------------------------------------------


@transaction.atomic
def decide_makings(
    *, actor: StaffUser | None, roster_import: RosterImport, decisions: Mapping[str, Decision]
) -> RosterImport:
    """Say which of the listed units and managers are made, or which unit is taken; preview anew.

    ``decisions`` by the key of each; what is not named is not made. Only administrators (and
    commands, without an actor) decide. Raises ValidationError for others, where nothing can be
    taken, and where the import has gone further. Safe to run twice.
    """
    roster_import = RosterImport.objects.select_for_update().get(pk=roster_import.pk)
    if actor is not None and not actor.is_administrator:
        raise ValidationError(_("Only administrators make units and managers."))
    if roster_import.state != State.PREVIEWED:
        raise ValidationError(_("What this import makes can no longer be changed."))
    before = [Making.from_json(one) for one in roster_import.makings]
    after = [replace(one, decision=decisions.get(one.key, Decision.NONE)) for one in before]
    if any(one.decision is Decision.TAKE and not one.take for one in after):
        raise ValidationError(_("There is no one unit of this name that could be taken."))
    roster_import.makings = [one.as_json() for one in after]
    roster_import.state, roster_import.progress_at = State.PREVIEWING, clock.now()
    roster_import.save(update_fields=["makings", "state", "progress_at"])
    audit.record(
        actor=actor,
        verb="roster.makings_decided",
        obj=roster_import,
        changes={
            f"{new.name} {new.number}".strip(): [old.decision.value, new.decision.value]
            for old, new in zip(before, after, strict=True)
            if old.decision != new.decision
        },
    )
    receiving.go_on(ROSTER, roster_import, ROSTER.preview_task, ROSTER.preview)
    return roster_import


# --- Shared -----------------------------------------------------------------------------------


def fail(*, roster_import_id: int, problem: str) -> None:
    """Fail an import with a problem that the person can read; see ``receiving.fail``."""
    receiving.fail(ROSTER, roster_import_id, problem=problem)


@transaction.atomic
def discard(*, roster_import: RosterImport) -> None:
    """Forget an import that was never confirmed, with its rows and its file. Safe to run twice."""
    held = RosterImport.objects.select_for_update().filter(pk=roster_import.pk).first()
    if held is None or held.state in {State.COMMITTING, State.DONE}:
        return
    storage, name = held.file.storage, str(held.file.name)
    audit.record(
        actor=held.sender,
        verb="roster.discarded",
        obj=held,
        changes={"name": [held.original_name, None]},
    )
    held.delete()
    transaction.on_commit(lambda: storage.delete(name))
