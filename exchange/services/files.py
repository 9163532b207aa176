"""Opening a file of whatever kind as one table: rows with the numbers a person sees."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
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
    with_groups,
)
from exchange.rules.quotes import is_broken
from exchange.rules.rows import is_blank
from exchange.rules.spreadsheets import FileProblem
from exchange.rules.traditional import is_big5

ZIP_SIGNATURE = b"PK\x03\x04"
COMPOUND_FILE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Excel 2 to 4 wrote their records without a file system around them.
OLD_EXCEL_SIGNATURES = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
SNIFFED_BYTES = 64 * 1024
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = (",", "\t", ";", "|")
ROOT = Path(__file__).parents[2]
WORKBOOK_PROCESS = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from exchange.services.workbooks.process import main; main()"
)

Head = list[list[Cell]]
"""The first rows of a table."""
_STOPPED_BY_A_LIMIT = {-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV}
# Control characters that no text has; NUL is another matter, it fills up fields of fixed size.
_OF_NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1f\x7f]")
_CUT = {"unexpected end of data", "incomplete multibyte sequence", "truncated data"}


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
    if start.startswith(COMPOUND_FILE_SIGNATURE) and ENCRYPTED_STREAM in path.read_bytes():
        raise FileRejectedError(FileProblem.PASSWORD)
    if start.startswith((ZIP_SIGNATURE, COMPOUND_FILE_SIGNATURE)):
        return "workbook"
    if start.startswith(OLD_EXCEL_SIGNATURES):
        raise FileRejectedError(FileProblem.OLD_EXCEL)
    if not start.startswith(UTF_16):
        _check_is_text(start.removeprefix(codecs.BOM_UTF8))
    return "text"


def _check_is_text(start: bytes) -> None:
    other = start.lstrip().startswith((b"<", b"%PDF", b"{\\rtf"))
    inside = start.rstrip(b"\0\x1a")
    binary = b"\0" in inside and _OF_NO_TEXT.search(inside) and not _utf_16_of(inside)
    if other or binary:
        raise FileRejectedError(FileProblem.NOT_A_SPREADSHEET)


def _start(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(SNIFFED_BYTES)


# --- Text (CSV) -------------------------------------------------------------------------------


@contextmanager
def _open_text(path: Path, recognise: Recognise[F]) -> Iterator[Table[F]]:
    encoding = _encoding(path)
    heads, problems = zip(*(_text_head(path, encoding, sign) for sign in DELIMITERS), strict=True)
    order = sorted(range(len(heads)), key=lambda place: _splits_alike(heads[place]))
    try:
        place, header = _choose(heads, recognise, order)
    except FileRejectedError as nothing:
        raise next((problem for problem in problems if problem), nothing) from nothing
    width = max(column.index for column in header.columns) + 1
    with _decoded(path, encoding) as stream:
        rows = enumerate(_records(stream, DELIMITERS[place], width), start=1)
        yield Table("", header, _below(header, rows))


def _choose(
    heads: Sequence[Head], recognise: Recognise[F], order: Iterable[int]
) -> tuple[int, Header[F]]:
    """Return which head to read on from, and its header.

    That with most known headings; where none has any, the first in ``order`` with two texts in a
    row. Raises FileRejectedError where there is none.
    """
    known = [find_header(head, recognise) for head in heads]
    place = best_sheet(known)
    if place is not None and (header := known[place]) is not None:
        return place, header
    for place in order:
        if header := first_row_as_header(heads[place], recognise):
            return place, header
    filled = any(not is_blank(cells) for head in heads for cells in head)
    raise FileRejectedError(FileProblem.NO_HEADINGS if filled else FileProblem.EMPTY)


def _splits_alike(head: Head) -> tuple[float, int]:
    """Return how well a delimiter splits the first rows: the lower, the more of them alike."""
    widths = Counter(len(cells) for cells in head if len(cells) > 1)
    width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return (-rows / len(head) if head else 0.0, -width)


def _encoding(path: Path) -> str:
    """Return the first encoding in which the whole file decodes."""
    start = _start(path)
    for encoding in _encodings_of(start):
        try:
            with _decoded(path, encoding) as stream:
                while stream.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        if encoding == "gb18030" and is_big5(start):
            break
        return encoding
    raise FileRejectedError(FileProblem.ENCODING)


def _encodings_of(start: bytes) -> tuple[str, ...]:
    if start.startswith(UTF_16):
        return ("utf-16",)
    without_mark = _utf_16_of(start)
    return (*ENCODINGS, without_mark) if without_mark else ENCODINGS


def _utf_16_of(start: bytes) -> str:
    """Return in which UTF-16 bytes without a mark may be: signs and digits have a zero byte."""
    last = start.rstrip(b"\0")
    zeros = {place & 1 for place, byte in enumerate(last) if not byte}
    if len(zeros) != 1:
        return ""
    return "utf-16-le" if zeros == {1} else "utf-16-be"


def _decoded(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open(encoding=encoding, errors=LENIENT, newline="")


def _lenient(error: UnicodeError) -> tuple[str, int]:
    """Let pass what spreadsheet programs let pass, else raise the error.

    The euro of Windows' GBK; a last character that was cut off becomes U+FFFD, which no reader of
    values takes.
    """
    if isinstance(error, UnicodeDecodeError):
        if error.encoding.startswith("gb") and error.object[error.start] == 0x80:
            return "€", error.start + 1
        if error.reason in _CUT:
            return "\ufffd", error.end
    raise error


LENIENT = "exchange.lenient"
codecs.register_error(LENIENT, _lenient)


def _text_head(path: Path, encoding: str, delimiter: str) -> tuple[Head, FileRejectedError | None]:
    """Return the first rows as this delimiter splits them, and why there are no more of them.

    With a wrong delimiter a field may have no end; the rows before it say enough.
    """
    head: Head = []
    with _decoded(path, encoding) as stream:
        try:
            for record in _records(stream, delimiter, 0):
                head.append(record)
                if len(head) == HEADER_SEARCH_ROWS:
                    break
        except FileRejectedError as error:
            return head, error
    return head, None


def _records(stream: Iterable[str], delimiter: str, width: int) -> Iterator[list[Cell]]:
    """Return the rows of a text. ``width``: of its header, if it is known already.

    Raises FileRejectedError, naming the row, where a quotation mark swallows other fields or rows.
    """
    lines: list[str] = []
    reader = csv.reader(_noted(stream, lines), delimiter=delimiter)
    row_number = 0
    while True:
        row_number += 1
        lines.clear()
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _broken("".join(lines), delimiter, row_number) from error
        raw = "".join(lines)
        if '"' in raw and is_broken(raw, delimiter, width):
            raise FileRejectedError(FileProblem.OPEN_QUOTE, row_number)
        yield cast("list[Cell]", _not_too_wide(record))


def _noted(stream: Iterable[str], lines: list[str]) -> Iterator[str]:
    """Hand lines on without what fills up or ends files of fixed size, and note them."""
    for line in stream:
        if "\0" in line or "\x1a" in line:
            line = line.replace("\0", "").rstrip("\x1a")  # noqa: PLW2901
        lines.append(line)
        yield line


def _broken(raw: str, delimiter: str, row_number: int) -> FileRejectedError:
    if is_broken(raw, delimiter, 0):
        return FileRejectedError(FileProblem.OPEN_QUOTE, row_number)
    return FileRejectedError(FileProblem.DAMAGED)


def _not_too_wide(record: list[str]) -> list[str]:
    if len(record) > spreadsheets.MAX_COLUMNS:
        while record and not record[-1]:
            record.pop()
        if len(record) > spreadsheets.MAX_COLUMNS:
            raise FileRejectedError(FileProblem.TOO_MANY_COLUMNS)
    return record


# --- Workbooks --------------------------------------------------------------------------------


@contextmanager
def _open_workbook(path: Path, recognise: Recognise[F], named: str) -> Iterator[Table[F]]:
    process = subprocess.Popen(  # noqa: S603 - our own module; the path is data on its input
        [sys.executable, "-I", "-c", WORKBOOK_PROCESS, str(ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="ascii",
    )
    try:
        head = {"path": str(path.absolute()), "head_rows": HEADER_SEARCH_ROWS}
        _send(process, head | limits())
        sheets, heads = _heads(process, recognise)
        place, header = _choose_sheet(sheets, heads, recognise, named)
        _send(process, {"place": place, "header_row": header.row_number})
        yield Table(sheets[place].name, header, _below(header, _sheet_rows(process)), sheets)
    finally:
        process.kill()
        process.communicate()


def _choose_sheet(
    sheets: Sequence[Sheet], heads: Sequence[Head], recognise: Recognise[F], named: str
) -> tuple[int, Header[F]]:
    """Return the place of the sheet to read, and its header."""
    places = [place for place, sheet in enumerate(sheets) if sheet.name == named]
    if named and not places:
        raise FileRejectedError(FileProblem.NO_SUCH_SHEET)
    visible = [place for place, sheet in enumerate(sheets) if not sheet.hidden]
    visible = [place for place in visible if any(not is_blank(row) for row in heads[place])]
    places = places or visible or list(range(len(sheets)))
    chosen, header = _choose([heads[place] for place in places], recognise, range(len(places)))
    return places[chosen], header


def limits() -> dict[str, int]:
    """Return what a workbook may hold and its reader may take, as the reading process hears it."""
    return {
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


def _heads(
    process: subprocess.Popen[str], recognise: Recognise[F]
) -> tuple[tuple[Sheet, ...], list[Head]]:
    sheets: list[Sheet] = []
    heads: list[Head] = []
    for message in _messages(process):
        if "sheets" in message:
            break
        sheets.append(Sheet(message["sheet"], message["hidden"], message["rows"]))
        heads.append(with_groups(message["head"], message["groups"], recognise))
    return tuple(sheets), heads


def _sheet_rows(process: subprocess.Popen[str]) -> Iterator[tuple[int, list[Cell]]]:
    for message in _messages(process):
        if isinstance(message, dict):
            return
        yield message[0], message[1]


def _below(
    header: Header[F], rows: Iterator[tuple[int, list[Cell]]]
) -> Iterator[tuple[int, list[Cell]]]:
    return ((row_number, cells) for row_number, cells in rows if row_number > header.row_number)
