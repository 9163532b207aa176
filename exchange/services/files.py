"""Opening a file of whatever kind as one table: rows with the numbers a person sees."""

from __future__ import annotations

import codecs
import csv
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Generic, cast

from exchange.rules import spreadsheets
from exchange.rules.headings import (
    HEADER_SEARCH_ROWS,
    Cell,
    F,
    Header,
    Recognise,
    RosterField,
    best_sheet,
    find_header,
    first_row_as_header,
    recognise_heading,
)
from exchange.rules.rows import is_blank
from exchange.rules.spreadsheets import FileProblem
from exchange.rules.traditional import is_big5

ZIP_SIGNATURE = b"PK\x03\x04"
COMPOUND_FILE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
SNIFFED_BYTES = 64 * 1024
ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = (",", "\t", ";")
WORKBOOK_PROCESS = Path(__file__).with_name("workbook_process.py")
Head = list[list[Cell]]
"""The first rows of a table."""
_STOPPED_BY_A_LIMIT = {-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV}


class FileRejectedError(Exception):
    """The file cannot be read at all; carries the ``FileProblem`` and the row it was met in."""

    def __init__(self, problem: FileProblem, row_number: int = 0) -> None:
        super().__init__(problem.value)
        self.problem, self.row_number = problem, row_number

    @property
    def kept(self) -> str:
        """Return what is kept with an import, to be told by ``texts.problem_text``."""
        return f"{self.problem.value}:{self.row_number}" if self.row_number else self.problem.value


@dataclass(frozen=True)
class Sheet:
    """One worksheet of a file: its name, whether it is hidden, how many rows hold anything."""

    name: str
    hidden: bool
    rows: int


@dataclass(frozen=True)
class Table(Generic[F]):
    """One table of a file: its header and an iterator over the rows below it, to use once.

    Rows carry their number as the spreadsheet counts, from 1, title rows included. ``sheets`` are
    all worksheets of the file, ``sheet`` is the name of the one that is read; text has none.
    """

    sheet: str
    header: Header[F]
    rows: Iterator[tuple[int, list[Cell]]]
    sheets: tuple[Sheet, ...] = ()


def open_roster(path: Path, sheet: str = "") -> AbstractContextManager[Table[RosterField]]:
    """Open a roster as ``open_table`` does."""
    return open_table(path, recognise_heading, sheet)


@contextmanager
def open_table(path: Path, recognise: Recognise[F], sheet: str = "") -> Iterator[Table[F]]:
    """Open the file at ``path`` by its content, not its name.

    Of a workbook the named ``sheet`` is read, else the visible one with most known headings; a
    hidden one where it is named, or where none is visible. Where no heading is known at all, the
    first row with two texts is the header, and ``header.known`` is 0: the caller asks or refuses.
    Raises FileRejectedError where the file is too large, locked, damaged, empty, no spreadsheet;
    while rows are read too. Holds one row at a time.
    """
    if _sniff(path) == "workbook":
        with _open_workbook(path, recognise, sheet) as table:
            yield table
    else:
        with _open_text(path, recognise) as table:
            yield table


def _sniff(path: Path) -> str:
    """Return "workbook" or "text"; raise FileRejectedError for anything else."""
    size = path.stat().st_size
    if size == 0:
        raise FileRejectedError(FileProblem.EMPTY)
    if size > spreadsheets.MAX_UPLOAD_BYTES:
        raise FileRejectedError(FileProblem.TOO_LARGE)
    start = _start(path)
    if start.startswith(ZIP_SIGNATURE):
        return "workbook"
    if start.startswith(COMPOUND_FILE_SIGNATURE):
        locked = ENCRYPTED_STREAM in path.read_bytes()
        raise FileRejectedError(FileProblem.PASSWORD if locked else FileProblem.OLD_EXCEL)
    if b"\0" in start or start.lstrip().startswith((b"<", b"%PDF")):
        raise FileRejectedError(FileProblem.NOT_A_SPREADSHEET)
    return "text"


