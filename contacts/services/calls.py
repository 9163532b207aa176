"""Taking the call centre's events in, and finding whose the numbers are (article 7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from contacts.models import (
    CallEvent,
    CallResult,
    Confirmation,
    Direction,
    MissedCall,
    NumberMatch,
)
from contacts.rules.calls import is_missed, on_duty
from contacts.services import missed_calls
from core import audit, bulk, clock, locks
from core.identity import identity
from core.phones import plain_number, same_line, without_extension
from customers.models import Customer, CustomerPhone
from staff.models import Cover, Role, StaffUser, Unit
from staff.rules import CoverSpan, standing_in

if TYPE_CHECKING:
    from customers.querysets import CustomerPhoneQuerySet

EXPLAINED_DAYS = 30
"""For how long a call waits for its number to become somebody's."""
NUMBERS_AT_ONCE = 500
TOLD = (
    "direction",
    "result",
    "number",
    "line",
    "staff_number",
    "started_at",
    "answered_at",
    "ended_at",
)
"""What the call centre tells of a call: sent again it must be the same."""


@dataclass(frozen=True)
class Call:
    """What the call centre tells of one call. ``number`` in plain digits, moments aware.

    ``line`` is our side; ``staff_number`` says who of us spoke or dialled, where one person did.
    """

    event_id: str
    direction: Direction
    result: CallResult
    number: str
    started_at: datetime
    line: str = ""
    staff_number: str = ""
    answered_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_missed(self) -> bool:
        """Whether a customer rang and nobody spoke with them."""
        return is_missed(self.direction, self.result)


class Taken(StrEnum):
    """What became of a call that was told of."""

    NEW = "new"
    SAME = "same"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class TakenCall:
    """The answer to one call: the event that is kept under its id."""

    event: CallEvent
    outcome: Taken


@transaction.atomic
def take_calls(*, actor: StaffUser, calls: Sequence[Call]) -> list[TakenCall]:
    """Keep what the call centre ``actor`` tells; missed calls open or close at once.

    A call with an id that was told before stays as it was: SAME where it says the same, CONFLICT
    where it does not. A constant number of statements. Safe to run twice; one sender's batches
    take turns, so the same id sent side by side is one event.
    """
    locks.hold(f"contacts.calls.{actor.pk}")
    known = CallEvent.objects.sent_before(actor.pk, {call.event_id for call in calls})
    fresh = {call.event_id: call for call in reversed(calls) if call.event_id not in known}
    told = list(fresh.values())[::-1]
    events = _events_of(actor, told)
    if events:
        bulk.insert_new(events, set_keys=True)
        belongs_to = missed_calls.settle(_since(events))
        for event in events:
            event.missed_call = belongs_to.get(event.pk)
        audit.record_job(
            actor=actor,
            verb="calls.taken_in",
            model=CallEvent,
            changes={
                "new": len(events),
                "missed": sum(call.is_missed for call in told),
                "unknown": sum(event.match != NumberMatch.KNOWN for event in events),
            },
        )
    made = {event.event_id: event for event in events}
    answers = []
    for call in calls:
        is_new = call.event_id not in known
        if is_new:
            known[call.event_id] = made[call.event_id]
        kept = known[call.event_id]
        outcome = Taken.NEW if is_new else Taken.SAME
        if not _says_the_same(kept, call):
            outcome = Taken.CONFLICT
        answers.append(TakenCall(kept, outcome))
    return answers


def _says_the_same(event: CallEvent, call: Call) -> bool:
    return all(getattr(event, name) == getattr(call, name) for name in TOLD)


def _since(events: Iterable[CallEvent]) -> dict[int, datetime]:
    """Return from when on the customers of these calls are to be settled."""
    since: dict[int, datetime] = {}
    for event in events:
        if event.customer_id is not None:
            known = since.get(event.customer_id, event.started_at)
            since[event.customer_id] = min(known, event.started_at)
    return since


