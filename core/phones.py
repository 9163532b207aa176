"""Phone numbers: the one way to read them and the one way to hide them. Plain values, no rows."""

from __future__ import annotations

import re

PHONE_IN_TEXT = re.compile(r"(?<!\d)\+?(?:86)?1\d{10}(?!\d)")


def mask_phone(number: str) -> str:
    """Return ``number`` with its middle hidden: 138****1234; shorter ones keep their ends."""
    if len(number) >= 11:
        return f"{number[:3]}****{number[-4:]}"
    return f"{number[:1]}****{number[-2:]}" if len(number) > 4 else "****"


def mask_phones_in(text: str) -> str:
    """Return ``text`` with every mobile number in it masked."""
    return PHONE_IN_TEXT.sub(lambda found: mask_phone(found.group()), text)
