"""Changes to a customer's standing: tier, manager, key mark, watch, excuse, leaving."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DateField, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from core import audit, bulk, clock
from customers.models import (
    Customer,
    ManagerChange,
    Status,
    Tier,
    TierChange,
    WatchPeriod,
)
from customers.rules import Cadence
from customers.services.clocks import CLOCK_FIELDS, recompute, set_clocks
from staff.models import Role, StaffUser, Unit


def lock(customer_id: int) -> Customer:
    """Return the customer with its row locked until the transaction ends, unit loaded.

    Against changes, not against being referred to: another customer's likeness may name this one.
    """
    rows = Customer.objects.select_for_update(of=("self",), no_key=True).select_related("unit")
    return rows.get(pk=customer_id)


def standing_history(customer: Customer) -> tuple[list[TierChange], list[ManagerChange]]:
    """Return the tiers and managers the customer has had, the oldest first. Two statements.

    With those of the rows that were merged into the customer.
    """
    people = ("old_manager", "manager", "unit", "changed_by", "customer")
    tiers = TierChange.objects.of_person(customer).select_related("changed_by", "customer")
    managers = ManagerChange.objects.of_person(customer).select_related(*people)
    return list(tiers), list(managers)


@transaction.atomic
def change_tier(
    *,
    actor: StaffUser | None,
    customer: Customer,
    tier: Tier,
    on: date | None = None,
    reason: str = "",
) -> Customer:
    """Give the customer ``tier`` from ``on`` (today without it) and compute the clocks anew.

    A shorter interval gives a customer who was not overdue at least 7 days (article 8). Raises
    ValidationError for a day in the future or before the latest change. Safe to run twice.
    """
    customer = lock(customer.pk)
    if customer.tier == tier:
        return customer
    today = clock.today(customer.unit.time_zone)
    latest = customer.tier_changes.order_by("-effective_on", "-pk").first()
    if on is not None and on > today:
        raise ValidationError({"on": _("A tier cannot change in the future.")})
    # Who came from a unit further east may bring a change along that is dated tomorrow here.
    on = on or max(today, latest.effective_on if latest is not None else today)
    if latest is not None and on < latest.effective_on:
        raise ValidationError({"on": _("The tier has changed again since that day.")})
    old = customer.tier
    TierChange.objects.create(
        customer=customer,
        old_tier=old,
        tier=tier,
        effective_on=on,
        changed_by=actor,
        reason=reason,
    )
    customer.tier = tier
    _save_with_clocks(customer, actor, "customer.tier_changed", {"tier": [old, tier]}, ["tier"])
    return customer


@transaction.atomic
def assign_manager(
    *,
    actor: StaffUser | None,
    customer: Customer,
    manager: StaffUser | None,
    unit: Unit | None = None,
    on: date | None = None,
    reason: str = "",
) -> Customer:
    """Give the customer to ``manager`` (None: to the pool of ``unit``).

    The customer moves to the manager's unit. The clocks stay, but for a unit of another time
    zone, whose day may be another one: there they are computed anew. Raises ValidationError where
    the person is no active manager. Safe to run twice.
    """
    customer = lock(customer.pk)
    if manager is not None and not (manager.role == Role.MANAGER and manager.is_active):
        raise ValidationError({"manager": _("Choose an active customer manager.")})
    new_unit = (manager.unit if manager is not None else unit) or customer.unit
    if customer.manager_id == (manager.pk if manager else None) and new_unit == customer.unit:
        return customer
    changes = {
        "manager_id": [customer.manager_id, manager.pk if manager else None],
        "unit_id": [customer.unit_id, new_unit.pk],
    }
    ManagerChange.objects.create(
        customer=customer,
        old_manager_id=customer.manager_id,
        manager=manager,
        unit=new_unit,
        effective_on=on or clock.today(new_unit.time_zone),
        changed_by=actor,
        reason=reason,
    )
    crosses = customer.unit.time_zone != new_unit.time_zone
    customer.manager, customer.unit = manager, new_unit
    save = _save_with_clocks if crosses else _save
    save(customer, actor, "customer.manager_changed", changes, ["manager", "unit"])
    return customer


@transaction.atomic
def mark_key(
    *, actor: StaffUser | None, customer: Customer, is_key: bool, on: date | None = None
) -> Customer:
    """Make the customer a key customer from ``on``, or no longer one (article 9).

    The face-to-face clock starts or stops. Raises ValidationError for a day in the future. Safe
    to run twice.
    """
    customer = lock(customer.pk)
    if customer.is_key == is_key:
        return customer
    today = clock.today(customer.unit.time_zone)
    on = on or today
    if on > today:
        raise ValidationError({"on": _("That day is in the future.")})
    before = {"is_key": customer.is_key, "key_since": customer.key_since}
    customer.is_key, customer.key_since = is_key, on if is_key else None
    after = {"is_key": is_key, "key_since": customer.key_since}
    changes = audit.difference(before, after)
    _save_with_clocks(customer, actor, "customer.key_changed", changes, ["is_key", "key_since"])
    return customer


@transaction.atomic
def watch(*, actor: StaffUser | None, customer: Customer, watched: bool) -> Customer:
    """Begin or end the days on which a churn warning is open: the interval is halved.

    Safe to run twice.
    """
    customer = lock(customer.pk)
    today = clock.today(customer.unit.time_zone)
    if watched == (customer.watched_since is not None):
        return customer
    if watched:
        WatchPeriod.objects.create(customer=customer, started_on=today)
    else:
        _end_watches([customer], None)
    before = customer.watched_since
    customer.watched_since = today if watched else None
    changes = {"watched_since": [before, customer.watched_since]}
    _save_with_clocks(customer, actor, "customer.watch_changed", changes, ["watched_since"])
    return customer


@transaction.atomic
def watch_many(
    *,
    actor: StaffUser | None,
    customer_ids: Iterable[int],
    watched: bool,
    on: date | None = None,
) -> int:
    """Begin or end the watched days of many customers on ``on`` (without it their own today).

    What ``watch`` does for one, with a constant number of statements however many. Customers who
    have left are not watched any more. Returns how many changed. Safe to run twice.
    """
    rows = Customer.objects.filter(pk__in=list(customer_ids)).select_related("unit").order_by("pk")
    customers = [
        customer
        for customer in rows.select_for_update(of=("self",))
        if watched != (customer.watched_since is not None) and (customer.is_active or not watched)
    ]
    if not customers:
        return 0
    now, changes = clock.now(), []
    for customer in customers:
        since = (on or clock.today(customer.unit.time_zone)) if watched else None
        changes.append(
            (customer.pk, customer.pk, {"watched_since": [customer.watched_since, since]})
        )
        customer.watched_since, customer.updated_at = since, now
        customer.version += 1
    if watched:
        spans = [(customer.pk, customer.watched_since) for customer in customers]
        bulk.insert_rows(WatchPeriod, ["customer_id", "started_on"], spans)
    else:
        _end_watches(customers, on)
    recompute(customers)
    Customer.objects.bulk_update(
        customers,
        ["watched_since", *CLOCK_FIELDS, "updated_at", "version"],
        batch_size=500,
    )
    audit.record_many(actor=actor, verb="customer.watch_changed", model=Customer, rows=changes)
    return len(customers)


def _end_watches(customers: Iterable[Customer], on: date | None) -> None:
    """End the open watched days; those that begin later than ``on`` end on their first day."""
    by_day: dict[date, list[int]] = {}
    for customer in customers:
        by_day.setdefault(on or clock.today(customer.unit.time_zone), []).append(customer.pk)
    for day, ids in by_day.items():
        spans = WatchPeriod.objects.filter(customer__in=ids, ended_on=None)
        spans.update(ended_on=Greatest("started_on", Value(day, output_field=DateField())))


@transaction.atomic
def excuse(
    *, actor: StaffUser | None, customer: Customer, cadence: Cadence, until: date | None
) -> Customer:
    """Excuse the customer from ``cadence`` until a day, included; None ends it. Safe twice."""
    customer = lock(customer.pk)
    name = "contact_exempt_until" if cadence is Cadence.CONTACT else "visit_exempt_until"
    before = getattr(customer, name)
    if before == until:
        return customer
    setattr(customer, name, until)
    _save(customer, actor, "customer.excused", {name: [before, until]}, [name])
    return customer


@transaction.atomic
def mark_complaint(*, actor: StaffUser | None, customer: Customer, is_open: bool) -> Customer:
    """Say whether the customer has an open complaint: no greetings, no offers. Safe twice."""
    customer = lock(customer.pk)
    if customer.has_open_complaint == is_open:
        return customer
    customer.has_open_complaint = is_open
    changes = {"has_open_complaint": [not is_open, is_open]}
    _save(customer, actor, "customer.complaint", changes, ["has_open_complaint"])
    return customer


@transaction.atomic
def mark_left(*, actor: StaffUser | None, customer: Customer, on: date | None = None) -> Customer:
    """Record that the customer has left; the clocks stop. Safe to run twice.

    Of a customer who has left already, an earlier day replaces the later one. Raises
    ValidationError for a day in the future.
    """
    customer = lock(customer.pk)
    today = clock.today(customer.unit.time_zone)
    on = on or today
    if not customer.is_active and (customer.left_on is None or customer.left_on <= on):
        return customer
    if on > today:
        raise ValidationError({"on": _("That day is in the future.")})
    before = {"status": customer.status, "left_on": customer.left_on}
    customer.status, customer.left_on = Status.LEFT, on
    changes = audit.difference(before, {"status": Status.LEFT.value, "left_on": on})
    _save_with_clocks(customer, actor, "customer.left", changes, ["status", "left_on"])
    return customer


@transaction.atomic
def come_back(
    *, actor: StaffUser | None, customer: Customer, left_on: date | None = None
) -> Customer:
    """Make a customer who had left an active VIP again; the clocks run. Safe to run twice.

    ``left_on``: the customer stays gone, but left on this day. The clocks go on from the last
    contact; one that has run out meanwhile is due at once.
    """
    customer = lock(customer.pk)
    if customer.is_active or customer.left_on == left_on:
        return customer
    before = {"status": customer.status, "left_on": customer.left_on}
    customer.status = Status.ACTIVE if left_on is None else Status.LEFT
    customer.left_on = left_on
    changes = audit.difference(before, {"status": customer.status, "left_on": left_on})
    _save_with_clocks(customer, actor, "customer.came_back", changes, ["status", "left_on"])
    return customer


def _save_with_clocks(
    customer: Customer,
    actor: StaffUser | None,
    verb: str,
    changes: dict[str, Any],
    fields: list[str],
) -> None:
    set_clocks(customer)
    _save(customer, actor, verb, changes, [*fields, *CLOCK_FIELDS])


def _save(
    customer: Customer,
    actor: StaffUser | None,
    verb: str,
    changes: dict[str, Any],
    fields: list[str],
) -> None:
    customer.updated_at = clock.now()
    customer.version += 1
    customer.save(update_fields=[*fields, "updated_at", "version"])
    audit.record(actor=actor, verb=verb, obj=customer, changes=changes, customer_id=customer.pk)
