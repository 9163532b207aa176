"""Keeping the contact and face-to-face clocks of articles 8 and 9 right after every change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from django.db import transaction

from core import clock
from customers.models import (
    Customer,
    ServiceStandard,
    StandardInZone,
    TierChange,
    WatchPeriod,
)
from customers.rules import (
    INTERVAL_FIGURES,
    Cadence,
    CadenceHistory,
    Clocks,
    Figure,
    LastContacts,
    Standards,
    TierSpan,
    WatchSpan,
    cadence_due_on,
    contact_start,
    visit_start,
)
from staff.models import Unit

BATCH = 2000
CLOCK_FIELDS = ["contact_due_on", "visit_due_on"]
CLOCK_FIGURES = {Figure.CHANGE_GRACE_DAYS, *(f for pair in INTERVAL_FIGURES.values() for f in pair)}
"""The figures of the standard that move due days."""


def stored_clocks(customer: Customer) -> Clocks:
    """Return what the row of ``customer`` says of its clocks."""
    return Clocks(customer.contact_due_on, customer.visit_due_on)


def clocks_of(
    customer: Customer, history: CadenceHistory, standards: Standards, today: date
) -> Clocks:
    """Return what the clocks of ``customer`` must say on ``today``. Nothing is written.

    What has happened holds, though it be dated tomorrow: a customer who has moved to a unit
    further west brings along what was written down on the day of the old one.
    """
    if not customer.is_active:
        return Clocks(None, None)
    today = max(today, history.last_change_on)

    def due(cadence: Cadence, start: date) -> date:
        return cadence_due_on(
            cadence, start=start, history=history, standards=standards, today=today
        )

    contact_due = due(Cadence.CONTACT, contact_start(customer.last_contact_on, customer.vip_since))
    if not (customer.is_key and customer.key_since):
        return Clocks(contact_due, None)
    start = visit_start(customer.last_visit_on, customer.vip_since, customer.key_since)
    return Clocks(contact_due, due(Cadence.VISIT, start))


def histories_of(customers: Sequence[Customer]) -> dict[int, CadenceHistory]:
    """Return the cadence history of each customer. Two statements."""
    ids = [customer.pk for customer in customers]
    tiers: dict[int, list[TierSpan]] = defaultdict(list)
    changes = TierChange.objects.filter(customer__in=ids).order_by("effective_on", "pk")
    for owner, on, tier in changes.values_list("customer_id", "effective_on", "tier"):
        tiers[owner].append(TierSpan(on, tier))
    watches: dict[int, list[WatchSpan]] = defaultdict(list)
    spans = WatchPeriod.objects.filter(customer__in=ids)
    for owner, started_on, ended_on in spans.values_list("customer_id", "started_on", "ended_on"):
        watches[owner].append(WatchSpan(started_on, ended_on))
    return {
        c.pk: CadenceHistory(
            tiers=tiers.get(c.pk) or [TierSpan(c.vip_since, c.tier)],
            watches=watches.get(c.pk, ()),
        )
        for c in customers
    }


def set_clocks(customer: Customer, standards: Standards | None = None) -> bool:
    """Set the due days on ``customer`` without saving; say whether they changed.

    For a contact of today the history cannot matter and is not asked.
    """
    today = clock.today(customer.unit.time_zone)
    standards = standards or ServiceStandard.objects.load()
    starts = [contact_start(customer.last_contact_on, customer.vip_since)]
    if customer.is_key and customer.key_since:
        starts.append(visit_start(customer.last_visit_on, customer.vip_since, customer.key_since))
    if min(starts) >= today:
        watched = [WatchSpan(customer.watched_since)] if customer.watched_since else []
        history = CadenceHistory([TierSpan(customer.vip_since, customer.tier)], watched)
    else:
        history = histories_of([customer])[customer.pk]
    fresh = clocks_of(customer, history, standards, today)
    changed = fresh != stored_clocks(customer)
    customer.contact_due_on, customer.visit_due_on = fresh.contact_due_on, fresh.visit_due_on
    return changed


@transaction.atomic(savepoint=False)
def note_last_contacts(
    *, customer: Customer, last: LastContacts, standards: Standards | None = None
) -> None:
    """Store when ``customer`` (locked by the caller) was last reached and set the clocks anew.

    Derived values: the contact record carries the audit entry. Safe to run twice.
    """
    customer.last_contact_on, customer.last_visit_on = last.contact_on, last.visit_on
    set_clocks(customer, standards)
    customer.save(update_fields=["last_contact_on", "last_visit_on", *CLOCK_FIELDS])


@transaction.atomic
def note_last_contacts_of_many(*, last: Mapping[int, LastContacts]) -> None:
    """Store the last contacts of many customers (by id) and set their clocks anew.

    Five statements a batch of 2,000. Safe to run twice.
    """
    for ids in _batches(sorted(last)):
        customers = list(_locked(ids))
        for customer in customers:
            customer.last_contact_on = last[customer.pk].contact_on
            customer.last_visit_on = last[customer.pk].visit_on
        recompute(customers)
        Customer.objects.bulk_update(
            customers, ["last_contact_on", "last_visit_on", *CLOCK_FIELDS], batch_size=500
        )


@transaction.atomic
def refresh_clocks(*, customer_ids: Iterable[int]) -> int:
    """Compute the due days of these customers anew; return how many changed. Safe twice."""
    changed = 0
    for ids in _batches(sorted(customer_ids)):
        moved = recompute(list(_locked(ids)))
        Customer.objects.bulk_update(moved, CLOCK_FIELDS, batch_size=500)
        changed += len(moved)
    return changed


def refresh_clocks_of_unit(*, unit_id: int) -> int:
    """Compute the due days of a unit's customers anew, whose day is another now. Safe twice."""
    customers = Customer.objects.active().filter(unit=unit_id)
    return refresh_clocks(customer_ids=customers.values_list("pk", flat=True).iterator())


