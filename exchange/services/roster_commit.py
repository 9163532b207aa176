"""Importing a previewed roster: piece by piece, each held against the customers of that moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import F

from contacts.services.imported import record_imported_contacts
from core import audit, clock, locks, outbox
from core.identity import identity
from customers.services.intake import take_in_customers
from exchange.models import RosterImport, RosterImportRow
from exchange.rules.rows import RosterRow
from exchange.services import receiving
from exchange.services.roster_import import ROSTER
from exchange.services.roster_plan import (
    Importer,
    ManagerRef,
    Outcome,
    RowPlan,
    Terms,
    UnitRef,
    load_world,
    plan_rows,
)
from staff.models import Role, StaffUser, Unit
from staff.services import create_staff, create_unit

PIECE = 1000
"""Rows in one transaction."""

State = RosterImport.State


def confirm_import(*, actor: StaffUser | None, roster_import: RosterImport) -> bool:
    """Start importing a previewed roster, or go on with one; see ``receiving.confirm``."""
    return receiving.confirm(ROSTER, actor=actor, one=roster_import)


def commit_roster(*, roster_import_id: int) -> None:
    """Import the rows of a confirmed roster to the end.

    Every piece is one transaction that also notes how far it came: stopped at any moment, it
    goes on from there when it runs again. Of two at once each takes the next piece.
    """
    while commit_piece(roster_import_id=roster_import_id):
        pass


@transaction.atomic
def commit_piece(*, roster_import_id: int) -> bool:
    """Import the next rows; return False where there is nothing (more) to do."""
    locks.hold("exchange.roster-commit")
    roster_import = RosterImport.objects.select_for_update().get(pk=roster_import_id)
    if roster_import.state != State.COMMITTING:
        return False
    waiting = RosterImportRow.objects.filter(roster_import=roster_import)
    waiting = waiting.waiting(roster_import.committed_through)
    rows = list(waiting.only("row_number", "outcome", "values")[:PIECE])
    if not rows:
        _finish(roster_import)
        return False
    importer, terms = Importer.of(roster_import.sender), Terms.of(roster_import)
    said = [RosterRow.from_json(row.row_number, row.values) for row in rows]
    plans = _plan_again(said, importer, terms)
    made = _make_what_is_missing(importer, plans)
    if made.total():
        plans = _plan_again(said, importer, terms)
    _take_in(roster_import, plans)
    _note_progress(roster_import, rows, plans, made)
    return True


def resume_stalled_imports() -> int:
    """Start again what a killed worker left; return how many. Safe twice and side by side."""
    return receiving.resume_stalled(ROSTER)


def _plan_again(said: Sequence[RosterRow], importer: Importer, terms: Terms) -> list[RowPlan]:
    """Hold the rows against what is there now; the rows of the customers stay locked."""
    return plan_rows(said, load_world(said, lock=True), importer, terms)


def _make_what_is_missing(importer: Importer, plans: Sequence[RowPlan]) -> Counter[str]:
    """Make the units and managers that accepted rows name; only where that was decided."""
    units = {identity(plan.new_unit.full_name): plan.new_unit for plan in plans if plan.new_unit}
    managers = {
        identity(plan.new_manager.staff_number): plan.new_manager
        for plan in plans
        if plan.new_manager
    }
    if not units and not managers:
        return Counter()
    there = {identity(unit.full_name): unit for unit in Unit.objects.all()}
    return Counter(
        units=sum(_make_unit(importer.actor, ref, there) for ref in units.values()),
        managers=sum(_make_manager(importer.actor, ref, there) for ref in managers.values()),
    )


def _make_unit(actor: StaffUser | None, ref: UnitRef, there: dict[str, Unit]) -> int:
    """Make the unit and those above it that are missing; return how many were made.

    ``there``: every unit by the identity of its full name; those that are made join it.
    """
    made = 0
    parent: Unit | None = None
    names = ref.full_name.split("/")
    for depth, name in enumerate(names):
        key = identity("/".join(names[: depth + 1]))
        if key not in there:
            there[key] = create_unit(actor=actor, name=name, parent=parent)
            made += 1
        parent = there[key]
    return made


def _make_manager(actor: StaffUser | None, ref: ManagerRef, there: Mapping[str, Unit]) -> int:
    """Make a manager who cannot sign in until invited; return 0 where one is there by now."""
    if ref.unit is None or StaffUser.objects.numbered([ref.staff_number]).exists():
        return 0
    create_staff(
        actor=actor,
        staff_number=ref.staff_number,
        name=ref.name,
        role=Role.MANAGER,
        unit=there[identity(ref.unit.full_name)],
    )
    return 1


def _take_in(roster_import: RosterImport, plans: Sequence[RowPlan]) -> None:
    actor = roster_import.sender
    ids = take_in_customers(
        actor=actor,
        plans=[plan.intake for plan in plans if plan.intake is not None],
        source=roster_import.original_name[:200],
    )
    contacts = [
        contact
        for plan in plans
        if plan.contact is not None
        and (contact := plan.contact_of(ids[plan.row.number])) is not None
    ]
    if contacts:
        record_imported_contacts(actor=actor, contacts=contacts)


def _note_progress(
    roster_import: RosterImport,
    rows: Sequence[RosterImportRow],
    plans: Sequence[RowPlan],
    made: Mapping[str, int],
) -> None:
    """Note how far the import came, and the rows that came out otherwise than previewed."""
    _note_surprises(roster_import, rows, plans)
    RosterImport.objects.filter(pk=roster_import.pk).update(
        rows_done=F("rows_done") + len(rows),
        committed_through=rows[-1].row_number,
        units_made=F("units_made") + made["units"],
        managers_made=F("managers_made") + made["managers"],
        progress_at=clock.now(),
    )


def _note_surprises(
    roster_import: RosterImport, rows: Sequence[RosterImportRow], plans: Sequence[RowPlan]
) -> None:
    """Keep the outcome of rows for which the world changed between preview and import."""
    moved: Counter[str] = Counter()
    surprises = []
    for row, plan in zip(rows, plans, strict=True):
        if row.outcome == plan.outcome:
            continue
        moved[f"{row.outcome}_rows"] -= 1
        moved[f"{plan.outcome}_rows"] += 1
        row.outcome, row.changes = plan.outcome, dict(plan.shown)
        row.reasons = [rejection.as_json() for rejection in plan.rejections]
        if plan.outcome == Outcome.REJECTED:
            row.cells = _cells_of(roster_import, row)
        surprises.append(row)
    if surprises:
        fields = ["outcome", "changes", "reasons", "cells"]
        RosterImportRow.objects.bulk_update(surprises, fields, batch_size=200)
        RosterImport.objects.filter(pk=roster_import.pk).update(
            **{name: F(name) + count for name, count in moved.items()}
        )


def _cells_of(roster_import: RosterImport, row: RosterImportRow) -> list[object]:
    """Return the cells of an accepted row, in the file's columns, from what was read of it."""
    width = max(column["index"] for column in roster_import.columns) + 1
    cells: list[object] = [""] * width
    for column in roster_import.columns:
        cells[column["index"]] = _cell_text(row.values.get(column["field"], ""))
    return cells


def _cell_text(value: object) -> object:
    if isinstance(value, list):  # a birthday: year or None, month, day, leap month
        year, month, day, leap = value
        start = f"{year}-" if year else ""
        return f"{start}{'闰' if leap else ''}{month}-{day}"
    if isinstance(value, bool):
        return "是" if value else "否"
    return value


def _finish(roster_import: RosterImport) -> None:
    roster_import.refresh_from_db()
    roster_import.state, roster_import.finished_at = State.DONE, clock.now()
    roster_import.progress_at = roster_import.finished_at
    roster_import.save(update_fields=["state", "finished_at", "progress_at"])
    audit.record(
        actor=roster_import.sender,
        verb="roster.imported",
        obj=roster_import,
        changes={
            **{name: [None, count] for name, count in roster_import.counts().items()},
            "units_made": [None, roster_import.units_made],
            "managers_made": [None, roster_import.managers_made],
        },
    )
    outbox.enqueue("contacts.tasks.flag_overdue")
