"""Reads one XLSX workbook in a process of its own, so that a hostile file harms nothing else.

Run as a script: the first line of standard input is a JSON object with the path and the limits.
Standard output is JSON lines: the first rows of each sheet, then, after the name of a sheet came
in, every row of it, then ``{"done": true}``. A limit that is passed is ``{"problem": ...}``; a
process that ends without either was stopped by a limit or by a fault of the reader. It imports
nothing of the product: what runs under the memory limit stays small.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

CHUNK = 1 << 20
OVERLAP = 4096
# The name of a cell ("AB12"), whatever else its element holds and whatever its prefix is.
_CELL = re.compile(rb"<(?:\w+:)?c\s(?:[^<>]*?\s)?r=[\"']([A-Za-z]{1,8})(\d{1,9})[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row\s(?:[^<>]*?\s)?r=[\"'](\d{1,9})[\"']")
# What damaged archives and workbooks raise in zipfile and in the reader.
UNREADABLE = (
    CalamineError,
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    KeyError,
    NotImplementedError,
    RuntimeError,
)


class LimitPassedError(Exception):
    """The workbook is larger than allowed; carries the problem's name."""


def main() -> None:
    """Serve one workbook."""
    order = json.loads(sys.stdin.readline())
    limit_process(order["max_memory"], order["max_seconds"])
    try:
        check_archive(order["path"], order)
        serve(order["path"], order["head_rows"])
    except LimitPassedError as passed:
        say({"problem": str(passed)})
    except PasswordError:
        say({"problem": "password"})
    except UNREADABLE:
        say({"problem": "damaged"})
    except MemoryError:
        say({"problem": "unpacks_too_large"})


def limit_process(memory: int, seconds: int) -> None:
    """Let the system stop this process at ``memory`` bytes and ``seconds`` of work."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def check_archive(path: str, limits: dict[str, Any]) -> None:
    """Unpack every part once without keeping it; raise ``LimitPassedError`` if too large."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > limits["max_members"]:
            raise LimitPassedError("unpacks_too_large")
        if any(member.flag_bits & 0x1 for member in members):
            raise LimitPassedError("password")
        if not any(member.filename == "xl/workbook.xml" for member in members):
            raise LimitPassedError("not_a_spreadsheet")
        left = limits["max_unpacked"]
        if sum(member.file_size for member in members) > left:
            raise LimitPassedError("unpacks_too_large")
        for member in members:
            extent = Extent(limits["max_rows"], limits["max_columns"], limits["max_area"])
            for piece in pieces(archive, member):
                left -= len(piece)
                if left < 0:
                    raise LimitPassedError("unpacks_too_large")
                extent.see(piece)


def pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Unpack one part piece by piece."""
    with archive.open(member) as stream:
        while piece := stream.read(CHUNK):
            yield piece


class Extent:
    """The furthest row and column that the cells of one part name."""

    def __init__(self, max_rows: int, max_columns: int, max_area: int) -> None:
        self.max_rows, self.max_columns, self.max_area = max_rows, max_columns, max_area
        self.rows = self.columns = 0
        self.tail = b""

    def see(self, piece: bytes) -> None:
        """Look at the next piece; raise ``LimitPassedError`` where a cell lies too far out."""
        text = self.tail + piece
        cells = _CELL.findall(text)
        rows = [int(row) for row in {row for _, row in cells} | set(_ROW.findall(text))]
        columns = [column_number(letters) for letters in {letters for letters, _ in cells}]
        self.rows = max([self.rows, *rows])
        self.columns = max([self.columns, *columns])
        self.tail = text[-OVERLAP:]
        if self.rows > self.max_rows:
            raise LimitPassedError("too_many_rows")
        if self.columns > self.max_columns:
            raise LimitPassedError("too_many_columns")
        if self.rows * self.columns > self.max_area:
            raise LimitPassedError("too_many_rows")


def column_number(letters: bytes) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def serve(path: str, head_rows: int) -> None:
    """Say the first rows of every sheet, hear which one is wanted, say all of its rows."""
    with CalamineWorkbook.from_path(path) as workbook:
        sheets = [
            sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet
        ]
        sheet: CalamineSheet | None = None
        for known in sheets:
            sheet = None
            sheet = workbook.get_sheet_by_name(known.name)
            say(
                {
                    "sheet": known.name,
                    "hidden": known.visible != SheetVisibleEnum.Visible,
                    "rows": sheet.height,
                    "head": list(islice(rows_of(sheet), head_rows)),
                }
            )
        say({"sheets": len(sheets)})
        wanted = json.loads(sys.stdin.readline() or "null")
        if wanted is None:
            return
        if sheet is None or sheet.name != wanted:
            sheet = None
            sheet = workbook.get_sheet_by_name(wanted)
        for row in rows_of(sheet):
            say(row)
        say({"done": True})


def rows_of(sheet: CalamineSheet) -> Iterator[list[Any]]:
    """Return the rows from the first on, each from column A on, as plain JSON values."""
    if sheet.start is None:
        return
    before = [""] * sheet.start[1]
    for row in sheet.iter_rows():
        yield before + [plain(value) for value in row]


def plain(value: Any) -> Any:
    """Return dates and times as ISO text; other values as they are."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return ""
    return value


def say(message: Any) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(message, ensure_ascii=True, separators=(",", ":")) + "\n")
    if isinstance(message, dict):
        sys.stdout.flush()


if __name__ == "__main__":
    main()
