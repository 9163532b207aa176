"""The rows of the list of contact records. Fifty make a page: each is drawn without a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache

from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from contacts.models import ContactRecord
from contacts.services.listing import contact_columns, counts, happened, made_by, recorded
from core.addresses import address_maker
from core.markup import draw, joined
from core.templatetags.core_tags import icon
from core.templatetags.ui import tier_badge

NOTHING = SafeString("")
ROW = "<tr data-row>{}</tr>"
VOID_ROW = '<tr data-row class="record-is-void">{}</tr>'
ICONS = {
    "phone": "phone",
    "sms": "message",
    "mms": "photo",
    "im": "brand-wechat",
    "visit": "home",
    "reception": "building",
    "activity": "confetti",
}
LONGEST_SUMMARY = 160


class RowPainter:
    """Draws contact records as rows of the list, one cell for each of ``columns``.

    Records come with ``for_row``. Numbers in what was said are masked: who may see one whole
    sees it on the customer's page.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        labels = {column.key: escape(column.label) for column in contact_columns(shows_owner=True)}
        self._cells = [(CELLS[name], labels[name], name) for name in columns]
        self._tier = cache(tier_badge)
        self._day = cache(lambda day: date_format(day, "SHORT_DATE_FORMAT"))
        self._customer_url = address_maker("customers:customer_detail")
        self._late = _badge("yellow", "clock-exclamation", _("Entered late"))
        self._incoming, self._no_manager = _("from the customer"), _("No manager")
        self._kept = _("kept")

    def row(self, record: ContactRecord) -> SafeString:
        """Return one record as a row of the table."""
        cells = joined(
            draw('<td class="record-{}" data-label="{}">{}</td>', name, label, cell(self, record))
            for cell, label, name in self._cells
        )
        return draw(VOID_ROW if record.is_voided else ROW, cells)

    def happened(self, record: ContactRecord) -> SafeString:
        """When, by the clock of the unit."""
        return self._moment(happened(record))

    def customer(self, record: ContactRecord) -> SafeString:
        """Whose it is: name, tier, number."""
        customer = record.customer
        return draw(
            '<a data-key="o" href="{}">{}</a> {}<div>{}</div>',
            self._customer_url(customer.pk),
            customer.name,
            self._tier(customer.tier),
            customer.number,
        )

    def how(self, record: ContactRecord) -> SafeString:
        """Channel and outcome, and who began."""
        began = self._incoming if record.direction == "incoming" else ""
        return draw(
            "{}{}<div>{}{}</div>",
            icon(ICONS[record.channel]),
            record.get_channel_display(),
            record.get_outcome_display(),
            draw(" · {}", began) if began else NOTHING,
        )

    def occasion(self, record: ContactRecord) -> SafeString:
        """What made it a good moment."""
        return draw("{}", record.get_occasion_display())

    def counted(self, record: ContactRecord) -> SafeString:
        """Whether it counts, by sign and words; and whether it came late."""
        colour, sign = "secondary", "ban" if record.is_voided else "minus"
        if record.is_counted:
            colour, sign = "green", "check"
        late = self._late if record.is_late else NOTHING
        return draw("{} {}", _badge(colour, sign, counts(record)), late)

    def summary(self, record: ContactRecord) -> SafeString:
        """What was said, as far as there is room."""
        text = record.summary
        if len(text) > LONGEST_SUMMARY:
            return draw('<span title="{}">{}…</span>', text, text[:LONGEST_SUMMARY])
        return draw("{}", text)

    def owner(self, record: ContactRecord) -> SafeString:
        """Whose customer it was then, and of which unit."""
        return draw(
            '{}<div title="{}">{}</div>',
            record.manager.name if record.manager else self._no_manager,
            record.unit.full_name,
            record.unit.name,
        )

    def made_by(self, record: ContactRecord) -> SafeString:
        """Who made it, and as what."""
        return draw("{}", made_by(record))

    def recorded(self, record: ContactRecord) -> SafeString:
        """When it was entered, by the clock of the unit."""
        return self._moment(recorded(record))

    def minutes(self, record: ContactRecord) -> SafeString:
        """How long it took."""
        known = record.duration_minutes is not None
        return draw("{}", record.duration_minutes if known else "—")

    def place(self, record: ContactRecord) -> SafeString:
        """Where it was."""
        return draw("{}", record.place or "—")

    def promise(self, record: ContactRecord) -> SafeString:
        """Until when something was promised, and whether that is done."""
        if record.follow_up_on is None:
            return SafeString("—")
        kept = draw(" ({})", self._kept) if record.follow_up_closed_at else NOTHING
        return draw("{}{}", self._day(record.follow_up_on), kept)

    def void(self, record: ContactRecord) -> SafeString:
        """Why it was taken back."""
        return draw("{}", record.void_reason or "—")

    def _moment(self, moment: datetime | date) -> SafeString:
        if isinstance(moment, datetime):
            return draw("{} {}", self._day(moment.date()), f"{moment:%H:%M}")
        return draw("{}", self._day(moment))


CELLS: Mapping[str, Callable[[RowPainter, ContactRecord], SafeString]] = {
    "happened": RowPainter.happened,
    "customer": RowPainter.customer,
    "how": RowPainter.how,
    "occasion": RowPainter.occasion,
    "counted": RowPainter.counted,
    "summary": RowPainter.summary,
    "owner": RowPainter.owner,
    "made_by": RowPainter.made_by,
    "recorded": RowPainter.recorded,
    "minutes": RowPainter.minutes,
    "place": RowPainter.place,
    "promise": RowPainter.promise,
    "void": RowPainter.void,
}
"""What draws a cell, by the name of its column."""


def _badge(colour: str, sign: str, words: str) -> SafeString:
    return draw('<span class="badge bg-{}-lt">{}{}</span>', colour, icon(sign), words)
