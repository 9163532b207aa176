"""The board: units and managers as rows, the articles of the standard as figures. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Generic

from django.db.models import Q

from contacts.models import CadenceFlag
from core import clock
from customers.models import Customer, ServiceStandard
from customers.rules import Figure
from portfolio.querysets import (
    FigureRow,
    Owner,
    board_figures,
    care_of,
    waiting_of,
    work_of,
)
from portfolio.rules import NO_FIGURES, CareFigures, Figures, S, WorkFigures, roll_up, total
from retention.models import ChurnWarning, Departure, TierGroup
from retention.rules.churn import Standing
from retention.services.goals import Tally
from retention.services.standings import tally_of
from staff.models import StaffUser, Unit

MOST_MANAGERS = 120
"""With more managers than this below a unit, its board shows the units below it first."""


class Level(StrEnum):
    """What a row of the board stands for."""

    TOTAL = "total"
    UNIT = "unit"
    MANAGER = "manager"
    POOL = "pool"
    OTHERS = "others"


LEFT_OVER = (Level.OTHERS, Level.POOL)
"""Rows that are there only where there is something to count."""


@dataclass(frozen=True)
class BoardRow(Generic[S]):
    """One row: whose customers, their figures, and how deep it stands below the top.

    ``churn``: the year's churn of those who belonged to it on 1 January; None of *others*.

    ``unit`` of a unit's row is that unit, of every other row the top. *Others* are customers
    whose managers belong to a unit that the person does not see.
    """

    level: Level
    figures: S
    unit: Unit | None
    manager: StaffUser | None = None
    depth: int = 0
    churn: Standing | None = None


def load_board(user: StaffUser, top: Unit | None, today: date) -> list[BoardRow[Figures]]:
    """Return the rows below ``top`` (None: all the company) as ``user`` may see them.

    Eight statements, however many units and managers there are. With many managers only the
    units right below the top get a row, beside the top's own managers.
    """
    units = units_below(user, top)
    direct = _direct_figures(user, top, today)
    churn = Churn(tally_of(user, top, today.year, today), top, units)
    rows = board_rows(user, top, units, direct, NO_FIGURES, owners=churn.owners)
    rows = [row for row in rows if row.level not in LEFT_OVER or row.figures.active]
    return [replace(row, churn=churn.of(row)) for row in rows]


def load_work_board(user: StaffUser, top: Unit | None, today: date) -> list[BoardRow[WorkFigures]]:
    """Return how the managers below ``top`` plan, keep logs and were inspected.

    Four statements, however many units and managers there are. What belongs to no row that
    ``user`` may see is left out.
    """
    direct = work_of(user, top, today)
    people = StaffUser.objects.visible_to(user).managers().active()
    if top is not None:
        people = people.filter(unit__path__startswith=top.path)
    for unit, manager in people.values_list("unit_id", "pk"):
        figures = direct.get((unit, manager), WorkFigures())
        direct[unit, manager] = replace(figures, managers=1)
    rows = board_rows(user, top, units_below(user, top), direct, WorkFigures())
    return [row for row in rows if row.level not in LEFT_OVER]


def load_care_board(user: StaffUser, top: Unit | None, today: date) -> list[BoardRow[CareFigures]]:
    """Return complaints, promises and missed calls below ``top`` by unit and manager.

    Three statements, however many units and managers there are.
    """
    direct = care_of(user, top, today, clock.now())
    rows = board_rows(user, top, units_below(user, top), direct, CareFigures())
    return [row for row in rows if row.level not in LEFT_OVER or row.figures != CareFigures()]


def units_below(user: StaffUser, top: Unit | None) -> list[Unit]:
    """Return ``top`` and the units below it that ``user`` may see, by name. One statement."""
    seen = Unit.objects.visible_to(user).order_by("full_name")
    return list(seen.within(top.path) if top else seen)


def board_rows(
    user: StaffUser,
    top: Unit | None,
    units: Sequence[Unit],
    direct: Mapping[Owner, S],
    nothing: S,
    *,
    owners: Iterable[Owner] = (),
) -> list[BoardRow[S]]:
    """Return ``direct``, the figures by unit and manager, as the rows of a board.

    ``units``: those of ``units_below``. ``owners``: others whose managers get a row too. One
    statement.
    """
    manager_ids = {manager for _unit, manager in [*direct, *owners] if manager is not None}
    shows_all = len(manager_ids) <= MOST_MANAGERS
    managers = _managers(user, manager_ids, top, every=shows_all)
    rows = [BoardRow(Level.TOTAL, total(direct.values(), nothing), top)]
    rows += _unit_and_manager_rows(units, managers, top, direct, nothing, every=shows_all)
    if shows_all:
        unseen = manager_ids - {manager.pk for manager in managers}
        rows.append(_rest(Level.OTHERS, direct, top, unseen, nothing))
    rows.append(_rest(Level.POOL, direct, top, {None}, nothing))
    return rows


class Churn:
    """The year's churn of the rows: base and losses by unit and manager of 1 January."""

    def __init__(self, tally: Tally, top: Unit | None, units: Iterable[Unit]) -> None:
        self._tally = tally
        self._path = top.path if top else ""
        self.owners = {(unit, manager) for unit, manager, _tier in tally.base}
        self._paths = {unit.pk: unit.path for unit in units}

    def of(self, row: BoardRow[Figures]) -> Standing | None:
        """Return where the row's customers stand against the goal of their unit."""
        if row.level is Level.OTHERS:
            return None
        path, cells = self._path, list(self._tally.base)
        if row.level is Level.UNIT and row.unit is not None:
            path = row.unit.path
            cells = [cell for cell in cells if self._paths.get(cell[0], "").startswith(path)]
        elif row.level is Level.POOL:
            cells = [cell for cell in cells if cell[1] is None]
        elif row.manager is not None:
            path = row.manager.unit.path if row.manager.unit else path
            cells = [cell for cell in cells if cell[1] == row.manager.pk]
        return self._tally.standing(TierGroup.ALL, path, cells)