# --- Whose number it is, and who was on duty ----------------------------------------------------


@dataclass
class _Owners:
    """The customers by plain number, locked; and who served them on the days of the calls."""

    customers: dict[str, list[Customer]] = field(default_factory=lambda: defaultdict(list))
    units: dict[int, Unit] = field(default_factory=dict)
    spans: list[CoverSpan] = field(default_factory=list)

    def stand_ins(self, day: date) -> dict[int, int]:
        """Return ``{covered manager: stand-in}`` of a local day."""
        return {
            span.manager: span.stand_in
            for span in self.spans
            if span.starts_on <= day <= span.ends_on
        }


def _events_of(actor: StaffUser, calls: Sequence[Call]) -> list[CallEvent]:
    """Return the events to keep, unsaved, with whose they are."""
    if not calls:
        return []
    phones = CustomerPhone.objects.visible_to(actor)
    owners = _owners(phones, {call.number for call in calls}, [c.started_at for c in calls])
    people = _people(actor, calls)
    unit = _unit_of_sender(actor)
    events = []
    for call in calls:
        event = CallEvent(
            event_id=call.event_id,
            sent_by=actor,
            match=NumberMatch.UNKNOWN,
            **{name: getattr(call, name) for name in TOLD},
        )
        event.handled_by = people.get(identity(call.staff_number)) or people.get(
            plain_number(call.line)
        )
        _say_whose(event, owners, unit)
        events.append(event)
    return events


def _phones_for(sender: StaffUser) -> CustomerPhoneQuerySet:
    """Return the numbers of the customers whom ``sender`` tells of, by its unit."""
    if sender.unit is None:
        return CustomerPhone.objects.all()
    return CustomerPhone.objects.filter(customer__unit__path__startswith=sender.unit.path)


def _owners(
    phones: CustomerPhoneQuerySet, numbers: Collection[str], moments: Sequence[datetime]
) -> _Owners:
    """Find the active customers with these numbers, lock them, and load the covers.

    Four statements at most.

    Only customers whose numbers are among ``phones``: of others the number is unknown here.
    """
    found = _Owners()
    asked = _by_line(numbers)
    asked_for = phones.ringing(numbers).filter(customer__status="active")
    pairs = {
        (pk, number)
        for pk, kept in asked_for.order_by().values_list("customer_id", "number")
        for number in asked[without_extension(kept)]
        if same_line(number, kept)
    }
    rows = Customer.objects.filter(pk__in={pk for pk, _number in pairs}).select_related("unit")
    held = {one.pk: one for one in rows.order_by("pk").select_for_update(of=("self",), no_key=True)}
    for pk, number in sorted(pairs):
        if held[pk].is_active:
            found.customers[number].append(held[pk])
    found.units = _units_above(
        one for few in found.customers.values() if len(few) > 1 for one in few
    )
    found.spans = _covers_around(moments)
    return found


def _by_line(numbers: Collection[str]) -> dict[str, list[str]]:
    """Return these numbers by what the network knows of them: without their extensions."""
    lines: dict[str, list[str]] = defaultdict(list)
    for number in numbers:
        lines[without_extension(number)].append(number)
    return lines


def _covers_around(moments: Sequence[datetime]) -> list[CoverSpan]:
    """Return the covers of all days that these moments are in any zone. One statement."""
    day = timedelta(days=1)
    covers = Cover.objects.meeting((min(moments) - day).date(), (max(moments) + day).date())
    return [cover.span for cover in covers]


def _units_above(customers: Iterable[Customer]) -> dict[int, Unit]:
    """Return the units of these customers and those above them, by key. One statement at most."""
    keys = {int(pk) for one in customers for pk in one.unit.path.split("/") if pk}
    return Unit.objects.in_bulk(keys) if keys else {}


