"""Opening and closing the flags of overdue cadences (articles 8 and 9), set-based."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import transaction
from django.db.models import (
    Case,
    CharField,
    DateField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)

from contacts.models import CadenceFlag
from core import audit, bulk, clock
from customers.models import Customer, ServiceStandard
from customers.querysets import DUE_FIELD, EXEMPT_FIELD, CustomerQuerySet
from customers.rules import Cadence, Figure, Standards
from customers.services import clocks
from staff.models import Unit

FLAG_COLUMNS = ["customer", "cadence", "due_on", "opened_on", "opened_at", "close_reason"]


@dataclass
class FlagChanges:
    """How many flags a run opened, closed and escalated."""

    opened: int = 0
    closed: int = 0
    escalated: int = 0

    def __add__(self, other: FlagChanges) -> FlagChanges:
        return FlagChanges(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))


def flag_overdue(*, as_of: date | None = None) -> FlagChanges:
    """Open a flag for every overdue customer and cadence, close the others, escalate the old.

    ``as_of``: the day to judge by; without it today in each unit's zone. A constant number of
    statements however many customers. Run twice, or on two workers at once, it changes nothing
    more. First moves the clocks for figures of the standard that have come into force.
    """
    clocks.apply_standards(today=as_of)
    with transaction.atomic():
        standards = ServiceStandard.objects.load()
        changes = FlagChanges()
        for today, customers in _customers_by_day(as_of):
            changes += _settle(customers, today)
            changes += _escalate(customers, today, standards)
        if changes:
            audit.record_job(
                verb="flags.settled",
                model=CadenceFlag,
                changes={f.name: getattr(changes, f.name) for f in fields(changes)},
            )
    return changes


def settle_flags_of(customer: Customer) -> FlagChanges:
    """Open and close the flags of one customer, whose row the caller has locked. Safe twice.

    Derived rows: the change that the caller makes carries the audit entry.
    """
    today, now = clock.today(customer.unit.time_zone), clock.now()
    overdue = [cadence for cadence in Cadence if _is_overdue(customer, cadence, today)]
    changes = FlagChanges(closed=_close_of(customer, overdue, now))
    one = Customer.objects.filter(pk=customer.pk)
    for cadence in overdue:
        changes.opened += _open(one, cadence, today, now)
    return changes


def _customers_by_day(as_of: date | None) -> Iterator[tuple[date, CustomerQuerySet]]:
    """Yield each day that is today somewhere, with the customers of the zones that have it."""
    if as_of is not None:
        yield as_of, Customer.objects.all()
        return
    zones = list(Unit.objects.order_by().values_list("time_zone", flat=True).distinct())
    days: dict[date, list[str]] = {}
    for zone in zones:
        days.setdefault(clock.today(zone), []).append(zone)
    for today, of_day in days.items():
        everybody = Customer.objects.all()
        if len(of_day) < len(zones):
            everybody = everybody.filter(unit__time_zone__in=of_day)
        yield today, everybody


def _settle(customers: CustomerQuerySet, today: date) -> FlagChanges:
    now = clock.now()
    changes = FlagChanges()
    for cadence in Cadence:
        changes.closed += _close(customers, cadence, today, now)
        changes.opened += _open(customers, cadence, today, now)
    return changes


def _is_overdue(customer: Customer, cadence: Cadence, today: date) -> bool:
    due, exempt_until = customer.due_on(cadence), customer.exempt_until(cadence)
    excused = exempt_until is not None and exempt_until >= today
    return customer.is_active and due is not None and due < today and not excused


def _close_of(customer: Customer, overdue: Collection[Cadence], now: datetime) -> int:
    flags = CadenceFlag.objects.open().filter(customer=customer)
    met = CadenceFlag.CloseReason.MET if customer.is_active else CadenceFlag.CloseReason.LEFT
    today = clock.today(customer.unit.time_zone)
    exempt = [c.value for c in Cadence if (customer.exempt_until(c) or date.min) >= today]
    reason = Case(
        When(cadence__in=exempt, then=Value(CadenceFlag.CloseReason.EXEMPT.value)),
        default=Value(met.value),
    )
    return flags.exclude(cadence__in=[c.value for c in overdue]).update(
        closed_at=now, close_reason=reason
    )


def _close(customers: CustomerQuerySet, cadence: Cadence, today: date, now: datetime) -> int:
    exempt = Q(**{f"{EXEMPT_FIELD[cadence]}__gte": today})
    reason = Case(
        When(Q(status="left"), then=Value(CadenceFlag.CloseReason.LEFT.value)),
        When(exempt, then=Value(CadenceFlag.CloseReason.EXEMPT.value)),
        default=Value(CadenceFlag.CloseReason.MET.value),
        output_field=CharField(),
    )
    why = Customer.objects.filter(pk=OuterRef("customer_id")).annotate(why=reason).values("why")
    flags = CadenceFlag.objects.no_longer_overdue(cadence, today)
    return flags.filter(_of(customers)).update(closed_at=now, close_reason=Subquery(why))


def _open(customers: CustomerQuerySet, cadence: Cadence, today: date, now: datetime) -> int:
    flagged = CadenceFlag.objects.open().filter(customer=OuterRef("pk"), cadence=cadence.value)
    rows = (
        customers.overdue(cadence, today)
        .filter(~Exists(flagged))
        .order_by()
        .values_list(
            F("pk"),
            Value(cadence.value, output_field=CharField()),
            F(DUE_FIELD[cadence]),
            Value(today, output_field=DateField()),
            Value(now, output_field=DateTimeField()),
            Value("", output_field=CharField()),
        )
    )
    return bulk.insert_from_select(CadenceFlag, FLAG_COLUMNS, rows)


def _escalate(customers: CustomerQuerySet, today: date, standards: Standards) -> FlagChanges:
    after_days = standards.value(Figure.ESCALATION_DAYS, today)
    flags = CadenceFlag.objects.to_escalate(today, after_days).filter(_of(customers))
    return FlagChanges(escalated=flags.update(escalated_at=clock.now()))


def _of(customers: CustomerQuerySet) -> Q:
    """The condition on a flag that its customer is one of ``customers``; none where all are."""
    if not customers.query.where:
        return Q()
    return Q(customer__in=customers.values("pk"))