@transaction.atomic
def apply_standards(*, today: date | None = None) -> int:
    """Move the clocks for the standard's rows that have come into force, zone by zone.

    A row holds in a unit from its day in the unit's own zone; which zones the clocks have followed
    in is kept, so that a zone whose day begins later, or a day that was missed, is caught up.
    ``today``: nothing that begins later than this day. Returns how many customers' due days
    changed. A constant number of statements beside those of ``refresh_clocks``. Safe to run twice
    and side by side: the rows are held.
    """
    zones = Unit.objects.order_by().values_list("time_zone", flat=True).distinct()
    days = {zone: min(clock.today(zone), today or date.max) for zone in zones}
    latest = max(days.values(), default=date.min)
    rows = list(ServiceStandard.objects.on_the_way(latest).select_for_update())
    if not rows:
        return 0
    done = StandardInZone.objects.pairs(row.pk for row in rows)
    coming = [
        (row, zone)
        for row in rows
        for zone, day in days.items()
        if row.effective_from <= day and (row.pk, zone) not in done
    ]
    moving = {zone for row, zone in coming if row.figure in CLOCK_FIGURES}
    changed = 0
    if moving:
        # Of every tier: a customer's due day may still hang on a tier that was left since.
        affected = Customer.objects.active().filter(unit__time_zone__in=moving)
        changed = refresh_clocks(customer_ids=affected.values_list("pk", flat=True).iterator())
    _note_applied(rows, coming, days)
    return changed


def _note_applied(
    rows: Sequence[ServiceStandard],
    coming: Sequence[tuple[ServiceStandard, str]],
    days: Mapping[str, date],
) -> None:
    """Write down which rows hold in which zones; a row that holds in all is finished."""
    finished = [row.pk for row in rows if all(row.effective_from <= day for day in days.values())]
    StandardInZone.objects.bulk_create(
        [StandardInZone(standard=row, time_zone=zone) for row, zone in coming],
        ignore_conflicts=True,
    )
    ServiceStandard.objects.filter(pk__in=finished).update(applied_at=clock.now())
    StandardInZone.objects.filter(standard__in=finished).delete()


def wrong_clocks(
    customers: Sequence[Customer],
    last: Mapping[int, LastContacts],
    standards: Standards,
) -> Iterator[tuple[Customer, LastContacts, Clocks]]:
    """Yield the customers whose stored clocks differ from what their records say.

    ``last`` comes from the contact records. Nothing is written.
    """
    histories = histories_of(customers)
    nothing = LastContacts(None, None)
    for customer in customers:
        noted = LastContacts(customer.last_contact_on, customer.last_visit_on)
        truth = last.get(customer.pk, nothing)
        customer.last_contact_on, customer.last_visit_on = truth.contact_on, truth.visit_on
        today = clock.today(customer.unit.time_zone)
        due = clocks_of(customer, histories[customer.pk], standards, today)
        if (truth, due) != (noted, stored_clocks(customer)):
            yield customer, truth, due


def recompute(customers: Sequence[Customer]) -> list[Customer]:
    """Set the due days on these customers without saving; return those that changed.

    Three statements; the caller has the rows locked, with their units.
    """
    standards = ServiceStandard.objects.load()
    histories = histories_of(customers)
    moved = []
    for customer in customers:
        today = clock.today(customer.unit.time_zone)
        fresh = clocks_of(customer, histories[customer.pk], standards, today)
        if fresh != stored_clocks(customer):
            customer.contact_due_on = fresh.contact_due_on
            customer.visit_due_on = fresh.visit_due_on
            moved.append(customer)
    return moved


def _locked(ids: Sequence[int]) -> Iterable[Customer]:
    found = Customer.objects.filter(pk__in=ids).select_related("unit").order_by("pk")
    return found.select_for_update(of=("self",), no_key=True)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
