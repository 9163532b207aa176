"""Quotation marks in a text file: which fields of several lines are one value, which are an error.

Plain values in and out. A mark that is never closed, or closed by the one that opens another field,
makes one field of many; whoever reads on would lose rows, and store strangers' numbers in a note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Possessive: a doubled mark is one mark of the value, never an end and a beginning.
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_DIGIT, _DIGITS, _LETTERS = re.compile(r"\d"), re.compile(r"\d+"), re.compile(r"[A-Za-z]+")
# Long enough to be no floor and no door.
_LONG_NUMBER = re.compile(r" *\"?[A-Za-z]*\d{5,}\"? *")


def is_broken(raw: str, delimiter: str, width: int) -> bool:
    """Say whether a quoted field of this record holds what is not its own.

    ``raw`` is the record with its line ends; ``width`` the number of columns, 0 where it is not
    known yet. An address of two lines is one value. It is none where the field is not closed,
    where text follows its end although it holds a delimiter or a line break, or where one of its
    lines is a row itself: as many fields as the header has, or one that begins as this row does.
    """
    raw = raw.rstrip("\r\n")
    before: list[str] = []
    start = 0
    while start <= len(raw):
        end = start
        if raw.startswith('"', start):
            quoted = _QUOTED.match(raw, start)
            if quoted is None:
                return True
            end = quoted.end()
            inside = raw[start + 1 : end - 1]
            follows = raw[end : _next(raw, delimiter, end)].strip()
            if follows and (delimiter in inside or _LINE_BREAK.search(inside)):
                return True
            if _holds_a_row(inside, delimiter, width, before):
                return True
        end = _next(raw, delimiter, end)
        before.append(raw[start:end])
        start = end + 1
    return False


def _next(raw: str, delimiter: str, start: int) -> int:
    end = raw.find(delimiter, start)
    return len(raw) if end < 0 else end


def _holds_a_row(inside: str, delimiter: str, width: int, before: Sequence[str]) -> bool:
    """Say whether a line of a quoted value is a row; ``before`` are the fields left of it."""
    first, *others = _LINE_BREAK.split(inside)
    if not others:
        return False
    if not before and delimiter in first:
        return True
    for line in others:
        fields = line.split(delimiter)
        if 2 < width <= len(fields) or _begins_alike(fields, before):
            return True
    return False


def _begins_alike(fields: Sequence[str], before: Sequence[str]) -> bool:
    """Say whether fields begin as those of a row do: a number of the same form in its place."""
    if len(fields) < 2 or not before:
        return False
    shape = _shape(before[0])
    if "9" in shape and _shape(fields[0]) == shape:
        return True
    pairs = zip(fields[1:], before[1:], strict=False)
    return any(_LONG_NUMBER.fullmatch(one) and _size(one) == _size(other) for one, other in pairs)


def _shape(text: str) -> str:
    """Return what a number looks like: BJ70000003 and CX1 are both a9."""
    return _LETTERS.sub("a", _DIGITS.sub("9", text.strip('" ')))


def _size(text: str) -> str:
    """Return what a number looks like, with its length: 13900005101 is eleven 9s."""
    return _DIGIT.sub("9", text.strip('" '))