def _people(actor: StaffUser, calls: Sequence[Call]) -> dict[str, StaffUser]:
    """Return who spoke or dialled, by staff number and by phone of the line. One statement.

    Who is outside the sender's units is as unknown as a number that nobody has.
    """
    lines = {line for call in calls if (line := plain_number(call.line))}
    numbers = {call.staff_number for call in calls if call.staff_number}
    people = StaffUser.objects.visible_to(actor).active().people().select_related("unit")
    found: dict[str, StaffUser] = {}
    for person in people.filter(phone__in=lines) | people.numbered(numbers):
        found.setdefault(identity(person.staff_number), person)
        if person.phone in lines:
            found.setdefault(person.phone, person)
    return found


def _unit_of_sender(actor: StaffUser) -> Unit | None:
    """Return whose supervisors look after calls of unknown numbers: the sender's unit, or the top.

    None where there are several tops: then head office sees them.
    """
    if actor.unit is not None:
        return actor.unit
    tops = list(Unit.objects.filter(parent=None)[:2])
    return tops[0] if len(tops) == 1 else None


def _say_whose(event: CallEvent, owners: _Owners, unit: Unit | None) -> None:
    """Fill in the customer, who was on duty, and whether there is a record to confirm."""
    candidates = owners.customers.get(event.number, [])
    if len(candidates) != 1:
        event.match = NumberMatch.SHARED if candidates else NumberMatch.UNKNOWN
        event.unit = _common_unit(candidates, owners) or unit
        return
    customer = candidates[0]
    day = clock.local_date(event.started_at, customer.unit.time_zone)
    stand_ins = owners.stand_ins(day)
    event.match = NumberMatch.KNOWN
    event.customer, event.unit = customer, customer.unit
    event.manager_id = customer.manager_id
    event.served_by_id = on_duty(customer.manager_id, stand_ins)
    if _becomes_a_record(event, customer, stand_ins):
        event.confirmation = Confirmation.WAITING


def _common_unit(customers: Sequence[Customer], owners: _Owners) -> Unit | None:
    """Return the lowest unit that holds them all, so that no other unit learns of them."""
    shared: Unit | None = None
    for steps in zip(*(one.unit.path.strip("/").split("/") for one in customers), strict=False):
        if len(set(steps)) > 1:
            break
        shared = owners.units.get(int(steps[0]))
    return shared


def _becomes_a_record(event: CallEvent, customer: Customer, stand_ins: Mapping[int, int]) -> bool:
    """Say whether somebody who serves the customer had the call; the desk's is no contact."""
    person = event.handled_by
    if person is None or is_missed(event.direction, event.result):
        return False
    if customer.manager_id is not None:
        line = [customer.manager_id, *standing_in(customer.manager_id, stand_ins)]
        if person.pk in line:
            return True
    unit = person.unit
    return person.role == Role.SUPERVISOR and (
        unit is not None and customer.unit.path.startswith(unit.path)
    )


# --- Numbers that become known -------------------------------------------------------------------


@transaction.atomic
def explain_calls(*, actor: StaffUser | None, numbers: Collection[str]) -> int:
    """Look again whose these plain numbers are; return how many calls found their customer.

    What was missed then opens an obligation from that moment on. A constant number of statements
    for 1,000 numbers. Safe to run twice and side by side: the calls are locked.
    """
    waiting = CallEvent.objects.of_numbers(numbers).select_related("sent_by__unit")
    moments = list(waiting.values_list("started_at", flat=True))
    if not moments:
        return 0
    by_sender: dict[int, list[CallEvent]] = defaultdict(list)
    senders: dict[int, StaffUser] = {}
    for event in waiting:
        by_sender[event.sent_by_id].append(event)
        senders[event.sent_by_id] = event.sent_by
    found: list[CallEvent] = []
    for pk, events in by_sender.items():
        numbers = {event.number for event in events}
        owners = _owners(_phones_for(senders[pk]), numbers, moments)
        unit = _unit_of_sender(senders[pk])
        still = _still_unexplained(events)
        for event in still:
            _say_whose(event, owners, unit)
        found += [event for event in still if event.match == NumberMatch.KNOWN]
        _write_explained(still)
    _explained(actor, found)
    return len(found)


