"""Refusals whose words tell what is stored, as days of a leave that stands already.

People read them. A system that may only write does not: it is told that it is refused, and where.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError

STANDS = "stands"
"""The code of such a refusal."""


def stands(words: str) -> ValidationError:
    """Return a refusal that says with ``words`` what stands in the way."""
    return ValidationError(words, code=STANDS)


def telling(refusal: ValidationError) -> frozenset[str]:
    """Return those of the messages of ``refusal`` that tell what is stored."""
    nested = getattr(refusal, "error_dict", None)
    errors = [one for of_field in nested.values() for one in of_field] if nested else None
    return frozenset(
        str(text)
        for error in (refusal.error_list if errors is None else errors)
        if error.code == STANDS
        for text in error.messages
    )
