"""Units and managers that a roster names and nobody has: what each resembles, what was decided."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from core.identity import identity

MOST_ALIKE = 5
"""Names that are shown beside one that would be made."""
ALIKE_FROM = 0.8
"""Two names are alike from this share of their letters on (difflib)."""
MOST_COMPARED = 200
"""New names that are compared letter by letter; of more only those that are nearly the same."""


class Made(StrEnum):
    """What an import can make."""

    UNIT = "unit"
    MANAGER = "manager"


class Decision(StrEnum):
    """What a person decided about one of them."""

    NONE = ""
    MAKE = "make"
    TAKE = "take"


@dataclass(frozen=True)
class Making:
    """One unit or manager that is not there.

    ``name``: a unit's full name or the manager's; ``number``: the staff number; ``unit``: the
    manager's; ``rows``: how many rows name it; ``above``: the units above it that would be made
    with it; ``alike``: what is there and looks like it; ``take``: the one unit of this name.
    """

    made: Made
    name: str
    number: str = ""
    unit: str = ""
    rows: int = 1
    above: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    take: str = ""
    decision: Decision = Decision.NONE

    @property
    def key(self) -> str:
        """Return what it is told apart by."""
        return f"{self.made}:{identity(self.number or self.name)}"

    def as_json(self) -> dict[str, Any]:
        """Return plain values to store."""
        return {
            **vars(self),
            "made": self.made.value,
            "above": list(self.above),
            "alike": list(self.alike),
            "decision": self.decision.value,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Making:
        """Return what ``as_json`` stored."""
        return cls(
            **{
                **stored,
                "made": Made(stored["made"]),
                "above": tuple(stored["above"]),
                "alike": tuple(stored["alike"]),
                "decision": Decision(stored["decision"]),
            }
        )


@dataclass
class Makings:
    """What the rows of one import want made, and what was decided about it.

    ``all_made``: everything is to be made without asking.
    """

    all_made: bool = False
    decided: Mapping[str, Making] = field(default_factory=dict)
    wanted: dict[str, Making] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Iterable[Mapping[str, Any]], *, all_made: bool = False) -> Makings:
        """Return what was stored with an import, with nothing wanted yet."""
        known = [Making.from_json(one) for one in stored]
        return cls(all_made=all_made, decided={one.key: one for one in known})

    def want(self, making: Making) -> Making:
        """Count a row that names ``making``; return it with what was decided."""
        before = self.wanted.get(making.key)
        if before is not None:
            self.wanted[making.key] = replace(before, rows=before.rows + 1)
            return self.wanted[making.key]
        old = self.decided.get(making.key)
        decision = Decision.MAKE if self.all_made else old.decision if old else Decision.NONE
        self.wanted[making.key] = replace(
            making, decision=decision, take=old.take if old else making.take
        )
        return self.wanted[making.key]

    def name_of_manager(self, number: str) -> str:
        """Return the name by which an earlier row wanted a manager, empty if none did."""
        found = self.wanted.get(f"{Made.MANAGER}:{identity(number)}")
        return found.name if found else ""


# --- What they resemble -----------------------------------------------------------------------

_KIND_OF_UNIT = re.compile(r"(?:分公司|支公司|子公司|公司|营业部|营业厅|营业区|片区|分局|局)$")
_REGION = re.compile(r"[省市区县州盟旗]$")
# Signs that are taken for each other when a number is typed off.
_LOOK_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1", "z": "2", "s": "5", "b": "8"})


def with_units(makings: Iterable[Making], there: Sequence[str]) -> Iterator[Making]:
    """Return each unit with the units (full names) that it resembles, and would be made with."""
    keys = {identity(name): name for name in there}
    by_leaf: dict[str, list[str]] = defaultdict(list)
    by_core: dict[str, list[str]] = defaultdict(list)
    for name in there:
        by_leaf[_leaf(name)].append(name)
        by_core[_core(_leaf(name))].append(name)
    for place, making in enumerate(makings):
        same = by_leaf.get(_leaf(making.name), [])
        alike = [*same, *by_core.get(_core(_leaf(making.name)), [])]
        if place < MOST_COMPARED:
            alike += _spelt_alike(making.name, there)
        above = [name for name in _above(making.name) if identity(name) not in keys]
        yield replace(
            making,
            above=tuple(above),
            alike=tuple(dict.fromkeys(alike))[:MOST_ALIKE],
            take=same[0] if len(same) == 1 else "",
        )


def _above(full_name: str) -> list[str]:
    parts = full_name.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _leaf(full_name: str) -> str:
    return identity(full_name.rpartition("/")[2])


def _core(leaf: str) -> str:
    """Return a unit's name without the word of what kind of unit it is."""
    return _REGION.sub("", _KIND_OF_UNIT.sub("", leaf)) or leaf


def _spelt_alike(full_name: str, there: Sequence[str]) -> list[str]:
    leaf = _leaf(full_name)
    matcher = SequenceMatcher(b=leaf, autojunk=False)
    found = []
    for name in there:
        matcher.set_seq1(_leaf(name))
        if matcher.quick_ratio() >= ALIKE_FROM and (ratio := matcher.ratio()) >= ALIKE_FROM:
            found.append((-ratio, name))
    return [name for _ratio, name in sorted(found)]


def with_people(makings: Iterable[Making], there: Sequence[tuple[str, str]]) -> Iterator[Making]:
    """Return each manager with the people (number, name) whose number or name it resembles."""
    by_sign: dict[str, list[str]] = defaultdict(list)
    by_name: dict[str, list[str]] = defaultdict(list)
    for number, name in there:
        shown = f"{name} ({number})"
        for sign in _signs(number):
            by_sign[sign].append(shown)
        by_name[identity(name)].append(shown)
    for making in makings:
        alike = [shown for sign in _signs(making.number) for shown in by_sign.get(sign, [])]
        alike += by_name.get(identity(making.name), [])
        yield replace(making, alike=tuple(dict.fromkeys(alike))[:MOST_ALIKE])


def _signs(number: str) -> list[str]:
    """Return what numbers that are easily mistaken for each other have in common.

    The same look (M1O06 and M1006), and the same figures but for letters and leading zeros.
    Neighbours such as M1006 and M1007 are not: numbers are given out in a row.
    """
    looks = identity(number).translate(_LOOK_ALIKE)
    figures = re.sub(r"\D", "", looks).lstrip("0")
    return [f"looks {looks}", *([f"figures {figures}"] if len(figures) >= 3 else [])]