@transaction.atomic
def choose_customer(*, actor: StaffUser, event: CallEvent, customer: Customer) -> CallEvent:
    """Say whose call it was, where the number is several customers'.

    Raises ValidationError where the customer does not have the number. Safe to run twice: a call
    that has its customer stays as it is.
    """
    numbers = CustomerPhone.objects.filter(customer=customer).values_list("number", flat=True)
    if not any(same_line(event.number, number) for number in numbers):
        raise ValidationError(_("This customer does not have the number. Add it there first."))
    rows = Customer.objects.filter(pk=customer.pk).select_related("unit")
    customer = rows.select_for_update(of=("self",), no_key=True).get()
    still = _still_unexplained([event])
    if not still:
        return CallEvent.objects.get(pk=event.pk)
    event = still[0]
    owners = _Owners(spans=_covers_around([event.started_at]))
    owners.customers[event.number] = [customer]
    _say_whose(event, owners, None)
    _write_explained([event])
    _explained(actor, [event])
    return event


def explain_recent_calls() -> int:
    """Look again whose the numbers of the last 30 days' unexplained calls are; return how many.

    Safe to run twice and side by side.
    """
    since = clock.now() - timedelta(days=EXPLAINED_DAYS)
    recent = CallEvent.objects.unexplained().filter(started_at__gte=since).order_by()
    numbers = sorted(set(recent.values_list("number", flat=True)))
    return sum(
        explain_calls(actor=None, numbers=piece)
        for start in range(0, len(numbers), NUMBERS_AT_ONCE)
        if (piece := _somebodys(numbers[start : start + NUMBERS_AT_ONCE]))
    )


def _somebodys(numbers: Sequence[str]) -> list[str]:
    """Return those of the numbers that an active customer has. One statement."""
    phones = CustomerPhone.objects.ringing(numbers).filter(customer__status="active")
    owned = {without_extension(kept) for kept in phones.values_list("number", flat=True)}
    return [number for number in numbers if without_extension(number) in owned]


def _still_unexplained(events: Iterable[CallEvent]) -> list[CallEvent]:
    """Return these calls with their rows locked, those that nobody explained meanwhile."""
    rows = CallEvent.objects.unexplained().filter(pk__in=[event.pk for event in events])
    rows = rows.select_related("handled_by__unit", "unit")
    return list(rows.order_by("pk").select_for_update(of=("self",)))


def _write_explained(events: Sequence[CallEvent]) -> None:
    now = clock.now()
    for event in events:
        event.updated_at = now
    columns = ["match", "customer", "manager", "served_by", "unit", "confirmation", "updated_at"]
    CallEvent.objects.bulk_update(events, columns, batch_size=200)


def _explained(actor: StaffUser | None, events: Sequence[CallEvent]) -> None:
    missed_calls.settle(_since(events))
    rows: list[tuple[int, int | None, dict[str, Any]]] = [
        (event.pk, event.customer_id, {"customer": [None, event.customer_id]}) for event in events
    ]
    if rows:
        audit.record_many(actor=actor, verb="call.explained", model=CallEvent, rows=rows)


# --- Numbers that are sent out -------------------------------------------------------------------


def note_numbers_sent(
    *, actor: StaffUser, rows: Sequence[CallEvent | MissedCall], texts: int = 0
) -> None:
    """Note that ``actor``, another system, was sent the whole numbers of these calls.

    ``texts``: how many texts with whole numbers went along. One entry and one statement a page,
    with how many and whose; each sending is one of its own.
    """
    customers = sorted({row.customer_id for row in rows if row.customer_id is not None})
    audit.record_job(
        actor=actor,
        verb="phones.sent",
        model=type(rows[0]),
        changes={
            "numbers": len(rows),
            "customers": [None, customers],
            **({"texts": [None, texts]} if texts else {}),
        },
    )
