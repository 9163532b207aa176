"""When two numbers or names are one: no matter in which case and width, or what nobody sees."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# What nobody sees: controls, marks of direction, joiners, soft hyphens, selectors of variants,
# fillers, tags. A tab and the ends of lines are spaces, not controls.
_INVISIBLE = re.compile(
    "["
    "\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "]"
)
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
