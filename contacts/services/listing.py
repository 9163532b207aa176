"""The list of contact records in words: its filters, its columns, and what a row says in each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactRecord, Occasion, Outcome
from core import clock
from core.columns import Cell, Column, Columns, FilterWords, Kind
from customers.models import Channel

ANY = ("", _("Any"))

FILTERS: Mapping[str, FilterWords] = {
    "q": FilterWords(_("Customer")),
    "text": FilterWords(_("What was said")),
    "channel": FilterWords(_("Channel"), Channel.choices),
    "outcome": FilterWords(_("Outcome"), Outcome.choices),
    "occasion": FilterWords(_("Occasion"), [ANY, *Occasion.choices]),
    "counted": FilterWords(
        _("Counts as a contact"), [ANY, ("yes", _("Counts")), ("no", _("Does not count"))]
    ),
    "voided": FilterWords(_("Void"), [ANY, ("no", _("Not void")), ("yes", _("Only void ones"))]),
    "since": FilterWords(pgettext_lazy("days of a list", "From")),
    "until": FilterWords(pgettext_lazy("days of a list", "Until")),
    "unit": FilterWords(_("Unit")),
    "manager": FilterWords(_("Customer manager")),
    "late": FilterWords(_("Entered late")),
}
"""The filters by their names in the query string."""


def contact_columns(*, shows_owner: bool) -> Columns:
    """Return the columns of the list; ``shows_owner``: the rows can be of several managers.

    Rows come with ``for_row``.
    """
    return Columns(
        [
            Column(
                "happened",
                _("When"),
                (Cell(_("When"), happened, Kind.MOMENT),),
                is_usual=True,
            ),
            Column(
                "customer",
                _("Customer"),
                (
                    Cell(_("Customer"), lambda row: row.customer.name),
                    Cell(_("Customer number"), lambda row: row.customer.number),
                    Cell(_("Tier"), lambda row: row.customer.get_tier_display()),
                ),
                is_usual=True,
                is_fixed=True,
            ),
            Column(
                "how",
                _("Channel and outcome"),
                (
                    Cell(_("Channel"), lambda row: row.get_channel_display()),
                    Cell(_("Direction"), lambda row: row.get_direction_display()),
                    Cell(_("Outcome"), lambda row: row.get_outcome_display()),
                ),
                is_usual=True,
            ),
            Column(
                "occasion",
                _("Occasion"),
                (Cell(_("Occasion"), lambda row: row.get_occasion_display()),),
                is_usual=True,
            ),
            Column(
                "counted",
                _("Counts as a contact"),
                (Cell(_("Counts as a contact"), counts), Cell(_("Entered late"), _late)),
                is_usual=True,
            ),
            Column(
                "summary",
                _("What was said"),
                (Cell(_("What was said"), lambda row: row.summary, Kind.WORDS),),
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
            Column("made_by", _("Made by"), (Cell(_("Made by"), made_by),)),
            Column("recorded", _("Entered"), (Cell(_("Entered"), recorded, Kind.MOMENT),)),
            Column(
                "minutes",
                _("Minutes"),
                (Cell(_("Minutes"), lambda row: row.duration_minutes, Kind.NUMBER),),
            ),
            Column("place", _("Place"), (Cell(_("Place"), lambda row: row.place, Kind.WORDS),)),
            Column(
                "promise",
                _("Promised to get back on"),
                (
                    Cell(_("Promised to get back on"), lambda row: row.follow_up_on, Kind.DATE),
                    Cell(_("Promise kept"), _kept),
                ),
            ),
            Column(
                "void",
                _("Why it is void"),
                (Cell(_("Why it is void"), lambda row: row.void_reason, Kind.WORDS),),
            ),
        ]
    )


def happened(row: ContactRecord) -> datetime | date:
    """Return when it was by the clock of the unit; the day where only that is known."""
    return row.happened_on if row.date_only else _local(row, row.happened_at)


def recorded(row: ContactRecord) -> datetime:
    """Return when it was entered, by the clock of the unit."""
    return _local(row, row.recorded_at)


def made_by(row: ContactRecord) -> str:
    """Return who made the contact, and as what."""
    if row.recorded_by is None or row.recorded_as == "import":
        return str(row.get_recorded_as_display())
    return f"{row.recorded_by.name} ({row.get_recorded_as_display()})"


def counts(row: ContactRecord) -> str:
    """Return whether the record is a contact in the sense of article 8, or void."""
    if row.is_voided:
        return gettext("Void")
    return gettext("Counts") if row.is_counted else gettext("Does not count")


def _local(row: ContactRecord, moment: datetime) -> datetime:
    return moment.astimezone(clock.zone_info(row.unit.time_zone)).replace(tzinfo=None)


def _late(row: ContactRecord) -> str:
    return gettext("Yes") if row.is_late else ""


def _kept(row: ContactRecord) -> str:
    if row.follow_up_on is None:
        return ""
    return gettext("Yes") if row.follow_up_closed_at else gettext("No")
