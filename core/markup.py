"""Markup of many rows, made without a template."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString

PLAIN = (SafeString, int)
"""What needs no escaping."""


def draw(markup: str, *values: object) -> SafeString:
    """Return ``markup`` with ``values`` in its braces, each escaped unless it is safe already.

    What ``format_html`` does, several times faster, for plain and safe strings, numbers and dates:
    lazy texts are texts first (``gettext``, not ``gettext_lazy``).
    """
    return SafeString(  # nosec B703 - each value is escaped right here
        markup.format(*[value if type(value) in PLAIN else escape(str(value)) for value in values])
    )


def joined(parts: Iterable[SafeString]) -> SafeString:
    """Return safe pieces one after another."""
    return SafeString("".join(parts))  # nosec B703 - every piece is safe