def _start(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(SNIFFED_BYTES)


# --- Text (CSV) -------------------------------------------------------------------------------


@contextmanager
def _open_text(path: Path, recognise: Recognise[F]) -> Iterator[Table[F]]:
    encoding = _encoding(path)
    heads = [_text_head(path, encoding, delimiter) for delimiter in DELIMITERS]
    place, header = _choose(heads, recognise)
    with path.open(encoding=encoding, newline="") as stream:
        records = _records(csv.reader(stream, delimiter=DELIMITERS[place]))
        yield Table("", header, _below(header, records))


def _choose(heads: Sequence[Head], recognise: Recognise[F]) -> tuple[int, Header[F]]:
    """Return which head to read on from, and its header: most known headings, or else any at all.

    Raises FileRejectedError where none has two texts in a row.
    """
    known = [find_header(head, recognise) for head in heads]
    place = best_sheet(known)
    if place is not None and (header := known[place]) is not None:
        return place, header
    for place in sorted(range(len(heads)), key=lambda place: _splits_alike(heads[place])):
        if header := first_row_as_header(heads[place], recognise):
            return place, header
    filled = any(not is_blank(cells) for head in heads for cells in head)
    raise FileRejectedError(FileProblem.NO_HEADINGS if filled else FileProblem.EMPTY)


def _encoding(path: Path) -> str:
    """Return the first encoding in which the whole file decodes strictly."""
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        try:
            with path.open("rb") as stream:
                while piece := stream.read(1 << 20):
                    decoder.decode(piece)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        if encoding == "gb18030" and is_big5(_start(path)):
            break
        return encoding
    raise FileRejectedError(FileProblem.ENCODING)


def _splits_alike(head: Head) -> float:
    """Return how well a delimiter splits the first rows: the lower, the more of them alike."""
    widths = Counter(len(cells) for cells in head if len(cells) > 1)
    return -max(widths.values(), default=0) / len(head) if head else 0.0


def _text_head(path: Path, encoding: str, delimiter: str) -> Head:
    head: list[list[Cell]] = []
    with path.open(encoding=encoding, newline="") as stream:
        records = _records(csv.reader(stream, delimiter=delimiter))
        # With a wrong delimiter a field may have no end; the rows before it say enough.
        with suppress(FileRejectedError):
            head.extend(islice(records, HEADER_SEARCH_ROWS))
    return head


def _records(reader: Iterator[list[str]]) -> Iterator[list[Cell]]:
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileRejectedError(FileProblem.DAMAGED) from error
        yield list(record)


# --- Workbooks (XLSX) -------------------------------------------------------------------------


@contextmanager
def _open_workbook(path: Path, recognise: Recognise[F], named: str) -> Iterator[Table[F]]:
    process = subprocess.Popen(  # noqa: S603 - our own script; the path is data on its input
        [sys.executable, "-I", str(WORKBOOK_PROCESS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="ascii",
    )
    try:
        _send(process, _order(path))
        sheets, heads = _heads(process)
        sheet, header = _choose_sheet(sheets, heads, recognise, named)
        _send(process, sheet)
        yield Table(sheet, header, _below(header, _sheet_rows(process)), sheets)
    finally:
        process.kill()
        process.communicate()


def _choose_sheet(
    sheets: Sequence[Sheet], heads: Sequence[Head], recognise: Recognise[F], named: str
) -> tuple[str, Header[F]]:
    """Return the name of the sheet to read, and its header."""
    places = [place for place, sheet in enumerate(sheets) if sheet.name == named]
    if named and not places:
        raise FileRejectedError(FileProblem.NO_SUCH_SHEET)
    visible = [place for place, sheet in enumerate(sheets) if not sheet.hidden]
    visible = [place for place in visible if any(not is_blank(row) for row in heads[place])]
    places = places or visible or list(range(len(sheets)))
    place, header = _choose([heads[place] for place in places], recognise)
    return sheets[places[place]].name, header


def _order(path: Path) -> dict[str, Any]:
    return {
        "path": str(path.absolute()),
        "head_rows": HEADER_SEARCH_ROWS,
        "max_members": spreadsheets.MAX_ZIP_MEMBERS,
        "max_unpacked": spreadsheets.MAX_UNPACKED_BYTES,
        "max_rows": spreadsheets.MAX_ROWS,
        "max_columns": spreadsheets.MAX_COLUMNS,
        "max_area": spreadsheets.MAX_AREA,
        "max_memory": spreadsheets.MAX_READER_MEMORY,
        "max_seconds": spreadsheets.MAX_READER_SECONDS,
    }


def _send(process: subprocess.Popen[str], message: Any) -> None:
    pipe = cast("IO[str]", process.stdin)
    try:
        pipe.write(json.dumps(message) + "\n")
        pipe.flush()
    except BrokenPipeError as error:
        raise FileRejectedError(_problem_of_end(process)) from error


def _messages(process: subprocess.Popen[str]) -> Iterator[Any]:
    """Return what the process says until it ends; an end without a last word is an error."""
    for line in cast("IO[str]", process.stdout):
        message = json.loads(line)
        if isinstance(message, dict) and "problem" in message:
            raise FileRejectedError(FileProblem(message["problem"]))
        yield message
    raise FileRejectedError(_problem_of_end(process))


def _problem_of_end(process: subprocess.Popen[str]) -> FileProblem:
    if process.wait() in _STOPPED_BY_A_LIMIT:
        return FileProblem.UNPACKS_TOO_LARGE
    return FileProblem.DAMAGED


def _heads(process: subprocess.Popen[str]) -> tuple[tuple[Sheet, ...], list[Head]]:
    sheets: list[Sheet] = []
    heads: list[Head] = []
    for message in _messages(process):
        if "sheets" in message:
            break
        sheets.append(Sheet(message["sheet"], message["hidden"], message["rows"]))
        heads.append(message["head"])
    return tuple(sheets), heads


def _sheet_rows(process: subprocess.Popen[str]) -> Iterator[list[Cell]]:
    for message in _messages(process):
        if isinstance(message, dict):
            return
        yield message


def _below(header: Header[F], rows: Iterator[list[Cell]]) -> Iterator[tuple[int, list[Cell]]]:
    for row_number, cells in enumerate(rows, start=1):
        if row_number > header.row_number:
            yield row_number, cells
