"""Columns of a list: which there are, which are chosen, and what a row says in each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PARAMETER = "columns"
"""The name under which chosen columns stand in a list's query string, one value a column."""


class Kind(StrEnum):
    """What a cell holds, so that a spreadsheet gets the right type.

    ``TEXT`` also for names and numbers of customers; ``WORDS`` is free text, in which a phone
    number may stand; ``PHONE`` is a whole number; ``MOMENT`` a local time without a zone.
    """

    TEXT = "text"
    WORDS = "words"
    PHONE = "phone"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"


@dataclass(frozen=True)
class Cell:
    """One cell of an exported row: its heading and how it is read off a row."""

    heading: StrOrPromise
    value: Callable[[Any], Any]
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Column:
    """One column of a list; exported it may take several cells.

    ``is_usual``: shown until somebody chooses. ``is_fixed``: a row cannot do without it.
    """

    key: str
    label: StrOrPromise
    cells: tuple[Cell, ...]
    is_usual: bool = False
    is_fixed: bool = False


class Columns:
    """All columns of one list, in their usual order."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._by_key = {column.key: column for column in columns}

    def __iter__(self) -> Iterator[Column]:
        return iter(self._by_key.values())

    def __getitem__(self, key: str) -> Column:
        return self._by_key[key]

    @property
    def usual(self) -> list[str]:
        """The columns that are shown until somebody chooses."""
        return [column.key for column in self if column.is_usual]

    def chosen(self, asked: Iterable[str]) -> list[str]:
        """Return the columns to show: those asked for, once each and in that order.

        The usual ones where nothing known is asked for; a fixed one that was left out comes first.
        """
        known = [key for key in dict.fromkeys(asked) if key in self._by_key]
        if not known:
            return self.usual
        missing = [c.key for c in self if c.is_fixed and c.key not in known]
        return [*missing, *known]

    def unknown(self, asked: Iterable[str]) -> list[str]:
        """Return what is asked for and is no column of this list."""
        return [key for key in dict.fromkeys(asked) if key not in self._by_key]

    def choices(self, chosen: Sequence[str]) -> list[tuple[Column, bool]]:
        """Return every column with whether it is chosen: first the chosen ones, in their order."""
        others = [column.key for column in self if column.key not in chosen]
        return [(self[key], key in chosen) for key in (*chosen, *others)]

    def cells(self, chosen: Iterable[str]) -> list[Cell]:
        """Return the cells of the chosen columns."""
        return [cell for key in chosen for cell in self[key].cells]


@dataclass(frozen=True)
class FilterWords:
    """What one filter of a list is called, and its values where they are codes."""

    label: StrOrPromise
    choices: Sequence[tuple[str, StrOrPromise]] = ()
