"""What a number format makes of a number: a day, a length of time, a number with its zeros."""

from __future__ import annotations

import re
from enum import StrEnum

# Those of the Chinese versions included (27 to 36 and 50 to 58).
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)}
_BUILT_IN_LENGTH = 46
_LENGTH = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_NOT_READ = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_OF_A_DATE = re.compile(r"[ymdhs]|aaa", re.IGNORECASE)
_ZEROS = re.compile(r"0{2,}")


class Shown(StrEnum):
    """What a number is shown as, where it is not the number itself."""

    DAY = "day"
    LENGTH = "length"


Format = Shown | int | None
"""An int is the number of digits of a format that fills up with zeros (000000)."""


def format_of(number: int, code: str | None) -> Format:
    """Return what the number format with this id, and this code if it has one, makes of numbers."""
    if code is None:
        if number == _BUILT_IN_LENGTH:
            return Shown.LENGTH
        return Shown.DAY if number in _BUILT_IN_DATES else None
    first = code.split(";", 1)[0]
    if _LENGTH.search(first):
        return Shown.LENGTH
    bare = _NOT_READ.sub("", first)
    if _ZEROS.fullmatch(bare):
        return len(bare)
    return Shown.DAY if _OF_A_DATE.search(bare) else None
