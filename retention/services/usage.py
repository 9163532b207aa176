"""Taking monthly usage in, many rows at a time (article 17)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from django.db import transaction
from django.db.models import Value

from core import audit, bulk, clock, locks
from customers.models import Customer
from retention.models import RiskState, UsageSnapshot
from retention.models.usage import Source
from staff.models import StaffUser

PIECE = 5000
"""Rows that are held against what is there in one statement."""


class Usage(NamedTuple):
    """The figures of one month; None where a figure is not known. Money in yuan."""

    bill: Decimal | None = None
    voice_minutes: int | None = None
    data_mb: int | None = None
    sms_count: int | None = None
    roaming_days: int | None = None
    balance: Decimal | None = None
    days_without_use: int | None = None
    plan: str = ""
    contract_end: date | None = None
    suspensions: int | None = None
    care_calls: int | None = None


USAGE_FIELDS = tuple(Usage.__annotations__)
NOTHING_KNOWN = Usage()


@dataclass(frozen=True)
class SnapshotRow:
    """What is told of one customer (by id) and month (its first day)."""

    customer: int
    month: date
    usage: Usage = NOTHING_KNOWN


class Taken(StrEnum):
    """What became of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True)
class SnapshotCounts:
    """How many rows were new, changed or already there; ``each`` says it of every row in turn."""

    new: int
    changed: int
    same: int
    each: Sequence[Taken] = ()


Key = tuple[int, date]


@transaction.atomic
def take_snapshots(
    *,
    actor: StaffUser | None,
    rows: Sequence[SnapshotRow],
    source: Source,
    received_at: datetime | None = None,
) -> SnapshotCounts:
    """Keep the usage of many customers and months; their risk is judged anew next.

    One row a customer and month: what comes again with other figures replaces the row and its
    ``received_at``; with the same figures it changes nothing, so it may be sent twice. Of two
    rows for the same customer and month the last one counts. A constant number of statements for
    each 5,000 rows; senders take turns.
    """
    locks.hold("retention.usage")
    received_at = received_at or clock.now()
    last = {(row.customer, row.month): row.usage for row in rows}
    became: dict[Key, Taken] = {}
    for piece in _pieces(list(last.items())):
        became |= _take_piece(dict(piece), source, received_at)
    each = [became[row.customer, row.month] for row in rows]
    kinds = list(became.values())
    counts = SnapshotCounts(
        new=kinds.count(Taken.NEW),
        changed=kinds.count(Taken.CHANGED),
        same=kinds.count(Taken.SAME),
        each=each,
    )
    if counts.new or counts.changed:
        audit.record_job(
            actor=actor,
            verb="usage.taken_in",
            model=UsageSnapshot,
            changes={"new": counts.new, "changed": counts.changed, "source": source.value},
        )
    return counts


def not_begun(told: Iterable[Key]) -> set[Key]:
    """Return those customers and months (first days) whose month has not begun in the unit's zone.

    No statement where each month has begun everywhere, as usual; else one.
    """
    everywhere = clock.earliest_today()
    doubtful = {(customer, month) for customer, month in told if month > everywhere}
    if not doubtful:
        return set()
    zones = dict(
        Customer.objects.filter(pk__in={customer for customer, _month in doubtful})
        .order_by()
        .values_list("pk", "unit__time_zone")
    )
    days = {zone: clock.today(zone) for zone in set(zones.values())}
    return {(pk, month) for pk, month in doubtful if month > days[zones[pk]]}


def mark_stale(customer_ids: Iterable[int]) -> None:
    """Let the risk of these customers be judged anew. Safe twice and beside the nightly job.

    Three statements: missing rows are made, all are locked in one order, then marked.
    """
    ids = sorted(set(customer_ids))
    missing = Customer.objects.filter(pk__in=ids, risk__isnull=True).order_by()
    bulk.insert_from_select(
        RiskState,
        ["customer", "score", "is_stale", "seen_signals"],
        missing.values_list("pk", Value(0), Value(value=True), Value("")),
    )
    known = RiskState.objects.filter(customer__in=ids)
    list(known.order_by("customer_id").select_for_update().values_list("customer_id"))
    known.filter(is_stale=False).update(is_stale=True)


def _take_piece(told: dict[Key, Usage], source: Source, received_at: datetime) -> dict[Key, Taken]:
    there = _there(told)
    became = {key: _became(usage, there.get(key)) for key, usage in told.items()}
    written = [key for key, taken in became.items() if taken is not Taken.SAME]
    replaced = [there[key][0] for key in written if key in there]
    if replaced:
        UsageSnapshot.objects.filter(pk__in=replaced).delete()
    bulk.insert_rows(
        UsageSnapshot,
        ["customer_id", "month", *USAGE_FIELDS, "source", "received_at"],
        [(*key, *told[key], source.value, received_at) for key in written],
    )
    if written:
        mark_stale(customer for customer, _month in written)
    return became


def _there(told: dict[Key, Usage]) -> dict[Key, tuple[int, Usage]]:
    """Return the rows that are there of these customers and months. One statement."""
    rows = UsageSnapshot.objects.filter(
        customer__in={customer for customer, _month in told},
        month__in={month for _customer, month in told},
    )
    found = rows.values_list("pk", "customer_id", "month", *USAGE_FIELDS)
    return {(customer, month): (pk, Usage(*usage)) for pk, customer, month, *usage in found}


def _became(usage: Usage, there: tuple[int, Usage] | None) -> Taken:
    if there is None:
        return Taken.NEW
    return Taken.SAME if there[1] == usage else Taken.CHANGED


def _pieces(items: Sequence[tuple[Key, Usage]]) -> Iterator[Sequence[tuple[Key, Usage]]]:
    for start in range(0, len(items), PIECE):
        yield items[start : start + PIECE]
