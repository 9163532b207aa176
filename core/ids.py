"""Ids in what a browser sends: a text is one, or it is none."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_ID = 18
"""Digits of an id that every database can be asked for."""


def id_in(text: object) -> int | None:
    """Return the id that ``text`` is; None where it is none, or longer than any id."""
    digits = str(text or "")
    is_id = digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_ID
    return int(digits) if is_id else None


def ids_in(texts: Iterable[object]) -> list[int]:
    """Return the ids among ``texts``, in their order; what is none is left out."""
    return [number for text in texts if (number := id_in(text)) is not None]
