"""Looking for signs of careless or invented records, a chunk of people at a time (article 6)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from contacts.models import CallEvent, ContactRecord, RecordedAs
from contacts.rules import REACHED, WRITTEN_CHANNELS
from core import audit, clock, locks
from customers.models import CustomerAddress, ServiceStandard
from customers.rules import Figure, Standards
from workplans.models import RecordSignal, SignalRun
from workplans.rules.signals import (
    Entry,
    KnownCalls,
    Limits,
    Place,
    Sign,
    place_of,
    same_words,
    signs_of,
    whole_groups_from,
)

RECENT = timedelta(days=40)
"""Only records of so many days are judged; what was found of earlier ones stays."""

SLACK = timedelta(hours=1)
"""A change may be committed so much later than the moment that it carries."""

CHUNK = 50
"""So many people are judged in one transaction."""

BY_PEOPLE = (RecordedAs.MANAGER, RecordedAs.COVER, RecordedAs.SUPERVISOR)

COLUMNS = (
    "recorded_by_id",
    "pk",
    "customer_id",
    "happened_on",
    "happened_at",
    "recorded_at",
    "channel",
    "outcome",
    "date_only",
    "duration_seconds",
    "summary",
    "place",
)


@dataclass
class SignalChanges:
    """What a run did: people judged, signs found or explained anew, signs gone."""

    people: int = 0
    found: int = 0
    gone: int = 0

    def __add__(self, other: SignalChanges) -> SignalChanges:
        return SignalChanges(
            *(getattr(self, f.name) + getattr(other, f.name) for f in fields(self))
        )


def find_signals(*, as_of: date | None = None) -> SignalChanges:
    """Judge the recent records of the people with records changed since the last run.

    ``as_of``: the day to judge by; without it today. Where a month has ended since the last run,
    everybody with recent records is judged. A constant number of statements for each 50 people,
    however many records. Safe to run twice and side by side: a sign is there once, and a run
    that was killed is done again by the next.
    """
    today, now = as_of or clock.today(), clock.now()
    first = today - RECENT
    people = _people_to_judge(first, today)
    limits = _limits(ServiceStandard.objects.load(), today)
    changes = SignalChanges()
    for place in range(0, len(people), CHUNK):
        changes += _judge(people[place : place + CHUNK], first, today, limits)
    with transaction.atomic():
        SignalRun.objects.create(began_at=now, judged_on=today, **asdict(changes))
        audit.record_job(verb="signals.judged", model=RecordSignal, changes=asdict(changes))
    return changes


def calls_of(people: Collection[int], first: datetime, last: datetime) -> dict[int, KnownCalls]:
    """Return what the call centre knows of the calls of ``people``, by person. One statement.

    A person of whose calls it has told none is left out: their telephone may not be its. What is
    known begins with the first call of that person that it told of.
    """
    events = CallEvent.objects.filter(
        handled_by__in=people, customer__isnull=False, started_at__range=(first, last)
    )
    rows = events.order_by("started_at").values_list("handled_by_id", "customer_id", "started_at")
    times: dict[int, dict[int, list[datetime]]] = {}
    begins: dict[int, datetime] = {}
    for person, customer, started_at in rows:
        begins.setdefault(person, started_at)
        times.setdefault(person, {}).setdefault(customer, []).append(started_at)
    return {person: KnownCalls(begins[person], last, of) for person, of in times.items()}


def _people_to_judge(first: date, today: date) -> list[int]:
    """The people in the order of their ids. Two statements."""
    last = SignalRun.objects.latest_run()
    records = _entered_by_people().since(first).until(today)
    if last is not None and last.judged_on.replace(day=1) == today.replace(day=1):
        # Voided ones too: what they were a sign of may be gone.
        records = records.filter(updated_at__gte=last.began_at - SLACK)
    ids = records.order_by().values_list("recorded_by_id", flat=True).distinct()
    return sorted(pk for pk in ids if pk is not None)


def _entered_by_people() -> Any:
    return ContactRecord.objects.filter(
        recorded_as__in=BY_PEOPLE, recorded_by__isnull=False, is_automatic=False
    )


def _limits(standards: Standards, day: date) -> Limits:
    return Limits(
        late_days=standards.value(Figure.SIGNAL_LATE_DAYS, day),
        same_text=standards.value(Figure.SIGNAL_SAME_TEXT, day),
        month_end_percent=standards.value(Figure.SIGNAL_MONTH_END_PERCENT, day),
        same_duration=standards.value(Figure.SIGNAL_SAME_DURATION, day),
    )


@transaction.atomic
def _judge(people: Sequence[int], first: date, today: date, limits: Limits) -> SignalChanges:
    """Judge one chunk: read what they entered, write what is a sign, remove what is none."""
    locks.hold("workplans.signals")
    entries = _entries_of(people, whole_groups_from(first), today)
    calls = calls_of(people, clock.start_of_day(first), clock.now())
    found: dict[tuple[int, str], RecordSignal] = {}
    for person, own in entries.items():
        days = {entry.record: entry.day for entry in own}
        for sign in signs_of(own, limits, today=today, calls=calls.get(person)):
            if days[sign.record] >= first:
                found[sign.record, sign.kind.value] = _row(sign, person, days[sign.record])
    there = _there(people, first, today)
    new = [row for key, row in sorted(found.items()) if there.get(key, (0, None))[1] != row.facts]
    RecordSignal.objects.bulk_create(
        new, update_conflicts=True, unique_fields=["record", "kind"], update_fields=["facts"]
    )
    gone = [pk for key, (pk, _facts) in there.items() if key not in found]
    RecordSignal.objects.filter(pk__in=gone).delete()
    return SignalChanges(people=len(people), found=len(new), gone=len(gone))


def _row(sign: Sign, person: int, day: date) -> RecordSignal:
    return RecordSignal(
        record_id=sign.record,
        person_id=person,
        kind=sign.kind.value,
        happened_on=day,
        facts=dict(sign.facts),
    )


def _there(
    people: Sequence[int], first: date, today: date
) -> Mapping[tuple[int, str], tuple[int, Any]]:
    rows = RecordSignal.objects.filter(person__in=people).between(first, today)
    columns = rows.order_by().values_list("record_id", "kind", "pk", "facts")
    return {(record, kind): (pk, facts) for record, kind, pk, facts in columns}


def _entries_of(people: Sequence[int], first: date, today: date) -> dict[int, list[Entry]]:
    """What each of ``people`` entered of these days. Two statements."""
    rows = _entered_by_people().standing().since(first).until(today)
    rows = rows.filter(recorded_by__in=people, is_broadcast=False).order_by()
    addresses = _addresses(rows.filter(channel="visit", outcome=REACHED))
    entries: dict[int, list[Entry]] = {}
    for row in rows.values_list(*COLUMNS).iterator(chunk_size=5000):
        entries.setdefault(row[0], []).append(_entry(row, addresses))
    return entries


def _addresses(visits: Any) -> dict[int, list[tuple[str, str]]]:
    """The addresses of the visited customers, text and city of each."""
    found: dict[int, list[tuple[str, str]]] = {}
    rows = CustomerAddress.objects.filter(customer__in=visits.values("customer"))
    for customer, text, city in rows.values_list("customer_id", "text", "city"):
        found.setdefault(customer, []).append((text, city))
    return found


def _entry(row: Sequence[Any], addresses: Mapping[int, Sequence[tuple[str, str]]]) -> Entry:
    _person, record, customer, day, happened, recorded, channel, outcome, *rest = row
    date_only, seconds, summary, place = rest
    met = [(place, "")] if place else []
    homes = addresses.get(customer, ()) if channel == "visit" else ()
    places = list(_known(met)) or list(_known(homes))
    return Entry(
        record=record,
        customer=customer,
        day=day,
        happened_at=happened,
        recorded_at=recorded,
        channel=channel,
        reached=outcome == REACHED,
        date_only=date_only,
        duration_seconds=seconds,
        text="" if channel in WRITTEN_CHANNELS else same_words(summary),
        sites=tuple(" ".join(text.split()) for text, _city in met or homes),
        places=tuple(places),
    )


def _known(texts: Sequence[tuple[str, str]]) -> Iterator[Place]:
    for text, city in texts:
        if place := place_of(text, city):
            yield place
