"""How a year stands by unit and manager, as one person may see it. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Q

from retention.models import ChurnBaseCount, ChurnBaseMember
from retention.querysets import ChurnBaseMemberQuerySet
from retention.rules.churn import TIERS_OF_GROUP, Standing
from retention.services.goals import Cell, Tally, tally
from staff.models import StaffUser, Unit

MOST_MANAGERS = 120
"""With more managers than this below a unit, its page shows the units below it first."""


class Level(StrEnum):
    """Whose customers a row is of."""

    TOTAL = "total"
    UNIT = "unit"
    MANAGER = "manager"
    POOL = "pool"


@dataclass(frozen=True)
class Line:
    """One row: whose customers of the base, and where they stand. ``unit`` of a unit's row is that
    unit, of every other row the top.
    """

    level: Level
    standing: Standing
    unit: Unit | None
    manager: StaffUser | None = None
    depth: int = 0


@dataclass(frozen=True)
class Standings:
    """The year as a person sees it: the counts, the rows, and the members they are of."""

    tally: Tally
    members: ChurnBaseMemberQuerySet
    path: str
    lines: Sequence[Line]


def tally_of(user: StaffUser, top: Unit | None, year: int, as_of: date) -> Tally:
    """Return base and losses below ``top`` that ``user`` may see. Three statements."""
    return _tally(user, top, year, as_of)[0]


def _tally(
    user: StaffUser, top: Unit | None, year: int, as_of: date
) -> tuple[Tally, ChurnBaseMemberQuerySet]:
    members = ChurnBaseMember.objects.visible_to(user)
    counts = ChurnBaseCount.objects.visible_to(user)
    if top is not None:
        members, counts = members.within_unit(top.path), counts.within_unit(top.path)
    return tally(year=year, as_of=as_of, members=members, counts=counts), members


def standings(
    *, user: StaffUser, top: Unit | None, year: int, as_of: date, group: str
) -> Standings:
    """Return where ``year`` stands below ``top`` (None: all that ``user`` sees). Five statements.

    Units and managers are those of 1 January.
    """
    found, members = _tally(user, top, year, as_of)
    path = top.path if top else (user.unit.path if user.is_manager and user.unit else "")
    lines = [Line(Level.TOTAL, found.standing(group, path), top)]
    if user.scope.everything or user.scope.unit_path is not None:
        lines += _lines(user, top, path, found, group)
    return Standings(found, members, path, lines)


def _lines(
    user: StaffUser, top: Unit | None, path: str, found: Tally, group: str
) -> Iterator[Line]:
    cells = [cell for cell in found.base if cell[2] in TIERS_OF_GROUP[group]]
    units = list(Unit.objects.visible_to(user).within(path).order_by("full_name"))
    paths = {unit.pk: unit.path for unit in units}
    ids = {manager for _unit, manager, _tier in cells if manager is not None}
    every = len(ids) <= MOST_MANAGERS
    managers = _managers(user, ids if every else _of_unit(cells, top))
    above = path.count("/") if top else min((unit.path.count("/") for unit in units), default=0) - 1
    for unit in units:
        is_below = top is None or unit.pk != top.pk
        if is_below and (every or unit.parent_id == (top.pk if top else None)):
            own = [c for c in cells if paths.get(c[0], "").startswith(unit.path)]
            depth = unit.path.count("/") - above - 1
            if own:
                standing = found.standing(group, unit.path, own)
                yield Line(Level.UNIT, standing, unit, depth=depth)
        yield from _of_managers(managers, unit, top, cells, found, group, above)
    if pool := [cell for cell in cells if cell[1] is None]:
        yield Line(Level.POOL, found.standing(group, path, pool), top)


def _of_managers(
    managers: Sequence[StaffUser],
    unit: Unit,
    top: Unit | None,
    cells: Sequence[Cell],
    found: Tally,
    group: str,
    above: int,
) -> Iterator[Line]:
    """The managers who had most of their customers of the base in ``unit``."""
    for manager in managers:
        own = [cell for cell in cells if cell[1] == manager.pk]
        if own and max(own, key=lambda cell: found.base.get(cell, 0))[0] == unit.pk:
            depth = unit.path.count("/") - above - (0 if top is None or unit.pk != top.pk else 1)
            standing = found.standing(group, unit.path, own)
            yield Line(Level.MANAGER, standing, top, manager, max(depth, 0))


def _of_unit(cells: Sequence[Cell], top: Unit | None) -> set[int]:
    own = top.pk if top else None
    return {manager for unit, manager, _tier in cells if unit == own and manager is not None}


def _managers(user: StaffUser, ids: set[int]) -> list[StaffUser]:
    people = StaffUser.objects.visible_to(user).filter(Q(pk__in=ids))
    return list(people.order_by("name", "staff_number"))
