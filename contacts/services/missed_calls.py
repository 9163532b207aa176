"""Missed calls: opened, counted, closed, escalated (article 7).

What an obligation is follows from the calls and contact records by one rule
(``contacts.rules.calls.obligations``). Whatever becomes known later, in whatever order, is
settled the same way: read what happened since, ask the rule, write what differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from contacts.models import CallEvent, ContactRecord, MissedCall, MissedCallNotice
from contacts.querysets.calls import FROZEN
from contacts.querysets.records import FROM_CUSTOMER
from contacts.rules.calls import Fact, FactKind, Obligation, due_at, next_in_line, obligations
from contacts.rules.contacts import REACHED, SPOKEN_CHANNELS, is_message_from_customer
from core import audit, clock
from customers.models import Customer, ServiceStandard
from customers.rules import Figure, Standards
from staff.models import Cover, Role, StaffUser

RECORD, EVENT = "record", "event"
WRITTEN_AT_ONCE = 200
SETTLED = (
    "number",
    "opened_at",
    "due_at",
    "calls",
    "last_call_at",
    "attempts",
    "last_attempt_at",
    "closed_at",
    "close_reason",
    "closed_by_record_id",
    "closed_by_event_id",
)
"""What follows from the facts."""


@dataclass
class _Books:
    """What is known of some customers since their moments: rows, facts and whose fact is whose."""

    rows: dict[int, list[MissedCall]] = field(default_factory=lambda: defaultdict(list))
    events: dict[int, CallEvent] = field(default_factory=dict)
    facts: dict[int, list[Fact]] = field(default_factory=lambda: defaultdict(list))


def note_contact(record: ContactRecord) -> None:
    """Let a contact record that was made or voided count in the customer's missed calls.

    The caller has locked the customer. One statement where the customer waits for no call; else a
    constant number. Safe to run twice.
    """
    if not (record.outcome == REACHED or record.channel in SPOKEN_CHANNELS):
        return
    if is_message_from_customer(record.channel, record.direction):
        return
    if MissedCall.objects.touched_by(record.customer_id, record.happened_at).exists():
        settle({record.customer_id: record.happened_at})


def note_judged(records: Iterable[ContactRecord]) -> None:
    """The same for records of which it was found anew whether they were sent to many."""
    since: dict[int, datetime] = {}
    for record in records:
        known = since.get(record.customer_id, record.happened_at)
        since[record.customer_id] = min(known, record.happened_at)
    settle(since)


def settle(since: Mapping[int, datetime]) -> dict[int, MissedCall]:
    """Bring the missed calls of these customers in line with what happened.

    Returns the missed call that each event (by id) came to belong to. ``since``: from which
    moment on something was learnt, by customer. The caller has a transaction open and has locked
    the customers, lowest key first. A constant number of statements. Safe to run twice.
    """
    if not since:
        return {}
    customers = {
        one.pk: one for one in Customer.objects.filter(pk__in=list(since)).select_related("unit")
    }
    books = _read(since)
    standards = ServiceStandard.objects.load()
    changes = _Changes()
    for customer in customers.values():
        _settle_one(customer, books, standards, changes)
    changes.write()
    return {pk: row for pk, (_event, row) in changes.events.items()}


def _read(since: Mapping[int, datetime]) -> _Books:
    """Read rows, calls and records. An obligation that reaches into the time is read whole."""
    ids, first = list(since), min(since.values())
    books = _Books()
    start = dict(since)
    touched = MissedCall.objects.filter(
        Q(closed_at=None) | Q(closed_at__gte=first), customer__in=ids
    ).exclude(close_reason__in=FROZEN)
    for row in touched.order_by("opened_at", "pk").select_for_update():
        if row.closed_at is None or row.closed_at >= since[row.customer_id]:
            start[row.customer_id] = min(start[row.customer_id], row.opened_at)
            books.rows[row.customer_id].append(row)
    first = min(start.values())
    linked = _read_calls(books, start, first)
    _read_records(books, start, first, linked)
    return books


def _read_calls(books: _Books, start: Mapping[int, datetime], first: datetime) -> set[int]:
    """Read the calls as facts; return the records that calls became, which are no second fact."""
    linked: set[int] = set()
    calls = CallEvent.objects.filter(customer__in=list(start), started_at__gte=first)
    for event in calls.exclude(missed_call__close_reason__in=FROZEN):
        pk = event.customer_id
        if pk is None or event.started_at < start[pk]:
            continue
        kind = _kind_of_call(event)
        if kind is not None:
            books.events[event.pk] = event
            books.facts[pk].append(Fact(event.started_at, kind, (EVENT, event.pk)))
            if event.contact_record_id is not None:
                linked.add(event.contact_record_id)
    return linked


def _kind_of_call(event: CallEvent) -> FactKind | None:
    """What a call says; nothing where it was no service contact, or its record is to say it."""
    if event.confirmation == "discarded":
        return None
    if event.direction == "incoming":
        return FactKind.REACHED if event.result == "answered" else FactKind.MISSED
    return None if event.result == "answered" else FactKind.ATTEMPT


def _read_records(
    books: _Books, start: Mapping[int, datetime], first: datetime, linked: set[int]
) -> None:
    # What the customer wrote returns no call: the answer to it does.
    reached = Q(outcome=REACHED, is_broadcast=False) & ~FROM_CUSTOMER
    tried = ~Q(outcome=REACHED) & Q(channel__in=SPOKEN_CHANNELS, direction="outgoing")
    rows = (
        ContactRecord.objects.standing()
        .filter(
            reached | tried, customer__in=list(start), happened_at__gte=first, is_automatic=False
        )
        .values_list("pk", "customer_id", "happened_at", "outcome")
    )
    for pk, customer, happened_at, outcome in rows:
        if happened_at < start[customer] or pk in linked:
            continue
        kind = FactKind.REACHED if outcome == REACHED else FactKind.ATTEMPT
        books.facts[customer].append(Fact(happened_at, kind, (RECORD, pk)))


@dataclass
class _Changes:
    """What is to be written of all customers together."""

    made: list[MissedCall] = field(default_factory=list)
    changed: list[MissedCall] = field(default_factory=list)
    events: dict[int, tuple[CallEvent, MissedCall]] = field(default_factory=dict)
    trail: list[tuple[MissedCall, bool, dict[str, list[Any]]]] = field(default_factory=list)

    def write(self) -> None:
        """Write it. First what closes, so that no customer has two open for a moment."""
        now = clock.now()
        for row in [*self.changed, *self.made]:
            row.updated_at = now
        columns = [name.removesuffix("_id") for name in SETTLED]
        closing = [row for row in self.changed if not row.is_open]
        opening = [row for row in self.changed if row.is_open]
        for rows in (closing, opening):
            if rows:
                MissedCall.objects.bulk_update(
                    rows, [*columns, "updated_at"], batch_size=WRITTEN_AT_ONCE
                )
        if self.made:
            MissedCall.objects.bulk_create(self.made)
        for event, row in self.events.values():
            event.missed_call = row
        if self.events:
            CallEvent.objects.bulk_update(
                [event for event, _row in self.events.values()],
                ["missed_call"],
                batch_size=WRITTEN_AT_ONCE,
            )
        self._tell()

    def _tell(self) -> None:
        opened = [(row.pk, row.customer_id, told) for row, is_new, told in self.trail if is_new]
        settled = [
            (row.pk, row.customer_id, told) for row, is_new, told in self.trail if not is_new
        ]
        if opened:
            audit.record_many(actor=None, verb="missed_call.opened", model=MissedCall, rows=opened)
        if settled:
            audit.record_many(
                actor=None, verb="missed_call.settled", model=MissedCall, rows=settled
            )


def _settle_one(customer: Customer, books: _Books, standards: Standards, changes: _Changes) -> None:
    left = {row.pk: row for row in books.rows[customer.pk]}
    for wanted in obligations(books.facts[customer.pk]):
        events = [books.events[pk] for _kind, pk in (one.source for one in wanted.missed)]
        row = _row_for(events, left)
        if row is None:
            row = _new_row(customer, events[0])
            before = None
            changes.made.append(row)
        else:
            before = _values(row)
        _fill(row, wanted, events, customer, standards)
        after = _values(row)
        if before is None:
            told = {"opened_at": [None, row.opened_at], "due_at": [None, row.due_at]}
            changes.trail.append((row, True, told))
        elif before != after:
            changes.changed.append(row)
            changes.trail.append((row, False, audit.difference(before, after)))
        for event in events:
            if event.missed_call_id != row.pk or row.pk is None:
                changes.events[event.pk] = (event, row)
    for row in left.values():
        _join(row, changes)


def _row_for(events: Sequence[CallEvent], left: dict[int, MissedCall]) -> MissedCall | None:
    """Return the row that these missed calls had, the oldest of several; it is taken."""
    known = [pk for event in events if (pk := event.missed_call_id) in left and pk is not None]
    if not known:
        return None
    return left.pop(min(known, key=lambda pk: (left[pk].close_reason == "joined", pk)))


def _new_row(customer: Customer, event: CallEvent) -> MissedCall:
    return MissedCall(
        customer=customer,
        manager_id=event.manager_id,
        holder_id=event.served_by_id,
        unit_id=event.unit_id or customer.unit_id,
    )


def _fill(
    row: MissedCall,
    wanted: Obligation,
    events: Sequence[CallEvent],
    customer: Customer,
    standards: Standards,
) -> None:
    day = clock.local_date(wanted.opened_at, customer.unit.time_zone)
    minutes = standards.value(Figure.MISSED_CALL_MINUTES, day, customer.tier)
    row.number = events[-1].number
    row.opened_at, row.last_call_at = wanted.opened_at, wanted.last_missed_at
    row.due_at = due_at(wanted.opened_at, minutes)
    row.calls, row.attempts = len(wanted.missed), len(wanted.attempts)
    row.last_attempt_at = wanted.last_attempt_at
    row.closed_at = wanted.closed_at
    row.close_reason = MissedCall.CloseReason.REACHED if wanted.closed else ""
    source = wanted.closed.source if wanted.closed else ("", 0)
    row.closed_by_record_id = source[1] if source[0] == RECORD else None
    row.closed_by_event_id = source[1] if source[0] == EVENT else None


def _join(row: MissedCall, changes: _Changes) -> None:
    """Close a row whose missed calls belong to an earlier one after all."""
    if row.close_reason == MissedCall.CloseReason.JOINED:
        return
    before = _values(row)
    row.closed_at, row.close_reason = clock.now(), MissedCall.CloseReason.JOINED
    row.closed_by_record_id = row.closed_by_event_id = None
    changes.changed.append(row)
    changes.trail.append((row, False, audit.difference(before, _values(row))))


def _values(row: MissedCall) -> dict[str, Any]:
    """Return what follows from the facts, by field."""
    return {name.removesuffix("_id"): getattr(row, name) for name in SETTLED}


# --- The minute job ----------------------------------------------------------------------------


@transaction.atomic
def escalate_missed_calls() -> int:
    """Tell of the missed calls that are over their time; return how many.

    The next in line of who was on duty and the supervisor are told, once each; the rows are kept
    and shown as escalated. Those of customers who have left close. A constant number of
    statements, over what is due alone. Safe to run twice and side by side: a row is locked, and
    escalated once.
    """
    now = clock.now()
    late = MissedCall.objects.to_escalate(now).select_related("customer__unit")
    rows = list(late.order_by("pk").select_for_update(of=("self",)))
    if not rows:
        return 0
    left = [row for row in rows if not row.customer.is_active]
    _close_of_leavers(left, now)
    waiting = [row for row in rows if row.customer.is_active]
    if not waiting:
        return 0
    MissedCall.objects.filter(pk__in=[row.pk for row in waiting]).update(
        escalated_at=now, updated_at=now
    )
    notices = _notices(waiting, now)
    MissedCallNotice.objects.bulk_create(notices, ignore_conflicts=True)
    audit.record_many(
        actor=None,
        verb="missed_call.escalated",
        model=MissedCall,
        rows=[(row.pk, row.customer_id, {"escalated_at": [None, now]}) for row in waiting],
    )
    return len(waiting)


def _close_of_leavers(rows: Sequence[MissedCall], now: datetime) -> None:
    if not rows:
        return
    MissedCall.objects.filter(pk__in=[row.pk for row in rows]).update(
        closed_at=now, close_reason=MissedCall.CloseReason.LEFT, updated_at=now
    )
    audit.record_many(
        actor=None,
        verb="missed_call.settled",
        model=MissedCall,
        rows=[(row.pk, row.customer_id, {"close_reason": ["", "left"]}) for row in rows],
    )


def _notices(rows: Sequence[MissedCall], now: datetime) -> list[MissedCallNotice]:
    """Return whom to tell of each row, nobody twice."""
    stand_ins = Cover.objects.stand_ins()
    supervisors = _supervisors(rows)
    made: dict[tuple[int, int], MissedCallNotice] = {}
    for row in rows:
        person = next_in_line(row.customer.manager_id, row.holder_id, stand_ins)
        told = [] if person is None else [(person, MissedCallNotice.Role.NEXT_IN_LINE)]
        told += [
            (pk, MissedCallNotice.Role.SUPERVISOR)
            for pk in nearest(supervisors, row.customer.unit.path)
        ]
        for pk, role in told:
            notice = MissedCallNotice(missed_call=row, person_id=pk, role=role, told_at=now)
            made.setdefault((row.pk, pk), notice)
    return list(made.values())


def _supervisors(rows: Iterable[MissedCall]) -> dict[int, list[int]]:
    """Return the supervisors of these customers' units and of the units above. One statement."""
    units = {int(pk) for row in rows for pk in row.customer.unit.path.split("/") if pk}
    people = StaffUser.objects.active().filter(role=Role.SUPERVISOR, unit__in=units)
    found: dict[int, list[int]] = defaultdict(list)
    for pk, unit in people.order_by("pk").values_list("pk", F("unit_id")):
        found[unit].append(pk)
    return found


def nearest(supervisors: Mapping[int, Sequence[int]], path: str) -> Sequence[int]:
    """Return the supervisors of the unit at ``path``, or of the next unit up that has any."""
    for pk in reversed([int(part) for part in path.split("/") if part]):
        if supervisors.get(pk):
            return supervisors[pk]
    return []
