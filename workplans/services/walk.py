"""What an inspector sees of one drawn item: its facts, and what stands beside it. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from contacts.models import ContactRecord
from core import clock
from customers.models import Customer, CustomerPhone
from customers.querysets import access_to
from staff.models import StaffUser
from workplans.models import InspectedItem, Inspection, PlanItem, RecordSignal
from workplans.services.signal_words import explain, others_in

MOST_NEIGHBOURS = 40
MOST_PLAN_ITEMS = 60


@dataclass(frozen=True)
class Step:
    """One item of the walk: its place, what it is, and the verdict so far."""

    position: int
    kind: str
    verdict: str


@dataclass(frozen=True)
class Neighbour:
    """Another record of the same person that day, or one that a sign speaks of."""

    record: ContactRecord
    is_this: bool
    is_named: bool
    is_other_day: bool


@dataclass
class RecordFacts:
    """A drawn contact record. ``record`` None: the customer is not the reader's to see any more.

    Texts have phone numbers masked. ``reveals``: the reader may see the whole number by a click
    that is noted.
    """

    record: ContactRecord | None = None
    customer: Customer | None = None
    phone: CustomerPhone | None = None
    reveals: bool = False
    summary: str = ""
    place: str = ""
    signs: list[tuple[str, str]] = field(default_factory=list)
    neighbours: list[Neighbour] = field(default_factory=list)


@dataclass
class DayFacts:
    """A drawn log or plan: how many records there are of its days, and the plan's items."""

    records: int = 0
    counted: int = 0
    items: Sequence[Any] = ()
    done: int = 0


@dataclass
class Walk:
    """One step of an inspection with the way through it."""

    inspection: Inspection
    item: InspectedItem
    steps: list[Step]
    zone: ZoneInfo
    record: RecordFacts | None = None
    days: DayFacts | None = None

    @property
    def judged(self) -> int:
        """How many items are judged."""
        return sum(bool(step.verdict) for step in self.steps)

    @property
    def previous(self) -> int | None:
        """The place before this one."""
        return self.item.position - 1 if self.item.position > 1 else None

    @property
    def following(self) -> int | None:
        """The place after this one."""
        return self.item.position + 1 if self.item.position < len(self.steps) else None


def steps_of(inspection: Inspection) -> list[Step]:
    """Return the items of an inspection in their order. One statement."""
    rows = inspection.items.order_by("position").values_list(
        "position", "record", "plan", "verdict"
    )
    return [
        Step(position, "record" if record else "plan" if plan else "log", verdict)
        for position, record, plan, verdict in rows
    ]


def first_open(steps: Sequence[Step]) -> int:
    """Return the first place without a verdict; the first of all where all are judged."""
    return next((step.position for step in steps if not step.verdict), 1)


def load_walk(user: StaffUser, inspection: Inspection, item: InspectedItem) -> Walk:
    """Return what ``user`` sees of ``item`` (its plan and log loaded). Constant statements."""
    zone = clock.zone_info(inspection.unit.time_zone)
    walk = Walk(inspection, item, steps_of(inspection), zone)
    if item.record_id is not None:
        walk.record = _record_facts(user, inspection, item.record_id, zone)
    else:
        walk.days = _day_facts(user, inspection, item)
    return walk


def _record_facts(
    user: StaffUser, inspection: Inspection, record_id: int, zone: ZoneInfo
) -> RecordFacts:
    seen = ContactRecord.objects.visible_to(user)
    rows = seen.select_related("customer__unit", "customer__manager", "manager", "recorded_by")
    record = rows.filter(pk=record_id).first()
    if record is None:
        return RecordFacts()
    signals = list(RecordSignal.objects.visible_to(user).filter(record=record_id).order_by("kind"))
    named = {pk for signal in signals for pk in others_in(signal)}
    access = access_to(record.customer, user)
    return RecordFacts(
        record=record,
        customer=record.customer,
        phone=record.customer.phones.first(),
        reveals=access.reveals or access.serves,
        summary=record.summary,
        place=record.place,
        signs=[(signal.get_kind_display(), explain(signal, zone)) for signal in signals],
        neighbours=_neighbours(user, inspection, record, named),
    )


def _neighbours(
    user: StaffUser, inspection: Inspection, record: ContactRecord, named: Collection[int]
) -> list[Neighbour]:
    """What the person entered of the same day, and the records that the signs speak of."""
    rows = ContactRecord.objects.visible_to(user).standing()
    rows = rows.filter(recorded_by=inspection.manager_id)
    rows = rows.filter(Q(happened_on=record.happened_on) | Q(pk__in=named))
    found = rows.select_related("customer").order_by("happened_at", "pk")[:MOST_NEIGHBOURS]
    return [
        Neighbour(one, one.pk == record.pk, one.pk in named, one.happened_on != record.happened_on)
        for one in found
    ]


def _day_facts(user: StaffUser, inspection: Inspection, item: InspectedItem) -> DayFacts:
    first, last = _days_of(item)
    records = ContactRecord.objects.visible_to(user).standing().since(first).until(last)
    counted = list(
        records.filter(recorded_by=inspection.manager_id).values_list("is_counted", flat=True)
    )
    facts = DayFacts(len(counted), sum(counted))
    if item.plan_id is not None:
        rows = PlanItem.objects.visible_to(user).standing().filter(plan=item.plan_id).with_done()
        facts.items = list(rows.select_related("customer")[:MOST_PLAN_ITEMS])
        facts.done = sum(bool(one.is_done) for one in facts.items)
    return facts


def _days_of(item: InspectedItem) -> tuple[date, date]:
    if item.plan is not None:
        return item.plan.starts_on, item.plan.ends_on
    day = item.log.log_date if item.log is not None else date.min
    return day, day
