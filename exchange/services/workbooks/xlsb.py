"""XLSB: parts of binary records ([MS-XLSB]), only the filled cells of them."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence

from exchange.services.workbooks.formats import Format, format_of
from exchange.services.workbooks.packages import Package
from exchange.services.workbooks.sheets import (
    Merge,
    Row,
    SheetInfo,
    Value,
    as_shown,
    error_text,
    whole_if_whole,
    with_system,
)

# The records that are read; all others are passed over.
_ROW, _RK, _ERROR, _BOOL, _REAL, _TEXT, _SHARED = 0, 2, 3, 4, 5, 6, 7
_FORMULA_TEXT, _FORMULA_NUMBER, _FORMULA_BOOL, _FORMULA_ERROR = 8, 9, 10, 11
_SHARED_ITEM, _FORMAT, _XF = 19, 44, 47
_WORKBOOK_PROPERTIES, _SHEET, _MERGED = 153, 156, 176
_CELL_FORMATS, _END_OF_CELL_FORMATS = 617, 618
_TEXTS, _NUMBERS = {_TEXT, _FORMULA_TEXT}, {_RK, _REAL, _FORMULA_NUMBER}
_BOOLS, _ERRORS = {_BOOL, _FORMULA_BOOL}, {_ERROR, _FORMULA_ERROR}
_CELLS = _TEXTS | _NUMBERS | _BOOLS | _ERRORS | {_SHARED}


class Xlsb:
    """A workbook of binary parts."""

    def __init__(self, package: Package, workbook: str) -> None:
        self._package = package
        self._related = package.related(workbook)
        self._is_1904 = False
        self.sheets: list[SheetInfo] = []
        self._parts: list[str] = []
        for kind, data in self._records(workbook):
            if kind == _WORKBOOK_PROPERTIES:
                self._is_1904 = bool(data[0] & 1)
            elif kind == _SHEET:
                self._see_sheet(data)
        self._merges = [self._survey(part, sheet) for part, sheet in self._with_parts()]
        self._strings = self._shared_texts()
        self._formats = self._cell_formats()

    def merges(self, place: int) -> Sequence[Merge]:
        """Return the merged areas of a sheet."""
        return self._merges[place]

    def rows(self, place: int) -> Iterator[Row]:
        """Return the filled rows of a sheet."""
        row: Row = (0, {})
        for kind, data in self._records(self._parts[place]):
            if kind == _ROW:
                if row[1]:
                    yield row
                number = struct.unpack_from("<I", data)[0] + 1
                if number <= row[0]:
                    raise ValueError("rows out of order")
                row = (number, {})
            elif kind in _CELLS:
                column, style = struct.unpack_from("<II", data)
                value = self._value(kind, data, style & 0xFFFFFF)
                if value != "":
                    row[1][column] = value
        if row[1]:
            yield row

    def _see_sheet(self, data: bytes) -> None:
        state = struct.unpack_from("<I", data)[0]
        pointer, end = _text(data, 8)
        name, _end = _text(data, end)
        kind, part = self._related[pointer]
        if kind == "worksheet":
            self.sheets.append(SheetInfo(name, state != 0))
            self._parts.append(part)

    def _with_parts(self) -> Iterator[tuple[str, SheetInfo]]:
        return zip(self._parts, self.sheets, strict=True)

    def _survey(self, part: str, sheet: SheetInfo) -> list[Merge]:
        merges = []
        is_filled = False
        for kind, data in self._records(part):
            if kind == _ROW:
                is_filled = False
            elif kind in _CELLS and not is_filled:
                sheet.rows, is_filled = sheet.rows + 1, True
            elif kind == _MERGED:
                top, bottom, left, right = struct.unpack_from("<4I", data)
                merges.append(Merge(top + 1, left, bottom + 1, right))
        return sorted(merges)

    def _value(self, kind: int, data: bytes, style: int) -> Value:
        if kind in _TEXTS:
            return _text(data, 8)[0]
        if kind == _SHARED:
            return self._strings[struct.unpack_from("<I", data, 8)[0]]
        if kind in _ERRORS:
            return error_text(data[8])
        if kind in _BOOLS:
            return bool(data[8])
        number = _rk(data) if kind == _RK else struct.unpack_from("<d", data, 8)[0]
        return self._number(number, style)

    def _number(self, number: float, style: int) -> Value:
        if not math.isfinite(number):
            return str(number)
        shown = self._formats[style] if style < len(self._formats) else None
        value = with_system(whole_if_whole(number), is_1904=self._is_1904)
        return value if shown is None else as_shown(value, shown, is_1904=self._is_1904)

    def _part_of(self, kind: str) -> str | None:
        part = next((part for found, part in self._related.values() if found == kind), None)
        return part if part is not None and part in self._package else None

    def _shared_texts(self) -> list[str]:
        part = self._part_of("sharedStrings")
        records = self._records(part) if part else iter(())
        return [_text(data, 1)[0] for kind, data in records if kind == _SHARED_ITEM]

    def _cell_formats(self) -> list[Format]:
        part = self._part_of("styles")
        codes: dict[int, str] = {}
        formats: list[Format] = []
        is_of_cells = False
        for kind, data in self._records(part) if part else ():
            if kind == _FORMAT:
                codes[struct.unpack_from("<H", data)[0]] = _text(data, 2)[0]
            elif kind in (_CELL_FORMATS, _END_OF_CELL_FORMATS):
                is_of_cells = kind == _CELL_FORMATS
            elif kind == _XF and is_of_cells:
                number = struct.unpack_from("<H", data, 2)[0]
                formats.append(format_of(number, codes.get(number)))
        return formats

    def _records(self, part: str) -> Iterator[tuple[int, bytes]]:
        """Return the records of a part: what each is, and its bytes."""
        with self._package.open(part) as stream:
            data = stream.read()
        place = 0
        while place < len(data):
            kind, place = _varied(data, place, 2)
            size, place = _varied(data, place, 4)
            yield kind, data[place : place + size]
            place += size


def _varied(data: bytes, place: int, most: int) -> tuple[int, int]:
    """Return a number of up to ``most`` bytes of seven bits each, and where it ends."""
    number = 0
    for digit in range(most):
        byte = data[place]
        place += 1
        number |= (byte & 0x7F) << 7 * digit
        if not byte & 0x80:
            break
    return number, place


def _text(data: bytes, place: int) -> tuple[str, int]:
    """Return a text of counted UTF-16 characters, and where it ends."""
    start = place + 4
    end = start + 2 * struct.unpack_from("<I", data, place)[0]
    if end > len(data):
        raise ValueError("a text longer than its record")
    return data[start:end].decode("utf-16-le", "replace").replace("\0", ""), end


def _rk(data: bytes) -> float:
    """Return a number of Excel's short form: an integer or half a float, maybe of hundredths."""
    (bits,) = struct.unpack_from("<I", data, 8)
    if bits & 2:
        number: float = struct.unpack_from("<i", data, 8)[0] >> 2
    else:
        (number,) = struct.unpack("<d", struct.pack("<II", 0, bits & 0xFFFFFFFC))
    return number / 100 if bits & 1 else number
