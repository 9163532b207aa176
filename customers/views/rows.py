"""The rows of the customer list. Fifty make a page, so each is drawn without a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.addresses import address_maker
from core.markup import draw, joined
from core.phones import mask_phone
from core.templatetags.core_tags import icon
from core.templatetags.ui import due_mark, tier_badge
from customers.filters import CustomerFilter
from customers.models import Customer
from customers.querysets import DUE_FIELD
from customers.rules import Cadence
from customers.services.listing import birthday_in_words
from staff.models import StaffUser

NOTHING = SafeString("")


def columns_of(narrowed: CustomerFilter, *, may_hand_over: bool) -> list[str]:
    """Return the names of the list's columns, in their order."""
    columns = [*narrowed.shown, "actions"]
    return ["tick", *columns] if may_hand_over else columns


class RowPainter:
    """Draws customers as rows of the list, one cell for each of ``columns`` (names of ``CELLS``).

    What repeats on many rows (words, marks, days, addresses) is made once a page. Customers come
    with ``for_row``, ``with_primary_phone`` and ``with_call_refusal``.
    """

    def __init__(
        self, user: StaffUser, today: date, cadence: Cadence, columns: Sequence[str]
    ) -> None:
        self._today = today
        self._cadence = cadence
        self._serves = user.scope.manager_ids
        self._reads_only = user.is_head_office
        self._cells = [CELLS[name] for name in columns]
        self._due = cache(lambda due: due_mark(due, today))
        self._tier = cache(tier_badge)
        self._day = cache(lambda day: draw("{}", date_format(day, "SHORT_DATE_FORMAT")))
        self._customer_url = address_maker("customers:customer_detail")
        self._log_url = address_maker("contacts:contact_log")
        self._make_words()

    def _make_words(self) -> None:
        """Translate what stands on every row and draw its marks."""
        self._tick_name = _("Tick %(name)s")
        self._call_name = _("Call %(name)s")
        self._log_name = _("Log a contact with %(name)s")
        self._left_on = _("left on %(day)s")
        self._exempt_until = _("exempt until %(day)s")
        self._visit = draw("{}", _("Visit:"))
        self._phone_label, self._owner_label = _("Phone"), _("Unit and manager")
        self._last_label = _("Last contact")
        self._last_visit_label, self._visit_label = _("Last face to face"), _("Face to face due")
        self._vip_label, self._joined_label = _("VIP since"), _("With us since")
        self._birthday_label, self._gender_label = _("Birthday"), _("Gender")
        self._channel_label = _("Preferred channel")
        self._never = draw("<i>{}</i>", _("never"))
        self._no_manager = draw('<span class="badge bg-yellow-lt">{}</span>', _("No manager"))
        self._left = draw('<span class="badge bg-secondary-lt">{}</span>', _("Left"))
        self._key = _mark("key-mark", _("Key customer"), icon("key"))
        self._complaint = _mark("text-danger", _("Open complaint"), icon("alert-triangle"))
        self._excused, self._phone = icon("calendar-off"), icon("phone")
        self._log = draw("{}{}", icon("message-plus"), _("Log"))

    def row(self, customer: Customer) -> SafeString:
        """Return one customer as a row of the table."""
        cells = joined([cell(self, customer) for cell in self._cells])
        return draw("<tr data-row>{}</tr>", cells)

    def tick(self, customer: Customer) -> SafeString:
        """The box by which customers are chosen to be handed over."""
        if not customer.is_active:
            return SafeString('<td class="customers-tick"></td>')
        return draw(
            '<td class="customers-tick"><input type="checkbox" class="form-check-input"'
            ' name="customer" value="{}" form="hand_over" aria-label="{}"></td>',
            customer.pk,
            self._tick_name % {"name": customer.name},
        )

    def tier(self, customer: Customer) -> SafeString:
        """The tier by shape and word."""
        return draw('<td class="customers-tier">{}</td>', self._tier(customer.tier))

    def name(self, customer: Customer) -> SafeString:
        """Name and number, with the marks that one must know."""
        return draw(
            '<td class="customers-name"><a data-key="o" href="{}">{}</a>{}{}{}<div>{}</div></td>',
            self._customer_url(customer.pk),
            customer.name,
            self._key if customer.is_key else NOTHING,
            NOTHING if customer.is_active else self._left,
            self._complaint if customer.has_open_complaint else NOTHING,
            customer.number,
        )

    def phone(self, customer: Customer) -> SafeString:
        """The first number, masked."""
        number = customer.primary_phone  # type: ignore[attr-defined]
        return draw(
            '<td class="customers-phone" data-label="{}">{}</td>',
            self._phone_label,
            mask_phone(number) if number else "—",
        )

    def owner(self, customer: Customer) -> SafeString:
        """Whose customer it is."""
        return draw(
            '<td class="customers-owner" data-label="{}">{}<div title="{}">{}</div></td>',
            self._owner_label,
            customer.manager.name if customer.manager else self._no_manager,
            customer.unit.full_name,
            customer.unit.name,
        )

    def last(self, customer: Customer) -> SafeString:
        """The day of the last counted contact."""
        day = customer.last_contact_on
        return draw(
            '<td class="customers-last" data-label="{}">{}</td>',
            self._last_label,
            self._day(day) if day else self._never,
        )

    def due(self, customer: Customer) -> SafeString:
        """What is left of the list's clock; beside the contact also a face to face overdue."""
        return draw('<td class="customers-due">{}</td>', self._clocks(customer))

    def last_visit(self, customer: Customer) -> SafeString:
        """The day of the last counted contact face to face."""
        return self._more(self._last_visit_label, self._day_or_dash(customer.last_visit_on))

    def visit(self, customer: Customer) -> SafeString:
        """What is left of the face-to-face clock, whatever the list is about."""
        runs = customer.is_active and customer.visit_due_on is not None
        clock = self._clock(customer, Cadence.VISIT) if runs else "—"
        return self._more(self._visit_label, clock)

    def vip_since(self, customer: Customer) -> SafeString:
        """The day the customer became VIP."""
        return self._more(self._vip_label, self._day_or_dash(customer.vip_since))

    def joined(self, customer: Customer) -> SafeString:
        """The day the customer came to the company."""
        return self._more(self._joined_label, self._day_or_dash(customer.joined_on))

    def birthday(self, customer: Customer) -> SafeString:
        """The birthday in its own calendar."""
        return self._more(self._birthday_label, birthday_in_words(customer) or "—")

    def channel(self, customer: Customer) -> SafeString:
        """How the customer likes to be reached."""
        words = customer.get_preferred_channel_display()
        return self._more(self._channel_label, words or "—")

    def gender(self, customer: Customer) -> SafeString:
        """As the roster has it."""
        return self._more(self._gender_label, customer.get_gender_display() or "—")

    def _more(self, label: str, words: str) -> SafeString:
        return draw('<td class="customers-more" data-label="{}">{}</td>', label, words)

    def _day_or_dash(self, day: date | None) -> str:
        return self._day(day) if day else "—"

    def actions(self, customer: Customer) -> SafeString:
        """Calling, where the person sees whole numbers, and logging a contact."""
        if self._reads_only or not customer.is_active:
            return SafeString('<td class="customers-actions"></td>')
        log_url = self._log_url(customer.pk)
        return draw(
            '<td class="customers-actions">{}<a class="btn" href="{}" hx-get="{}" data-key="l"'
            ' aria-label="{}">{}</a></td>',
            self._call_button(customer, log_url),
            log_url,
            log_url,
            self._log_name % {"name": customer.name},
            self._log,
        )

    def _call_button(self, customer: Customer, log_url: str) -> SafeString:
        number = customer.primary_phone  # type: ignore[attr-defined]
        refuses = customer.refuses_calls  # type: ignore[attr-defined]
        if not number or refuses or customer.manager_id not in self._serves:
            return NOTHING
        return draw(
            '<a class="btn btn-icon" href="tel:{}" data-call="{}?call=1" aria-label="{}">{}</a>',
            number,
            log_url,
            self._call_name % {"name": customer.name},
            self._phone,
        )

    def _clocks(self, customer: Customer) -> SafeString:
        if not customer.is_active:
            day = self._day(customer.left_on)
            return draw("<i>{}</i>", self._left_on % {"day": day})
        clock = self._clock(customer, self._cadence)
        visit_due = getattr(customer, DUE_FIELD[Cadence.VISIT])
        if self._cadence is Cadence.VISIT or visit_due is None or visit_due >= self._today:
            return clock
        visit = self._clock(customer, Cadence.VISIT)
        return draw("{}<div>{} {}</div>", clock, self._visit, visit)

    def _clock(self, customer: Customer, cadence: Cadence) -> SafeString:
        exempt_until = customer.exempt_until(cadence)
        if exempt_until is None or exempt_until < self._today:
            return self._due(customer.due_on(cadence))
        words = self._exempt_until % {"day": self._day(exempt_until)}
        return draw('<span class="due">{}{}</span>', self._excused, words)


CELLS: Mapping[str, Callable[[RowPainter, Customer], SafeString]] = {
    "tick": RowPainter.tick,
    "tier": RowPainter.tier,
    "name": RowPainter.name,
    "phone": RowPainter.phone,
    "owner": RowPainter.owner,
    "last": RowPainter.last,
    "due": RowPainter.due,
    "last_visit": RowPainter.last_visit,
    "visit": RowPainter.visit,
    "vip_since": RowPainter.vip_since,
    "joined": RowPainter.joined,
    "birthday": RowPainter.birthday,
    "channel": RowPainter.channel,
    "gender": RowPainter.gender,
    "actions": RowPainter.actions,
}
"""What draws a cell, by the name of its column."""


def _mark(css: str, words: str, drawn: SafeString) -> SafeString:
    """Return a mark without words on the page, which a screen reader reads."""
    return draw('<span class="{}" role="img" aria-label="{}">{}</span>', css, words, drawn)
