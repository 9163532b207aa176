"""Opening a file of whatever kind as one table: rows with the numbers a person sees."""

from __future__ import annotations

import codecs
import csv
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
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
    recognise_heading,
)
from exchange.rules.spreadsheets import FileProblem

ZIP_SIGNATURE = b"PK\x03\x04"
COMPOUND_FILE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
SNIFFED_BYTES = 64 * 1024
ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = (",", "\t", ";")
WORKBOOK_PROCESS = Path(__file__).with_name("workbook_process.py")
_STOPPED_BY_A_LIMIT = {-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV}


class FileRejectedError(Exception):
    """The file cannot be read at all; carries the ``FileProblem``."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True)
class Table(Generic[F]):
    """One table of a file: its header and an iterator over the rows below it, to use once.

    Rows carry their number as the spreadsheet counts, from 1, title rows included.
    """

    sheet: str
    header: Header[F]
    rows: Iterator[tuple[int, list[Cell]]]


def open_roster(path: Path) -> AbstractContextManager[Table[RosterField]]:
    """Open a roster as ``open_table`` does."""
    return open_table(path, recognise_heading)


@contextmanager
def open_table(path: Path, recognise: Recognise[F]) -> Iterator[Table[F]]:
    """Open the file at ``path`` by its content, not its name.

    Raises FileRejectedError where it is too large, locked, damaged, no spreadsheet, or has no
    heading that we know; while rows are read too. Holds one row at a time.
    """
    kind = _sniff(path)
    open_it = _open_workbook if kind == "workbook" else _open_text
    with open_it(path, recognise) as table:
        yield table


def _sniff(path: Path) -> str:
    """Return "workbook" or "text"; raise FileRejectedError for anything else."""
    size = path.stat().st_size
    if size == 0:
        raise FileRejectedError(FileProblem.EMPTY)
    if size > spreadsheets.MAX_UPLOAD_BYTES:
        raise FileRejectedError(FileProblem.TOO_LARGE)
    with path.open("rb") as stream:
        start = stream.read(SNIFFED_BYTES)
    if start.startswith(ZIP_SIGNATURE):
        return "workbook"
    if start.startswith(COMPOUND_FILE_SIGNATURE):
        locked = ENCRYPTED_STREAM in path.read_bytes()
        raise FileRejectedError(FileProblem.PASSWORD if locked else FileProblem.OLD_EXCEL)
    if b"\0" in start or start.lstrip().startswith((b"<", b"%PDF")):
        raise FileRejectedError(FileProblem.NOT_A_SPREADSHEET)
    return "text"


# --- Text (CSV) -------------------------------------------------------------------------------


@contextmanager
def _open_text(path: Path, recognise: Recognise[F]) -> Iterator[Table[F]]:
    encoding = _encoding(path)
    headers = [_text_header(path, encoding, delimiter, recognise) for delimiter in DELIMITERS]
    place = best_sheet(headers)
    header = headers[place] if place is not None else None
    if place is None or header is None:
        raise FileRejectedError(FileProblem.NO_HEADINGS)
    with path.open(encoding=encoding, newline="") as stream:
        records = _records(csv.reader(stream, delimiter=DELIMITERS[place]))
        yield Table("", header, _below(header, records))


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
        return encoding
    raise FileRejectedError(FileProblem.ENCODING)


def _text_header(
    path: Path, encoding: str, delimiter: str, recognise: Recognise[F]
) -> Header[F] | None:
    head: list[list[Cell]] = []
    with path.open(encoding=encoding, newline="") as stream:
        records = _records(csv.reader(stream, delimiter=delimiter))
        # With a wrong delimiter a field may have no end; the rows before it say enough.
        with suppress(FileRejectedError):
            head.extend(islice(records, HEADER_SEARCH_ROWS))
    return find_header(head, recognise)


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
def _open_workbook(path: Path, recognise: Recognise[F]) -> Iterator[Table[F]]:
    process = subprocess.Popen(  # noqa: S603 - our own script; the path is data on its input
        [sys.executable, "-I", str(WORKBOOK_PROCESS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="ascii",
    )
    try:
        _send(process, _order(path))
        sheets = list(_heads(process))
        headers = [find_header(head, recognise) for _, head in sheets]
        place = best_sheet(headers)
        header = headers[place] if place is not None else None
        if place is None or header is None:
            raise FileRejectedError(FileProblem.NO_HEADINGS)
        sheet = sheets[place][0]
        _send(process, sheet)
        yield Table(sheet, header, _below(header, _sheet_rows(process)))
    finally:
        process.kill()
        process.communicate()


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


def _heads(process: subprocess.Popen[str]) -> Iterator[tuple[str, list[list[Cell]]]]:
    for message in _messages(process):
        if "sheets" in message:
            return
        yield message["sheet"], message["head"]


def _sheet_rows(process: subprocess.Popen[str]) -> Iterator[list[Cell]]:
    for message in _messages(process):
        if isinstance(message, dict):
            return
        yield message


def _below(header: Header[F], rows: Iterator[list[Cell]]) -> Iterator[tuple[int, list[Cell]]]:
    for row_number, cells in enumerate(rows, start=1):
        if row_number > header.row_number:
            yield row_number, cells
