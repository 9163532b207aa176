"""Who handles a complaint, and who is told when it runs over (article 21).

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from staff.rules import standing_in


def units_upward(path: str) -> list[int]:
    """Return the ids of ``path`` ("/1/4/"), the unit itself first, the root last."""
    return [int(part) for part in path.split("/") if part][::-1]


def handler_for(
    path: str, handlers: Mapping[int, int], active: Collection[int], stand_ins: Mapping[int, int]
) -> int | None:
    """Return who handles a complaint of the unit at ``path``; None where nobody is found.

    The unit's designated handler, else that of the next unit up. Who is covered is stood in for
    by the last of the chain who is active. ``handlers``: designated handler by unit.
    """
    for unit in units_upward(path):
        designated = handlers.get(unit)
        if designated is None or designated not in active:
            continue
        deputies = [p for p in standing_in(designated, stand_ins) if p in active]
        return deputies[-1] if deputies else designated
    return None


def supervisors_for(
    path: str, supervisors: Mapping[int, Sequence[int]]
) -> tuple[Sequence[int], Sequence[int]]:
    """Return who is told first, and who of the unit above them, for the unit at ``path``.

    The supervisors of the nearest unit that has any; then those of the next one up. Where there
    is nobody higher, the first are told again. ``supervisors``: active ones by unit.
    """
    found = [supervisors[unit] for unit in units_upward(path) if supervisors.get(unit)]
    if not found:
        return (), ()
    return found[0], found[1] if len(found) > 1 else found[0]
