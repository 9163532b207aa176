"""Names without signs that nobody sees, which make two look alike or turn one round."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.signs import TURNING, WIDTHLESS

_UNSEEN = re.compile(f"[{TURNING}{WIDTHLESS}]")
_AROUND = re.compile(f"^[\\s{TURNING}{WIDTHLESS}]+|[\\s{TURNING}{WIDTHLESS}]+$")


_BEFORE = f"[\\s{TURNING}{WIDTHLESS}]*"
# Also the wide and the small ones, which programs turn into plain ones.
FORMULA_SIGNS = "=+@\\-\uff1d\uff0b\uff20\uff0d\ufe66\ufe62\ufe6b\ufe63"
_FORMULA = re.compile(f"{_BEFORE}[{FORMULA_SIGNS}]|[\\t\\r]")


def starts_a_formula(text: str) -> bool:
    """Say whether a spreadsheet program may take ``text`` for a formula.

    Spaces and unseen signs before its first sign do not hide it.
    """
    return _FORMULA.match(text) is not None


def plain_name(text: str) -> str:
    """Return a name without spaces and unseen signs around it, as pasting brings them along."""
    return _AROUND.sub("", text)


def without_unseen(text: str) -> str:
    """Return ``text`` without signs that turn it round, have no width or control something."""
    kept = _UNSEEN.sub("", text)
    return "".join(sign for sign in kept if not unicodedata.category(sign).startswith("C"))


def validate_plain(text: str) -> None:
    """Refuse a name that holds signs nobody sees: what turns the writing round, or has no width."""
    inside = plain_name(text)
    if _UNSEEN.search(inside) or any(unicodedata.category(sign) == "Cc" for sign in inside):
        raise ValidationError(
            _(
                "It holds signs that cannot be seen, such as ones that turn the writing round. "
                "Type it anew."
            ),
            code="unseen",
        )
