"""Reads one workbook in a process of its own, so that a hostile file harms nothing else.

The first line of standard input is a JSON object with the path and the limits. Standard output is
JSON lines: the first rows of each sheet, then, after the name of a sheet came in, every filled row
of it with its number, then ``{"done": true}``. A limit that is passed is ``{"problem": ...}``; a
process that ends without either was stopped by a limit or by a fault of the reader. It imports
nothing else of the product: what runs under the memory limit stays small.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from typing import Any
from xml.parsers import expat

from exchange.services.workbooks.ods import CONTENT, Ods
from exchange.services.workbooks.packages import CHUNK, Package
from exchange.services.workbooks.sheets import (
    Book,
    Cells,
    Filling,
    LimitPassedError,
    Row,
    dense,
    groups,
    within_limits,
)
from exchange.services.workbooks.xlsb import Xlsb
from exchange.services.workbooks.xlsx import Xlsx

COMPOUND_FILE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What damaged archives and workbooks raise in zipfile and in the readers.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    struct.error,
)


def main() -> None:
    """Serve one workbook."""
    order = json.loads(sys.stdin.readline())
    limit_process(order["max_memory"], order["max_seconds"])
    try:
        with opened(order["path"], order) as book:
            serve(book, order)
    except LimitPassedError as passed:
        say({"problem": str(passed)})
    except UNREADABLE:
        say({"problem": "damaged"})
    except MemoryError:
        say({"problem": "unpacks_too_large"})


def limit_process(memory: int, seconds: int) -> None:
    """Let the system stop this process at ``memory`` bytes and ``seconds`` of work."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def opened(path: str, limits: Mapping[str, Any]) -> Iterator[Book]:
    """Open a workbook of whatever kind it is; raise ``LimitPassedError`` where it is none."""
    if is_compound(path):
        yield old_book(path)
        return
    with zipfile.ZipFile(path) as archive:
        package = Package(archive, limits)
        if is_open_document(package):
            yield Ods(package, limits)
            return
        part = workbook_part(package)
        yield Xlsb(package, part) if part.casefold().endswith(".bin") else Xlsx(package, part)


def is_compound(path: str) -> bool:
    """Say whether a file begins as the compound files do in which Excel kept its workbooks."""
    with open(path, "rb") as stream:  # noqa: PTH123 - what runs under the limit stays small
        return stream.read(len(COMPOUND_FILE_SIGNATURE)) == COMPOUND_FILE_SIGNATURE


def old_book(path: str) -> Book:
    """Open a workbook of an old Excel; its reader is loaded only where there is one."""
    from exchange.services.workbooks.xls import Xls

    return Xls(path)


def is_open_document(package: Package) -> bool:
    """Say whether the archive is an OpenDocument spreadsheet, or a document of that family."""
    if "mimetype" not in package or CONTENT not in package:
        return False
    with package.open("mimetype") as stream:
        kind = stream.read(CHUNK)
    if b"opendocument.spreadsheet" not in kind:
        raise LimitPassedError("not_a_spreadsheet")
    return True


def workbook_part(package: Package) -> str:
    """Return the name of the main part: what the package points at, or where it always is."""
    pointed = [part for kind, part in package.related("").values() if kind == "officeDocument"]
    usual = [part for part in package.names() if part.endswith(("/workbook.xml", "/workbook.bin"))]
    for part in pointed + usual:
        if part in package and not part.casefold().startswith(("word/", "ppt/")):
            return part
    raise LimitPassedError("not_a_spreadsheet")


def serve(book: Book, order: Mapping[str, Any]) -> None:
    """Say the first rows of every sheet, hear which one is wanted, say all of its rows."""
    for place, sheet in enumerate(book.sheets):
        head: dict[int, Cells] = dict(filled_rows(book, place, order, order["head_rows"], True))
        say(
            {
                "sheet": sheet.name,
                "hidden": sheet.hidden,
                "rows": sheet.rows,
                "head": [dense(head.get(n, {})) for n in range(1, max(head, default=0) + 1)],
                "groups": groups(book.merges(place), head),
            }
        )
    say({"sheets": len(book.sheets)})
    wanted = json.loads(sys.stdin.readline() or "null")
    if wanted is None:
        return
    place = wanted["place"]
    for number, cells in filled_rows(book, place, order, wanted["header_row"], False):
        say([number, dense(cells)])
    say({"done": True})


def filled_rows(
    book: Book, place: int, limits: Mapping[str, int], header_row: int, only_head: bool
) -> Iterator[Row]:
    """Return the rows of a sheet, merged cells filled: all of them, or those down to a row."""
    rows = book.rows(place)
    if only_head:
        rows = takewhile(lambda row: row[0] <= header_row, rows)
    filling = Filling(book.merges(place), limits["max_columns"], header_row)
    return within_limits(map(filling.fill, rows), limits)


def say(message: Any) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(message, ensure_ascii=True, separators=(",", ":")) + "\n")
    if isinstance(message, dict):
        sys.stdout.flush()
