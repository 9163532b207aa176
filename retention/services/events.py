"""Taking in what cannot wait: events that say at once that a customer may leave (article 17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from contacts.models import ContactRecord
from core import audit, bulk, clock, locks, outbox
from retention.models import ChurnEvent
from retention.models.usage import Source
from staff.models import StaffUser

JUDGE_TASK = "retention.tasks.judge_churn_events"
AT_ONCE = 500


@dataclass(frozen=True)
class EventRow:
    """What is told of one event: the customer's id, what happened and when (aware).

    ``external_id``: the sending system's own; the same one again is the same event.
    """

    customer: int
    kind: ChurnEvent.Kind
    happened_at: datetime
    external_id: str = ""
    competitor: str = ""
    note: str = ""
    contact_record: int | None = None


@dataclass(frozen=True)
class TakenEvent:
    """An event that was sent, and whether it is new."""

    event: ChurnEvent
    is_new: bool


@transaction.atomic
def take_events(
    *, actor: StaffUser | None, events: Sequence[EventRow], source: Source
) -> list[TakenEvent]:
    """Keep events and have their customers warned of within the minute, whatever the score.

    Events with an ``external_id`` that ``actor`` has sent before, or of a contact record that
    has its event, stay as they are, so it may be sent twice. Four statements however many.
    """
    locks.hold("retention.events")
    known = _sent_before(actor, events)
    fresh: dict[object, ChurnEvent] = {}
    for row in events:
        if _key(row) not in known:
            fresh.setdefault(_key(row), _event_of(row, actor, source))
    bulk.insert_new(list(fresh.values()), set_keys=True)
    if fresh:
        _tell(actor, list(fresh.values()))
    seen: set[object] = set()
    taken = []
    for row in events:
        key = _key(row)
        taken.append(TakenEvent(fresh.get(key) or known[key], key in fresh and key not in seen))
        seen.add(key)
    return taken


@transaction.atomic
def take_competitor_mentions() -> int:
    """Make an event of each contact that mentions a competitor's contract; return how many.

    Contacts are below retention and know nothing of it, so the records are looked for. Up to
    500 at a time, the rest in the next minute. Safe to run twice and side by side: a record has
    one event.
    """
    locks.hold("retention.events")
    waiting = ContactRecord.objects.mentions_to_take().order_by("pk")
    records = list(waiting.only("pk", "customer_id", "happened_at", "competitor")[:AT_ONCE])
    taken = take_events(
        actor=None,
        events=[
            EventRow(
                customer=record.customer_id,
                kind=ChurnEvent.Kind.COMPETITOR_MENTIONED,
                happened_at=record.happened_at,
                competitor=record.competitor,
                contact_record=record.pk,
            )
            for record in records
        ],
        source=Source.MANUAL,
    )
    ids = [record.pk for record in records]
    ContactRecord.objects.filter(pk__in=ids).update(mention_taken_at=clock.now())
    return sum(one.is_new for one in taken)


def _key(row: EventRow) -> object:
    """What makes two events one: the sender's id, the contact record, else nothing."""
    if row.external_id:
        return ("id", row.external_id)
    if row.contact_record is not None:
        return ("record", row.contact_record)
    return id(row)


def _sent_before(actor: StaffUser | None, events: Sequence[EventRow]) -> dict[object, ChurnEvent]:
    sent = {row.external_id for row in events if row.external_id}
    records = {row.contact_record for row in events if row.contact_record is not None}
    found: dict[object, ChurnEvent] = {}
    if sent:
        for event in ChurnEvent.objects.filter(sent_by=actor, external_id__in=sent):
            found["id", event.external_id] = event
    if records:
        for event in ChurnEvent.objects.filter(contact_record__in=records):
            found["record", event.contact_record_id] = event
    return found


def _event_of(row: EventRow, actor: StaffUser | None, source: Source) -> ChurnEvent:
    return ChurnEvent(
        customer_id=row.customer,
        kind=row.kind,
        happened_at=row.happened_at,
        competitor=row.competitor,
        note=row.note,
        source=source,
        sent_by=actor,
        external_id=row.external_id,
        contact_record_id=row.contact_record,
    )


def _tell(actor: StaffUser | None, events: Sequence[ChurnEvent]) -> None:
    audit.record_many(
        actor=actor,
        verb="churn_event.received",
        model=ChurnEvent,
        rows=[
            (
                event.pk,
                event.customer_id,
                {"kind": [None, event.kind], "happened_at": [None, event.happened_at]},
            )
            for event in events
        ],
    )
    outbox.enqueue(JUDGE_TASK, event_ids=[event.pk for event in events])
