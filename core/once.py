"""Sending once: the same thing posted twice is one row, or a question first.

A form carries a key of its own (``submission_key``): sent twice under one key it is one row. The
key does not help where the page was fetched anew and what was typed came back with it (Back, a
second tab). There the same words of the same person within minutes are asked about, and only
"yes, once more" (``again``) makes a second row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock

M = TypeVar("M", bound=models.Model)

MINUTES = 10
"""So long the same again is asked about."""


class SentBeforeError(ValidationError):
    """What was sent is there already, or somebody else was quicker: a question, no mistake.

    ``core.forms.add_refusal`` shows it with the button that answers it.
    """

    def __init__(self, words: str) -> None:
        super().__init__(words, code="again")


def since() -> datetime:
    """Return the moment from which on the same again is asked about."""
    return clock.now() - timedelta(minutes=MINUTES)


def ago(at: datetime) -> str:
    """Return in words how long ago ``at`` was, to the second below a minute."""
    seconds = max(int((clock.now() - at).total_seconds()), 0)
    minutes, hours = seconds // 60, seconds // 3600
    if seconds < 60:
        return ngettext("%(n)s second ago", "%(n)s seconds ago", seconds) % {"n": seconds}
    if minutes < 60:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": minutes}
    return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": hours}


def ask(
    rows: models.QuerySet[M],
    *,
    sent: M | None,
    same: Mapping[str, Any],
    at: str,
    again: bool,
) -> None:
    """Raise SentBeforeError where what is about to be made was made minutes ago.

    ``rows``: the person's own standing rows of this kind; ``sent``: the one that was made under
    the same key, if any; ``same``: what makes two rows the same, by column; ``at``: the column of
    the moment they were made. ``again``: the person was asked and wants it. Under the same key
    only a change is asked about: the same comes out as the first row, as ever.
    """
    if again:
        return
    if sent is not None:
        if any(getattr(sent, name) != value for name, value in same.items()):
            raise SentBeforeError(
                _("You saved this %(ago)s, with other words. Save it once more?")
                % {"ago": ago(getattr(sent, at))}
            )
        return
    found = rows.filter(**same, **{f"{at}__gt": since()}).order_by(f"-{at}").first()
    if found is not None:
        raise SentBeforeError(
            _("You saved the same %(ago)s. Save it once more?") % {"ago": ago(getattr(found, at))}
        )
