"""The signs that nobody sees: the one list of them, as members of a character class. Plain values.

Each name is written between the brackets of a regular expression. Who passes over all of them
takes ``NOBODY_SEES``; who refuses names with them takes ``TURNING`` and ``WIDTHLESS`` alone, for a
selector of a variant belongs to some names.
"""

from __future__ import annotations

CONTROLS = "\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f"
"""Without the tab and the ends of lines (U+0085 is one): those are spaces."""

TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Embeddings, overrides and isolates of the writing direction, and its marks."""

WIDTHLESS = "\u00ad\u034f\u115f\u1160\u180e\u200b-\u200d\u2060-\u2064\ufeff"
"""What has no width: zero-width signs, joiners, the byte-order mark, the soft hyphen."""

_VARIANTS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0000-\U000e0fff"
_FILLERS = "\u17b4\u17b5\u2065\u206a-\u206f\u3164\uffa0"

INVISIBLE = f"{TURNING}{WIDTHLESS}{_VARIANTS}{_FILLERS}"
"""Those, selectors of variants, fillers and tags."""

_NO_CHARACTERS = "\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"

NOBODY_SEES = f"{CONTROLS}{INVISIBLE}{_NO_CHARACTERS}"
"""All of them, with halves of characters and what only programs of layout read."""
