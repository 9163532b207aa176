"""What scores are computed from, read for many customers at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import blake2b

from django.db.models import Max, Q

from complaints.models import Complaint
from core import clock
from customers.models import ManagerChange
from customers.rules import add_months
from retention.models import SignalVersion, UsageSnapshot
from retention.models.usage import Source
from retention.rules.features import (
    LONGEST_WINDOW,
    MONTHS_READ,
    Complained,
    Facts,
    MonthOfUse,
)
from retention.rules.scoring import Version, running_of

SNAPSHOT_COLUMNS = (
    "bill",
    "voice_minutes",
    "data_mb",
    "roaming_days",
    "balance",
    "days_without_use",
    "contract_end",
    "suspensions",
    "care_calls",
)
VERSION_COLUMNS = (
    "pk",
    "field",
    "operator",
    "threshold",
    "window_months",
    "points",
    "points_when_missing",
    "group_id",
    "group__cap",
)


@dataclass(frozen=True)
class Signals:
    """The signals in force. ``digest`` tells one set of them, with their groups' caps, from others.

    ``running``: versions whose value moves with the calendar.
    """

    versions: tuple[Version, ...]
    digest: str
    running: frozenset[int]

    @classmethod
    def of(cls, versions: Sequence[Version]) -> Signals:
        """Return the set of ``versions``."""
        ordered = tuple(sorted(versions, key=lambda version: version.pk))
        digest = blake2b(repr(ordered).encode(), digest_size=16).hexdigest()
        return cls(ordered, digest, running_of(ordered))


@dataclass(frozen=True)
class Person:
    """What of a customer's own row a score depends on; ``zone``: the unit's."""

    pk: int
    due_on: date | None
    zone: str


def load_signals() -> Signals:
    """Return the signals in force. One statement."""
    rows = SignalVersion.objects.filter(is_current=True, is_active=True)
    found = rows.values_list(*VERSION_COLUMNS)
    return Signals.of([Version.of(*row) for row in found])


def facts_of(
    people: Sequence[Person], as_of: date, months_back: int = MONTHS_READ
) -> tuple[dict[int, Facts], frozenset[int]]:
    """Return the facts of ``people`` by customer, and whose of them are simulated.

    ``months_back``: how many months before the present one are read; months later than
    ``as_of`` come along, for what is not known yet may be the next day. Three statements.
    """
    ids = [person.pk for person in people]
    first = add_months(as_of.replace(day=1), -months_back)
    months, simulated = _months_of(people, ids, first)
    changes = ManagerChange.objects.filter(
        customer__in=ids, effective_on__lte=as_of, old_manager__isnull=False
    )
    latest = changes.order_by().values_list("customer_id").annotate(Max("effective_on"))
    changed: dict[int, date] = dict(latest)
    complaints = _complaints_of(people, ids, as_of)
    facts = {
        person.pk: Facts(
            months.get(person.pk, ()),
            person.due_on,
            changed.get(person.pk),
            complaints.get(person.pk, ()),
        )
        for person in people
    }
    return facts, simulated


def _months_of(
    people: Sequence[Person], ids: Collection[int], first: date
) -> tuple[dict[int, list[MonthOfUse]], frozenset[int]]:
    zones = {person.pk: clock.zone_info(person.zone) for person in people}
    rows = UsageSnapshot.objects.filter(customer__in=ids, month__gte=first)
    columns = ("customer_id", "source", "month", "received_at", *SNAPSHOT_COLUMNS)
    months: dict[int, list[MonthOfUse]] = defaultdict(list)
    simulated: set[int] = set()
    ordered = rows.order_by("customer_id", "month").values_list(*columns)
    for customer, source, month, received_at, *figures in ordered.iterator(5000):
        received_on = received_at.astimezone(zones[customer]).date()
        months[customer].append(MonthOfUse(month, received_on, *figures))
        if source == Source.SIMULATED:
            simulated.add(customer)
    return months, frozenset(simulated)


def _complaints_of(
    people: Sequence[Person], ids: Collection[int], as_of: date
) -> dict[int, list[Complained]]:
    """The complaints that are open or came in within the longest window; doubles count once."""
    zones = {person.pk: person.zone for person in people}
    since = clock.start_of_day(add_months(as_of, -LONGEST_WINDOW))
    rows = Complaint.objects.filter(
        Q(received_at__gte=since) | Q(closed_at=None), customer__in=ids, merged_into=None
    )
    found: dict[int, list[Complained]] = defaultdict(list)
    ordered = rows.order_by("customer_id", "received_at", "pk")
    for customer, received_at, closed_at in ordered.values_list(
        "customer_id", "received_at", "closed_at"
    ):
        zone = zones[customer]
        closed_on = None if closed_at is None else clock.local_date(closed_at, zone)
        found[customer].append(Complained(clock.local_date(received_at, zone), closed_on))
    return found


def stored_value(text: str | None) -> Decimal | None:
    """Return a reason's value as it was stored; None: the data was missing."""
    return None if text is None else Decimal(text)
