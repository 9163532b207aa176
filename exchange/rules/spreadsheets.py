"""What a spreadsheet may hold, on the way in (size) and on the way out (no live formulas)."""

from __future__ import annotations

import re
from enum import StrEnum

from core.signs import TURNING, WIDTHLESS
from core.unseen import FORMULA_SIGNS, starts_a_formula

MEBIBYTE = 1024 * 1024

MAX_UPLOAD_BYTES = 50 * MEBIBYTE
# 100,000 customers by 25 columns unpack to about 140 MB.
MAX_UNPACKED_BYTES = 320 * MEBIBYTE
MAX_ZIP_MEMBERS = 2_000
MAX_ROWS = 200_000
MAX_COLUMNS = 256
# A row counts up to its last filled cell, and an empty one nothing.
MAX_AREA = 6_000_000
MAX_READER_MEMORY = 1024 * MEBIBYTE
MAX_READER_SECONDS = 120

_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
_QUOTED_NUMBER = re.compile(r"['‘’＇´`]([\w+.-]*\d[\w+.-]*)['‘’＇´`]")
_APOSTROPHES = frozenset("'‘’＇´`")
_UNSEEN_BEFORE = re.compile(f"[\\s{TURNING}{WIDTHLESS}]*")
# A sign at which some program parts cells, and what stands up to the first sign behind it.
_PARTED = re.compile(f"([;\\t\\r\\n])([ \u3000\u00a0{TURNING}{WIDTHLESS}]*[^;\\s])")
_APOSTROPHE = re.compile(
    f"([;\\t\\r\\n])'(?=[ \u3000\u00a0{TURNING}{WIDTHLESS}]*[{FORMULA_SIGNS}])"
)
MARKS = _APOSTROPHES | {"="}
"""What a cell begins with that may be marked as text."""


class FileProblem(StrEnum):
    """Why a file cannot be read at all."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    PASSWORD = "password"  # noqa: S105 - a reason, not a secret
    OLD_EXCEL = "old_excel"
    NOT_A_SPREADSHEET = "not_a_spreadsheet"
    ENCODING = "encoding"
    DAMAGED = "damaged"
    NO_HEADINGS = "no_headings"
    NO_NUMBER_COLUMN = "no_number_column"
    NO_MONTH_COLUMN = "no_month_column"
    NO_LEAVING_COLUMN = "no_leaving_column"
    NO_KIND_COLUMN = "no_kind_column"
    NO_ROWS = "no_rows"
    NO_SUCH_SHEET = "no_such_sheet"
    OPEN_QUOTE = "open_quote"


def neutralise(value: object) -> object:
    """Return ``value`` so that no spreadsheet program runs it as a formula (OWASP CSV injection).

    Text that begins like a formula gets an apostrophe before it, and so does what looks like one
    behind a semicolon, a tab or a line's end: a program that parts cells there would begin a cell
    with it. Everything else stays as it is.
    """
    if not isinstance(value, str):
        return value
    before = _UNSEEN_BEFORE.match(value)
    begins = before.end() if before is not None else 0
    text = value[:begins] + _PARTED.sub(_with_apostrophe, value[begins:])
    return f"'{text}" if starts_a_formula(text) else text


def without_text_mark(text: str) -> str:
    """Return ``text`` without what makes a cell text for a spreadsheet program.

    That is ="001" in text files, and an apostrophe before the value, straight or as an input method
    bends it. A quoted word (‘红旗’渠, 'Abd) al'Aziz) keeps its marks.
    """
    if found := _TEXT_FORMULA.fullmatch(text):
        return found[1].replace('""', '"')
    if found := _QUOTED_NUMBER.fullmatch(text):
        return found[1]
    if text[:1] in _APOSTROPHES and len(text) > 1 and not _APOSTROPHES & set(text[1:]):
        return text[1:]
    return text


def restore(text: str) -> str:
    """Take back the apostrophes of ``neutralise``: a file sent again means the same."""
    if text.startswith("'") and starts_a_formula(text[1:]):
        text = text[1:]
    return _APOSTROPHE.sub(r"\1", text)


def _with_apostrophe(found: re.Match[str]) -> str:
    return f"{found[1]}'{found[2]}" if starts_a_formula(found[2]) else found[0]
