"""The timeline of one customer: contacts, exemptions, tier and manager changes as one list."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from contacts.models import ContactRecord, Exemption
from core import clock
from customers.models import Customer, ManagerChange, TierChange

KINDS = ("contact", "exemption", "tier", "manager")
"""What a timeline holds. Of two entries of one moment the earlier kind stands above."""

PAGE_SIZE = 20
CURSOR_PARTS = 3


@dataclass(frozen=True)
class Entry:
    """One entry: what kind, when, and its row."""

    kind: str
    at: datetime
    row: Any

    @property
    def key(self) -> tuple[datetime, int, int]:
        """The place in the list; greater is above."""
        return (self.at, -KINDS.index(self.kind), self.row.pk)


@dataclass(frozen=True)
class TimelinePage:
    """Some entries, newest first, and where the next ones begin (empty: nowhere)."""

    entries: list[Entry]
    next_cursor: str


@dataclass(frozen=True)
class Position:
    """The last entry of a page; the next page holds what comes after it."""

    at: datetime
    rank: int
    pk: int


def timeline_of(
    customer: Customer,
    *,
    kinds: Collection[str] = KINDS,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> TimelinePage:
    """Return ``size`` entries of ``customer`` (its unit loaded) after ``cursor``. Reads only.

    One statement a kind, each of at most ``size`` + 1 rows, so a long history costs no more than
    a short one. A cursor that is not ours gives the first page.
    """
    after = _decode(cursor)
    zone = customer.unit.time_zone
    found: list[Entry] = []
    for kind in kinds:
        found += _entries(customer, kind, after, size + 1, zone)
    found.sort(key=lambda entry: entry.key, reverse=True)
    shown = found[:size]
    return TimelinePage(shown, _encode(shown[-1]) if len(found) > size else "")


def _entries(
    customer: Customer, kind: str, after: Position | None, limit: int, zone: str
) -> list[Entry]:
    rows, moment = _rows(customer)[kind]
    if after is not None:
        rows = rows.filter(_after(kind, moment, after, zone))
    return [
        Entry(kind, _moment(getattr(row, moment), zone), row)
        for row in rows.order_by(f"-{moment}", "-pk")[:limit]
    ]


def _rows(customer: Customer) -> Mapping[str, tuple[QuerySet[Any], str]]:
    """The rows of each kind, and the field that says when (a moment or a local date)."""
    return {
        "contact": (
            ContactRecord.objects.filter(customer=customer).select_related(
                "manager", "recorded_by", "voided_by"
            ),
            "happened_at",
        ),
        "exemption": (
            Exemption.objects.filter(customer=customer).select_related(
                "requested_by", "decided_by"
            ),
            "requested_at",
        ),
        "tier": (
            TierChange.objects.of_person(customer).select_related("changed_by"),
            "effective_on",
        ),
        "manager": (
            ManagerChange.objects.of_person(customer).select_related(
                "old_manager", "manager", "unit", "changed_by"
            ),
            "effective_on",
        ),
    }


def _after(kind: str, moment: str, position: Position, zone: str) -> Q:
    """The condition on a row of ``kind`` that it comes after ``position``."""
    at: datetime | date = position.at
    if moment == "effective_on":
        # A date stands at its day's beginning.
        at = clock.local_date(position.at, zone)
        if clock.start_of_day(at, zone) < position.at:
            return Q(**{f"{moment}__lte": at})
    rank = -KINDS.index(kind)
    earlier = Q(**{f"{moment}__lt": at})
    if rank > position.rank:
        return earlier
    same = Q(**{moment: at})
    return earlier | (same if rank < position.rank else same & Q(pk__lt=position.pk))


def _moment(value: datetime | date, zone: str) -> datetime:
    return value if isinstance(value, datetime) else clock.start_of_day(value, zone)


def _encode(entry: Entry) -> str:
    at, rank, pk = entry.key
    return f"{at.isoformat()}_{-rank}_{pk}"


def _decode(cursor: str | None) -> Position | None:
    parts = (cursor or "").split("_")
    if len(parts) != CURSOR_PARTS:
        return None
    try:
        at, rank, pk = datetime.fromisoformat(parts[0]), int(parts[1]), int(parts[2])
    except ValueError:
        return None
    return Position(at, -rank, pk) if at.tzinfo is not None else None
