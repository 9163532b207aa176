"""What every kind of workbook comes down to: sheets of filled cells, and the areas merged there."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from exchange.services.workbooks.formats import Format, Shown

Value = Any
"""A cell as plain JSON, as ``exchange.rules.headings.Cell`` describes it."""
Cells = dict[int, Value]
"""The filled cells of one row by their place, from 0."""
Row = tuple[int, Cells]
"""A row's number, from 1, and its filled cells."""

DAYS_BETWEEN_SYSTEMS = 1462
"""A workbook of the 1904 system counts its days from that much later."""
# What a bare number in the 1904 system can mean as a day; only these carry their system along.
_FIRST_SERIAL, _LAST_SERIAL = 10_000 - DAYS_BETWEEN_SYSTEMS, 73_414 - DAYS_BETWEEN_SYSTEMS
_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no zones
_BEFORE_THE_DAY_THAT_NEVER_WAS = 60
# More digits than any number that an office writes, fewer than a float can hold.
_LONGEST_WHOLE = 40
_AFTER_LAST_DAY = 2_958_466


class LimitPassedError(Exception):
    """The workbook is larger than allowed, or none; carries the problem's name."""


class Merge(NamedTuple):
    """One merged area: rows from 1, columns from 0, the last ones included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass
class SheetInfo:
    """One worksheet: its name, whether it is hidden, how many rows are filled (or nearly)."""

    name: str
    hidden: bool
    rows: int = 0


class Book(Protocol):
    """An opened workbook."""

    @property
    def sheets(self) -> Sequence[SheetInfo]:
        """Return the worksheets in their order."""
        ...

    def rows(self, place: int) -> Iterator[Row]:
        """Return the rows of a sheet that hold anything, downwards."""
        ...

    def merges(self, place: int) -> Sequence[Merge]:
        """Return the merged areas of a sheet."""
        ...


class Filling:
    """Gives every cell of a merged area what its first cell holds, in rows that hold anything."""

    def __init__(self, merges: Iterable[Merge], max_columns: int, header_row: int) -> None:
        self.max_columns, self.header_row = max_columns, header_row
        self.starting: defaultdict[int, list[Merge]] = defaultdict(list)
        for merge in merges:
            self.starting[merge.first_row].append(merge)
        self.open: dict[int, tuple[int, Value]] = {}

    def fill(self, row: Row) -> Row:
        """Return the row with its merged cells filled.

        Down, and below the headings across as well: a title over six columns is no six headings.
        """
        number, cells = row
        for merge in self.starting.pop(number, ()):
            if merge.first_column in cells:
                self._open(merge, cells[merge.first_column])
        if self.open:
            self.open = {place: held for place, held in self.open.items() if held[0] >= number}
            for place, (_last_row, value) in self.open.items():
                cells.setdefault(place, value)
        return row

    def _open(self, merge: Merge, value: Value) -> None:
        across = merge.first_row > self.header_row
        last = merge.last_column if across else merge.first_column
        for place in range(merge.first_column, min(last + 1, self.max_columns)):
            self.open[place] = (merge.last_row, value)


def groups(merges: Iterable[Merge], head: Mapping[int, Cells]) -> list[list[Any]]:
    """Return the headings over several columns: row below them, first and last column, text."""
    found = []
    for merge in merges:
        text = head.get(merge.first_row, {}).get(merge.first_column)
        if text and merge.last_column > merge.first_column and isinstance(text, str):
            found.append([merge.last_row + 1, merge.first_column, merge.last_column, text])
    return found


def within_limits(rows: Iterable[Row], limits: Mapping[str, int]) -> Iterator[Row]:
    """Hand on rows; raise ``LimitPassedError`` at a filled cell or row too many."""
    area = 0
    for filled, (number, cells) in enumerate(rows, start=1):
        width = max(cells, default=-1) + 1
        area += width
        if width > limits["max_columns"]:
            raise LimitPassedError("too_many_columns")
        if filled > limits["max_rows"] or area > limits["max_area"]:
            raise LimitPassedError("too_many_rows")
        yield number, cells


def dense(cells: Cells) -> list[Value]:
    """Return the cells from the first column on, empty ones as empty text."""
    return [cells.get(place, "") for place in range(max(cells, default=-1) + 1)]


def number_of(text: str, *, is_1904: bool) -> Value:
    """Return the number that a cell's text spells, whole ones as they stand there; else the text.

    A whole number keeps all its digits, so that one with more than Excel keeps can be told.
    """
    text = text.strip()
    try:
        is_whole = text.lstrip("-").isdigit() and len(text) <= _LONGEST_WHOLE
        number: float = int(text) if is_whole else float(text)
    except ValueError:
        return text
    return with_system(number, is_1904=is_1904) if math.isfinite(number) else text


def with_system(number: float, *, is_1904: bool) -> Value:
    """Return a number; one of a workbook of the 1904 system that could be a day says so."""
    if is_1904 and _FIRST_SERIAL <= number <= _LAST_SERIAL:
        return {"number": number, "system": 1904}
    return number


def day_text(serial: float, *, is_1904: bool) -> str | None:
    """Return the day, moment or time of day of a serial number as ISO text; None if it is none."""
    if not 0 <= serial < _AFTER_LAST_DAY:
        return None
    days, part = divmod(serial, 1)
    seconds = timedelta(seconds=round(part * 86_400))
    if is_1904:
        days += DAYS_BETWEEN_SYSTEMS
    elif days == 0:
        return str((_ZERO + seconds).time())
    elif days < _BEFORE_THE_DAY_THAT_NEVER_WAS:
        days += 1
    moment = _ZERO + timedelta(days=days) + seconds
    return moment.isoformat() if seconds else date.isoformat(moment)


def as_shown(number: Value, shown: Format, *, is_1904: bool) -> Value:
    """Return a number as its format shows it: days as ISO text, zeros before it as text."""
    plain = number["number"] if isinstance(number, dict) else number
    if shown == Shown.DAY:
        return day_text(plain, is_1904=is_1904) or number
    if shown == Shown.LENGTH:
        return str(timedelta(seconds=round(plain * 86_400))) if abs(plain) < 1e6 else number
    if isinstance(shown, int) and plain >= 0 and plain == int(plain):
        return f"{int(plain):0{shown}}" if plain < 10**shown else number
    return number


def whole_if_whole(number: float) -> float:
    """Return a float that is a whole number as one, so that it is written without a point."""
    return int(number) if float(number).is_integer() else number


_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


def error_text(code: int) -> str:
    """Return the text of an error of a binary workbook."""
    return _ERRORS.get(code, "#VALUE!")