def _direct_figures(user: StaffUser, unit: Unit | None, today: date) -> Mapping[Owner, Figures]:
    """The figures by unit and manager: three statements."""
    customers = Customer.objects.visible_to(user)
    flags = CadenceFlag.objects.visible_to(user)
    warnings = ChurnWarning.objects.visible_to(user)
    departures = Departure.objects.counted_for(user)
    if unit is not None:
        customers = customers.within_unit(unit.path)
        flags = flags.filter(customer__unit__path__startswith=unit.path)
        warnings = warnings.filter(customer__unit__path__startswith=unit.path)
        departures = departures.filter(unit__path__startswith=unit.path)
    soon_days = ServiceStandard.objects.load().value(Figure.DUE_SOON_DAYS, today)
    waiting = waiting_of(flags, warnings, departures, today)
    found: dict[Owner, Figures] = {key: Figures(**vars(counts)) for key, counts in waiting.items()}
    for row in board_figures(customers, today, soon_days):
        key = (row["unit_id"], row["manager_id"])
        found[key] = _figures(row) + found.get(key, NO_FIGURES)
    return found


def _figures(row: FigureRow) -> Figures:
    counts: dict[str, Any] = {**row}
    del counts["unit_id"], counts["manager_id"]
    return Figures(**counts)


def _managers(
    user: StaffUser, ids: Iterable[int], unit: Unit | None, *, every: bool
) -> list[StaffUser]:
    """The managers who get a row: every one below the unit, or only its own; by name."""
    people = StaffUser.objects.visible_to(user).managers()
    below = Q(unit__path__startswith=unit.path) if unit else Q()
    if every:
        people = people.filter(Q(pk__in=list(ids)) | Q(below, is_active=True))
    elif unit is not None:
        people = people.filter(Q(is_active=True) | Q(pk__in=list(ids)), unit=unit)
    else:
        return []
    return list(people.select_related("unit").order_by("name", "staff_number"))


def _unit_and_manager_rows(
    units: Sequence[Unit],
    managers: Iterable[StaffUser],
    top: Unit | None,
    direct: Mapping[Owner, S],
    nothing: S,
    *,
    every: bool,
) -> Iterator[BoardRow[S]]:
    top_id = top.pk if top else None
    of_unit: dict[int | None, list[StaffUser]] = {}
    for manager in managers:
        of_unit.setdefault(manager.unit_id, []).append(manager)
    sums, own = _sums(units, direct, nothing), _by_owner(direct)

    def rows_of(found: Iterable[StaffUser], depth: int) -> Iterator[BoardRow[S]]:
        for manager in found:
            figures = own.get(manager.pk, nothing)
            yield BoardRow(Level.MANAGER, figures, top, manager, depth)

    above = min((unit.path.count("/") for unit in units), default=0)
    yield from rows_of(of_unit.pop(top_id, []), 0)
    for unit in units:
        if unit.pk != top_id and (every or unit.parent_id == top_id):
            depth = unit.path.count("/") - above - (1 if top else 0)
            yield BoardRow(Level.UNIT, sums[unit.path], unit, depth=depth)
            yield from rows_of(of_unit.pop(unit.pk, []), depth + 1)
    for elsewhere in of_unit.values():
        yield from rows_of(elsewhere, 0)


def _sums(units: Sequence[Unit], direct: Mapping[Owner, S], nothing: S) -> dict[str, S]:
    """The figures of each unit with all below it, by path."""
    paths = {unit.pk: unit.path for unit in units}
    own: dict[str, S] = {}
    for (unit_id, _manager), figures in direct.items():
        path = paths[unit_id]
        own[path] = own.get(path, nothing) + figures
    return roll_up(own, paths.values(), nothing)


def _by_owner(direct: Mapping[Owner, S]) -> dict[int | None, S]:
    """The figures of each manager, over all units."""
    own: dict[int | None, S] = {}
    for (_unit, owner), figures in direct.items():
        own[owner] = own[owner] + figures if owner in own else figures
    return own


def _rest(
    level: Level,
    direct: Mapping[Owner, S],
    top: Unit | None,
    owners: Collection[int | None],
    nothing: S,
) -> BoardRow[S]:
    """One row for what belongs to ``owners``."""
    figures = total((found for (_unit, owner), found in direct.items() if owner in owners), nothing)
    return BoardRow(level, figures, top)
