"""XLS, the workbooks of Excel 5 to 2003: values by calamine, what it leaves out by ourselves.

It gives cells with an error as empty, and says nothing of the date system: both are read from the
records of the workbook stream ([MS-XLS]) within the compound file ([MS-CFB]).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from exchange.services.workbooks.sheets import (
    LimitPassedError,
    Merge,
    Row,
    SheetInfo,
    Value,
    error_text,
    whole_if_whole,
    with_system,
)

_STREAMS = ("Workbook", "Book")
_BEGIN, _END, _FORMULA, _ERROR = 0x0809, 0x000A, 0x0006, 0x0205
_SHEET, _PASSWORD, _DATE_SYSTEM = 0x0085, 0x002F, 0x0022
_LAST_SECTOR = 0xFFFFFFF0
_ENTRY = 128


class Xls:
    """A workbook of binary records in a compound file."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as stream:  # noqa: PTH123 - what runs under the limit stays small
            stored = workbook_stream(stream.read())
        self._errors: list[dict[tuple[int, int], str]] = []
        self._is_1904 = False
        positions = self._globals(stored)
        with _damage():
            self._workbook = CalamineWorkbook.from_path(path)
        self.sheets: list[SheetInfo] = []
        self._places: list[int] = []
        self._open: tuple[int, CalamineSheet] | None = None
        for place, known in enumerate(self._workbook.sheets_metadata):
            if known.typ == SheetTypeEnum.WorkSheet:
                hidden = known.visible != SheetVisibleEnum.Visible
                self.sheets.append(SheetInfo(known.name, hidden))
                self._places.append(place)
                self._errors.append(_errors_of(stored, positions[place]))
        for place, sheet in enumerate(self.sheets):
            sheet.rows = self._sheet(place).height

    def merges(self, place: int) -> Sequence[Merge]:
        """Return the merged areas of a sheet."""
        found = self._sheet(place).merged_cell_ranges or []
        return sorted(Merge(top + 1, left, down + 1, right) for (top, left), (down, right) in found)

    def rows(self, place: int) -> Iterator[Row]:
        """Return the filled rows of a sheet."""
        sheet, errors = self._sheet(place), self._errors[place]
        rows_with_errors: dict[int, dict[int, str]] = {}
        for (row, column), text in errors.items():
            rows_with_errors.setdefault(row, {})[column] = text
        left = sheet.start[1] if sheet.start else 0
        last = -1
        # The rows come from the sheet's first one on, but only the columns from its first filled.
        for row, values in enumerate(sheet.iter_rows() if sheet.start else ()):
            cells = {
                left + column: plain
                for column, value in enumerate(values)
                if (plain := self._plain(value)) != ""
            }
            cells |= rows_with_errors.pop(row, {})
            last = row
            if cells:
                yield row + 1, cells
        for row in sorted(rows_with_errors):
            if row > last:
                yield row + 1, dict(rows_with_errors[row])

    def _sheet(self, place: int) -> CalamineSheet:
        """Return a sheet; one at a time is held."""
        if self._open is None or self._open[0] != place:
            self._open = None
            with _damage():
                self._open = (place, self._workbook.get_sheet_by_index(self._places[place]))
        return self._open[1]

    def _globals(self, stored: bytes) -> list[int]:
        """Read what holds for the whole workbook; return where each sheet begins."""
        positions = []
        for kind, data in _records(stored, 0):
            if kind == _PASSWORD:
                raise LimitPassedError("password")
            if kind == _DATE_SYSTEM:
                self._is_1904 = data[:1] == b"\x01"
            elif kind == _SHEET:
                positions.append(struct.unpack_from("<I", data)[0])
        return positions

    def _plain(self, value: Value) -> Value:
        """Return dates and times as ISO text, numbers with their date system."""
        if isinstance(value, str):
            return value.replace("\0", "")
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return with_system(whole_if_whole(value), is_1904=self._is_1904)
        if isinstance(value, datetime):
            return value.isoformat() if value.time() != time() else value.date().isoformat()
        if isinstance(value, date | time):
            return value.isoformat()
        return str(value) if isinstance(value, timedelta) else ""


