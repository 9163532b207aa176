"""The minute job: who is told that a complaint runs out of time, once each (article 21).

It reads only what is due, locks it, tells and moves on to the next moment in one transaction: a
job that is killed has told nothing, one that runs beside another takes other complaints.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from django.db import transaction

from complaints.models import Complaint, ComplaintNotice
from complaints.rules.clocks import ABOVE, ESCALATED, STATUTORY, WARNED, round_of
from complaints.rules.people import supervisors_for
from complaints.services.people import supervisors_of
from complaints.services.writing import ALARM_COLUMNS
from core import audit, clock
from customers.models import ServiceStandard
from customers.rules import Figure
from staff.models import Cover, StaffUser
from staff.rules import standing_in

BATCH = 500
"""Complaints of one transaction."""

Told = tuple[str, str, int]
"""Clock, level and round of a notice."""

ALARMS = (*ALARM_COLUMNS.items(), ("statutory_due_at", (STATUTORY, ESCALATED)))


@dataclass
class _Batch:
    """What is known of the complaints of one transaction."""

    now: datetime
    cool_down: Callable[[str], timedelta]
    told: Mapping[int, set[Told]]
    last_told: Mapping[tuple[int, int | None], datetime]
    supervisors: Mapping[int, Sequence[int]]
    stand_ins: Mapping[int, int]
    active: frozenset[int]
    notices: list[ComplaintNotice] = field(default_factory=list)


def tell_due(*, now: datetime | None = None) -> int:
    """Tell whoever is to be told by ``now``; return how many notices that were.

    The handler (or deputy) at the first level, the unit's supervisors at the second, those of the
    next unit up at the third. Within the cool-down after a notice the same person is not told of
    the same complaint again, but after it. Safe to run twice and side by side.
    """
    moment, told = now or clock.now(), 0
    while True:
        with transaction.atomic():
            found, new = _tell_batch(moment)
        told += new
        if found < BATCH:
            return told


def told_to(person: StaffUser, *, most: int) -> list[ComplaintNotice]:
    """Return what ``person`` was told of open complaints and has not seen, the newest ``most``.

    Who was told nothing new, as most are, is not asked for the complaints of their scope. One
    statement, or two.
    """
    unseen = ComplaintNotice.objects.unseen_by(person.pk)
    if not unseen.exists():
        return []
    mine = unseen.visible_to(person).of_open().select_related("complaint__customer")
    columns = ("complaint__subject", "complaint__customer__name", "level", "of_clock", "at")
    return list(mine.only(*columns).order_by("-at", "-pk")[:most])


@transaction.atomic
def put_away(*, actor: StaffUser, notices: Collection[int]) -> int:
    """Note that the actor has seen these notices of theirs; return how many. Safe to run twice."""
    rows = ComplaintNotice.objects.unseen_by(actor.pk).filter(pk__in=notices)
    seen = list(rows.select_for_update(of=("self",)).values_list("pk", "complaint__customer_id"))
    if seen:
        rows.filter(pk__in=[pk for pk, _customer in seen]).update(seen_at=clock.now())
        audit.record_many(
            actor=actor,
            verb="complaint.notice_seen",
            model=ComplaintNotice,
            rows=[(pk, customer, {}) for pk, customer in seen],
        )
    return len(seen)


def _tell_batch(now: datetime) -> tuple[int, int]:
    rows = (
        Complaint.objects.filter(next_notice_at__lte=now)
        .order_by("next_notice_at", "pk")
        .select_related("customer__unit")
        .select_for_update(skip_locked=True, of=("self",))
    )
    due = list(rows[:BATCH])
    if not due:
        return 0, 0
    batch = _batch_of(due, now)
    for complaint in due:
        complaint.next_notice_at = _tell(complaint, batch)
    ComplaintNotice.objects.bulk_create(batch.notices, ignore_conflicts=True)
    Complaint.objects.bulk_update(due, ["next_notice_at"])
    if batch.notices:
        counts = {"complaints": len(due), "notices": len(batch.notices)}
        audit.record_job(verb="complaint.told", model=Complaint, changes=counts)
    return len(due), len(batch.notices)


def _batch_of(due: Sequence[Complaint], now: datetime) -> _Batch:
    told: dict[int, set[Told]] = defaultdict(set)
    last: dict[tuple[int, int | None], datetime] = {}
    notices = ComplaintNotice.objects.filter(complaint__in=[c.pk for c in due]).order_by("at")
    for pk, person, about, level, turn, at in notices.values_list(
        "complaint_id", "person_id", "of_clock", "level", "round", "at"
    ):
        told[pk].add((about, level, turn))
        if about != ComplaintNotice.Clock.NONE:
            last[pk, person] = at
    stand_ins = Cover.objects.stand_ins()
    people = {c.handler_id for c in due} | set(stand_ins.values())
    active = StaffUser.objects.active().filter(pk__in=[pk for pk in people if pk is not None])
    standards = ServiceStandard.objects.load()

    @cache
    def cool_down(zone: str) -> timedelta:
        day = clock.local_date(now, zone)
        return timedelta(minutes=standards.value(Figure.COMPLAINT_COOL_DOWN_MINUTES, day))

    return _Batch(
        now=now,
        cool_down=cool_down,
        told=told,
        last_told=last,
        supervisors=supervisors_of({c.customer.unit.path for c in due}),
        stand_ins=stand_ins,
        active=frozenset(active.values_list("pk", flat=True)),
    )


def _tell(complaint: Complaint, batch: _Batch) -> datetime | None:
    """Add the notices of one complaint; return when it is to be looked at next."""
    later: list[datetime] = []
    told_now: dict[int | None, datetime] = {}
    cool_down = batch.cool_down(complaint.customer.unit.time_zone)
    for about, level, at in _alarms_of(complaint):
        turn = round_of(about, complaint.reopened)
        if (about, level, turn) in batch.told[complaint.pk]:
            continue
        if at > batch.now:
            later.append(at)
            continue
        people = _people_for(complaint, level, batch)
        free_at = max(
            (
                moment
                for person in people
                if person is not None
                and (moment := told_now.get(person) or batch.last_told.get((complaint.pk, person)))
            ),
            default=None,
        )
        if free_at is not None and free_at + cool_down > batch.now:
            later.append(free_at + cool_down)
            continue
        for person in people:
            told_now[person] = batch.now
            batch.notices.append(
                ComplaintNotice(
                    complaint=complaint,
                    person_id=person,
                    of_clock=about,
                    level=level,
                    round=turn,
                    at=batch.now,
                )
            )
    return min(later, default=None)


def _alarms_of(complaint: Complaint) -> Iterator[tuple[str, str, datetime]]:
    """The complaint's alarms, the earliest first: clock, level and moment."""
    found = [
        (at, about, level)
        for name, (about, level) in ALARMS
        if (at := getattr(complaint, name)) is not None
    ]
    yield from ((about, level, at) for at, about, level in sorted(found))


def _people_for(complaint: Complaint, level: str, batch: _Batch) -> Sequence[int | None]:
    """Who is told at ``level``; nobody: None alone.

    The supervisors of the unit that the customer is in now: those of a former one see it no more.
    """
    first, above = supervisors_for(complaint.customer.unit.path, batch.supervisors)
    if level == WARNED and complaint.handler_id is not None:
        chain = [complaint.handler_id, *standing_in(complaint.handler_id, batch.stand_ins)]
        present = [person for person in chain if person in batch.active]
        if present:
            return [present[-1]]
    found = above if level == ABOVE else first
    return list(found) or [None]
