"""When two numbers or names are one: no matter in which case and width, or what nobody sees."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from core.signs import NOBODY_SEES

_INVISIBLE = re.compile(f"[{NOBODY_SEES}]")
_SPACES = re.compile(r"\s+")


def without_invisible(text: str) -> str:
    """Return ``text`` without the characters that nobody sees, its spaces one each, trimmed."""
    if text.isascii() and text.isalnum():
        return text
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()


def plain(text: str) -> str:
    """Return a number or name as it is stored: visible characters only, in one width, trimmed."""
    if text.isascii() and text.isalnum():
        return text
    # What was invisible may hide behind a wide form, and the other way round.
    return without_invisible(unicodedata.normalize("NFKC", without_invisible(text)))


def identity(text: str) -> str:
    """Return what two spellings of one number or name have in common: ``plain`` in one case."""
    if text.isascii() and text.isalnum():
        return text.casefold()
    return _identity(text)


@lru_cache(maxsize=4096)
def _identity(text: str) -> str:
    """Units are named in row after row of a file."""
    return plain(text).casefold()
