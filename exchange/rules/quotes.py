"""Quotation marks in a text file: which fields of several lines are one value, which are an error.

Plain values in and out. A mark that is never closed, or closed by the one that opens another field,
makes one field of many; whoever reads on would lose rows, and store strangers' numbers in a note.
"""

from __future__ import annotations

import re

# Possessive: a doubled mark is one mark of the value, never an end and a beginning.
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[A-Za-z]+")


def is_broken(raw: str, delimiter: str, width: int) -> bool:
    """Say whether a quoted field of this record holds what is not its own.

    ``raw`` is the record with its line ends; ``width`` the number of columns, 0 where it is not
    known yet. An address of two lines is one value. It is none where the field is not closed,
    where text follows its end although it holds a delimiter or a line break, or where one of its
    lines is a row itself: as many fields as the header has, or one that begins as this row does.
    """
    raw = raw.rstrip("\r\n")
    beginning = raw.lstrip('"').partition(delimiter)[0]
    place = start = 0
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
            if _holds_a_row(inside, delimiter, width, place, beginning):
                return True
        start = _next(raw, delimiter, end) + 1
        place += 1
    return False


def _next(raw: str, delimiter: str, start: int) -> int:
    end = raw.find(delimiter, start)
    return len(raw) if end < 0 else end


def _holds_a_row(inside: str, delimiter: str, width: int, place: int, beginning: str) -> bool:
    first, *others = _LINE_BREAK.split(inside)
    if not others:
        return False
    if place == 0 and delimiter in first:
        return True
    shape = _shape(beginning)
    for line in others:
        fields = line.split(delimiter)
        if 2 < width <= len(fields):
            return True
        if len(fields) > 1 and "9" in shape and _shape(fields[0]) == shape:
            return True
    return False


def _shape(text: str) -> str:
    """Return what a number looks like: BJ70000003 and CX1 are both a9."""
    return _LETTERS.sub("a", _DIGITS.sub("9", text.strip('" ')))
