"""The customer list in words: its filters, its columns, and what a row says in each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.columns import Cell, Column, Columns, FilterWords, Kind
from customers.models import Customer, Status, Tier
from customers.rules import Cadence
from customers.services.sheet import Birthday

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EVERYBODY = "all"
USUAL_SORT = "due"

FILTERS: Mapping[str, FilterWords] = {
    "q": FilterWords(_("Search")),
    "tier": FilterWords(_("Tier"), Tier.choices),
    "due": FilterWords(
        _("Due"),
        [
            ("", _("Any")),
            ("overdue", _("Overdue")),
            ("soon", _("Due soon")),
            ("exempt", _("Exempt")),
        ],
    ),
    "cadence": FilterWords(
        _("Clock"), [("", _("Contact")), (Cadence.VISIT.value, _("Face to face"))]
    ),
    "contacted": FilterWords(
        _("Contacted"),
        [
            ("", _("Any")),
            ("this_month", _("This month")),
            ("not_this_month", _("Not this month")),
        ],
    ),
    "unit": FilterWords(_("Unit")),
    "manager": FilterWords(_("Customer manager")),
    "status": FilterWords(
        _("Status"),
        [
            ("", Status.ACTIVE.label),
            (Status.LEFT.value, Status.LEFT.label),
            (EVERYBODY, _("Active and left")),
        ],
    ),
    "key": FilterWords(_("Key customers")),
    "pool": FilterWords(_("Without a manager")),
    "birthday": FilterWords(_("Birthday within 7 days")),
    "sort": FilterWords(
        _("Order"),
        [
            (USUAL_SORT, _("Due first")),
            ("name", _("Name")),
            ("number", _("Customer number")),
        ],
    ),
}
"""The filters by their names in the query string."""

DUE_HEADINGS = {Cadence.CONTACT: _("Contact due"), Cadence.VISIT: _("Visit due")}


def customer_columns(
    cadence: Cadence, *, today: date, shows_owner: bool, shows_left: bool
) -> Columns:
    """Return the columns of the list about the clock of ``cadence``, seen from ``today``.

    ``shows_owner``: the rows can be of several managers. ``shows_left``: also of customers who
    left. Rows come with ``for_row`` and ``with_primary_phone``.
    """

    def excused_until(row: Customer) -> date | None:
        until = row.exempt_until(cadence)
        return until if until is not None and until >= today else None

    due = [
        Cell(DUE_HEADINGS[cadence], lambda row: row.due_on(cadence), Kind.DATE),
        Cell(_("Exempt until"), excused_until, Kind.DATE),
    ]
    if shows_left:
        due.append(Cell(_("Left on"), lambda row: row.left_on, Kind.DATE))
    return Columns(
        [
            Column(
                "tier",
                _("Tier"),
                (Cell(_("Tier"), lambda row: row.get_tier_display()),),
                is_usual=True,
            ),
            Column(
                "name",
                _("Customer"),
                (
                    Cell(_("Customer"), lambda row: row.name),
                    Cell(_("Customer number"), lambda row: row.number),
                    Cell(_("Marks"), _marks),
                ),
                is_usual=True,
                is_fixed=True,
            ),
            Column(
                "phone",
                _("Phone"),
                (Cell(_("Phone"), lambda row: row.primary_phone, Kind.PHONE),),
                is_usual=True,
            ),
            Column(
                "owner",
                _("Unit and manager"),
                (
                    Cell(_("Customer manager"), lambda row: row.manager and row.manager.name),
                    Cell(_("Unit"), lambda row: row.unit.full_name),
                ),
                is_usual=shows_owner,
            ),
            Column(
                "last",
                _("Last contact"),
                (Cell(_("Last contact"), lambda row: row.last_contact_on, Kind.DATE),),
                is_usual=True,
            ),
            Column("due", DUE_HEADINGS[cadence], tuple(due), is_usual=True),
            _date_column("last_visit", _("Last face to face"), "last_visit_on"),
            _date_column("visit", _("Face to face due"), "visit_due_on"),
            _date_column("vip_since", _("VIP since"), "vip_since"),
            _date_column("joined", _("With us since"), "joined_on"),
            Column("birthday", _("Birthday"), (Cell(_("Birthday"), birthday_in_words),)),
            Column(
                "channel",
                _("Preferred channel"),
                (Cell(_("Preferred channel"), lambda row: row.get_preferred_channel_display()),),
            ),
            Column(
                "gender", _("Gender"), (Cell(_("Gender"), lambda row: row.get_gender_display()),)
            ),
        ]
    )


def _date_column(key: str, label: StrOrPromise, field: str) -> Column:
    return Column(key, label, (Cell(label, lambda row: getattr(row, field), Kind.DATE),))


def birthday_in_words(row: Customer) -> str:
    """Return the birthday as the data sheet says it; empty where it is not known."""
    if row.birth_month is None or row.birth_day is None:
        return ""
    return Birthday(
        calendar=row.birth_calendar,
        year=row.birth_year,
        month=row.birth_month,
        day=row.birth_day,
        leap_month=row.birth_leap_month,
    ).in_words()


def _marks(row: Customer) -> str:
    """Return in words what the list marks by signs beside the name."""
    marks = []
    if row.is_key:
        marks.append(gettext("Key customer"))
    if not row.is_active:
        marks.append(gettext("Left"))
    if row.has_open_complaint:
        marks.append(gettext("Open complaint"))
    return "; ".join(marks)