@contextmanager
def _damage() -> Iterator[None]:
    """Turn what calamine says of a damaged workbook into the error that all readers raise."""
    try:
        yield
    except CalamineError as error:
        raise ValueError(str(error)) from error


def workbook_stream(file: bytes) -> bytes:
    """Return the workbook's stream of a compound file; raise ``LimitPassedError`` without one."""
    compound = CompoundFile(file)
    for name in _STREAMS:
        stored = compound.stream(name)
        if stored is not None:
            return stored
    raise LimitPassedError("not_a_spreadsheet")


def _records(stored: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """Return the records from ``place`` to the end of that part of the stream."""
    depth = 0
    while place + 4 <= len(stored):
        kind, size = struct.unpack_from("<HH", stored, place)
        yield kind, stored[place + 4 : place + 4 + size]
        place += 4 + size
        # A chart within a sheet is a part within the part.
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return


def _errors_of(stored: bytes, place: int) -> dict[tuple[int, int], str]:
    """Return the cells of a sheet that hold an error, by row and column from 0."""
    errors = {}
    for kind, data in _records(stored, place):
        if kind == _ERROR and data[7:8] == b"\x01":
            errors[struct.unpack_from("<HH", data)] = error_text(data[6])
        elif kind == _FORMULA and data[12:14] == b"\xff\xff" and data[6:7] == b"\x02":
            errors[struct.unpack_from("<HH", data)] = error_text(data[8])
    return errors


class CompoundFile:
    """A file system in a file: streams in chains of sectors."""

    def __init__(self, file: bytes) -> None:
        self._file = file
        shift, small_shift = struct.unpack_from("<HH", file, 30)
        if not (7 <= shift <= 16 and 2 <= small_shift <= shift):
            raise ValueError("no sectors")
        self._size, self._small_size = 1 << shift, 1 << small_shift
        first_entry, self._cutoff, first_small = struct.unpack_from("<I4xII", file, 48)
        self._next = self._table(self._sectors_of_table())
        entries = self._chained(first_entry)
        self._entries = [entries[at : at + _ENTRY] for at in range(0, len(entries), _ENTRY)]
        self._next_small = self._numbers(self._chained(first_small))
        root = self._entries[0] if self._entries else b""
        self._small = self._chained(struct.unpack_from("<I", root, 116)[0])

    def stream(self, name: str) -> bytes | None:
        """Return the bytes of a stream, None where there is none of that name."""
        wanted = f"{name}\0".encode("utf-16-le")
        for entry in self._entries:
            if entry[: len(wanted)] == wanted and entry[66:67] == b"\x02":
                start, size = struct.unpack_from("<II", entry, 116)
                if size < self._cutoff:
                    return self._small_chained(start)[:size]
                return self._chained(start)[:size]
        return None

    def _sectors_of_table(self) -> list[int]:
        sectors = list(struct.unpack_from("<109I", self._file, 76))
        more, count = struct.unpack_from("<II", self._file, 68)
        while more < _LAST_SECTOR and count > 0:
            *held, more = self._numbers(self._sector(more))
            sectors += held
            count -= 1
        return [sector for sector in sectors if sector < _LAST_SECTOR]

    def _table(self, sectors: Sequence[int]) -> list[int]:
        return self._numbers(b"".join(self._sector(sector) for sector in sectors))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._file[start : start + self._size]

    def _chained(self, start: int) -> bytes:
        return b"".join(self._sector(sector) for sector in _chain(start, self._next))

    def _small_chained(self, start: int) -> bytes:
        size = self._small_size
        sectors = _chain(start, self._next_small)
        return b"".join(self._small[sector * size : (sector + 1) * size] for sector in sectors)

    @staticmethod
    def _numbers(data: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))


def _chain(start: int, following: Sequence[int]) -> Iterator[int]:
    """Return the sectors from ``start`` on; a chain that runs in a circle is an error."""
    seen = 0
    while start < _LAST_SECTOR:
        yield start
        start = following[start]
        seen += 1
        if seen > len(following):
            raise ValueError("a chain without end")
