"""The rows of the queue. Fifty make a page, so each is drawn without a template."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints.models import Severity, State
from complaints.models.catalogue import in_language
from complaints.views.left import Left, left_of
from core.addresses import address_maker
from core.markup import draw, joined
from core.templatetags.core_tags import icon
from core.templatetags.ui import tier_badge

NOTHING = SafeString("")
DONE = (State.RESOLVED, State.CLOSED)
SERIOUS = (Severity.HIGH, Severity.CRITICAL)

ROW = """<li class="list-group-item task task-long complaint-row" data-row><div class="task-text">
<div class="row-name"><a href="{}" data-key="o">{}</a> {} {}</div>
<div class="task-reason"><strong>{}</strong> · {}</div>
<div class="task-other">{} <span class="text-secondary">· {} · {}</span></div>
</div><div class="task-left">{}</div></li>"""

LEFT = """<span class="countdown{}" role="timer" data-countdown="{}" data-now="{}" data-left="{}"
 data-over="{}" data-hours="{}" data-days="{}">{}<span>{}</span> <time datetime="{}">{}</time>
<strong data-time>{}</strong></span>"""


class RowPainter:
    """Draws complaints as rows of the queue, seen from ``now``.

    What repeats on many rows (words, marks, days) is made once a page. Complaints come from
    ``for_row``.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._now_text = timezone.localtime(now).isoformat()
        self._url = address_maker("complaints:complaint_detail")
        self._tier = cache(tier_badge)
        self._state = cache(_state_badge)
        self._day = cache(lambda day: str(date_format(day, "SHORT_DATE_FORMAT")))
        self._by_law = _("by law before %(day)s")
        self._nobody = draw(
            '<span class="text-danger">{}{}</span>', icon("user-question"), _("Nobody handles it")
        )
        self._words = (_("… left"), _("overdue"), _("{h} h {m} min"), _("{d} d {h} h"))
        self._over, self._near = icon("alert-circle-filled"), icon("hourglass")

    def row(self, complaint: Any) -> SafeString:
        """Return the row of one complaint."""
        law = timezone.localtime(complaint.statutory_due_at).date()
        return draw(
            ROW,
            self._url(complaint.pk),
            complaint.customer_name,
            self._tier(complaint.tier),
            self.badges(complaint),
            complaint.subject,
            in_language(complaint.category_name_en, complaint.category_name_zh),
            complaint.handler_name if complaint.handler_name is not None else self._nobody,
            complaint.unit_name,
            self._by_law % {"day": self._day(law)},
            self.left(left_of(complaint, self._now)),
        )

    def badges(self, complaint: Any) -> SafeString:
        """Return where it stands and what is remarkable about it."""
        parts = [self._state(complaint.state)]
        if complaint.severity in SERIOUS:
            words = str(Severity(complaint.severity).label)
            parts.append(_badge("red", "alert-triangle", words))
        if complaint.is_appeal:
            parts.append(_badge("red", "building-bank", _("Appeal")))
        if complaint.reopened:
            words = ngettext("Reopened", "Reopened %(number)s times", complaint.reopened)
            parts.append(
                _badge("orange", "rotate-clockwise", words % {"number": complaint.reopened})
            )
        if complaint.merged_into_id is not None:
            parts.append(_badge("secondary", "git-merge", _("Double report")))
        return joined(parts)

    def left(self, left: Left) -> SafeString:
        """Return how long is left until the nearest deadline; the script counts it down."""
        if left.at is None:
            return draw('<span class="text-secondary">{}</span>', str(left.label))
        at = timezone.localtime(left.at)
        text = at.isoformat()
        remaining, over, hours, days = self._words
        return draw(
            LEFT,
            " is-over" if left.is_over else "",
            *(text, self._now_text, remaining, over, hours, days),
            self._over if left.is_over else self._near,
            str(left.label),
            text,
            date_format(at, "SHORT_DATETIME_FORMAT"),
            over if left.is_over else "",
        )


def _badge(colour: str, icon_name: str, words: str) -> SafeString:
    mark = icon(icon_name) if icon_name else NOTHING
    return draw('<span class="badge bg-{}-lt">{}{}</span>', colour, mark, words)


def _state_badge(state: str) -> SafeString:
    words = str(State(state).label)
    if state == State.WAITING:
        return _badge("yellow", "player-pause", words)
    return _badge("green" if state in DONE else "azure", "", words)
