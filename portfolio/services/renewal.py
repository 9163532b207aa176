"""Whether a person's My day may look otherwise than it did: asked each minute, so it costs little.

A mark says what the page was drawn from: the day, whom the person serves, the newest entry of the
audit trail. Everything that changes a row writes an entry there in the same transaction, so the
entries since say whether anything of the person's changed. Reads only.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from django.db.models import Q

from core import clock
from core.models import AuditEntry
from customers.models import Customer
from portfolio.services.day import Progress, served_now
from staff.models import StaffUser
from workplans.models import Finding, WorkLog, WorkPlan

LOOKED_BACK = 100
"""So many numbers before the newest entry are counted again: one of a transaction that was still
running when the page was drawn comes in there later."""

MOST_ENTRIES = 1000
"""More entries than this are not counted one by one."""

LONGEST_MINUTES = 30
"""So long a page is believed without being drawn anew: what time alone moves is seen then."""


UNKNOWN = -1
WRITTEN = re.compile(r"([0-9-]{10})\.([0-9a-f]{16})\.([0-9]{1,18})\.(-1|[0-9]{1,3})\.([0-9]{1,12})")


@dataclass(frozen=True)
class Mark:
    """What a My day was drawn from.

    ``served``: whom the person serves, and how many customers those are; ``last``: the newest
    entry of the trail; ``near``: how many entries stand among the numbers just before it, -1 where
    they were not counted yet; ``minute``: when it was drawn, in minutes since the epoch.
    """

    day: str
    served: str
    last: int
    near: int
    minute: int

    def __str__(self) -> str:
        return f"{self.day}.{self.served}.{self.last}.{self.near}.{self.minute}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the mark that a page sends back; None for anything else."""
        found = WRITTEN.fullmatch(text)
        if found is None:
            return None
        last, near, minute = (int(found[number]) for number in (3, 4, 5))
        return cls(found[1], found[2], last, near, minute)


def mark_of(user: StaffUser, today: date, progress: Progress) -> Mark:
    """Return the mark of a page that is drawn now. No statement, one for who has no customers."""
    last = progress.newest
    if last is None:
        last = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return Mark(today.isoformat(), _told(user, progress.total), last, UNKNOWN, _minute())


def look(user: StaffUser, today: date, seen: Mark | None) -> tuple[bool, Mark]:
    """Say whether the page with the mark ``seen`` may have changed, with the mark to keep on.

    Three statements at the most, however many customers and entries there are.
    """
    start = seen.last - LOOKED_BACK if seen is not None else 0
    newer = AuditEntry.objects.filter(pk__gt=start).order_by("-pk").values_list("pk", flat=True)
    entries = list(newer[:MOST_ENTRIES])
    last = max(entries[0] if entries else 0, seen.last if seen is not None else 0)
    told = _told(user, served_now(user).count())
    minute = seen.minute if seen is not None else _minute()
    mark = Mark(today.isoformat(), told, last, _near(entries, last), minute)
    if seen is None or (mark.day, mark.served) != (seen.day, seen.served):
        return True, mark
    if _minute() - seen.minute >= LONGEST_MINUTES or _came_late(entries, seen):
        return True, mark
    return last > seen.last and _concerns(user, seen.last), mark


def _came_late(entries: list[int], seen: Mark) -> bool:
    """Whether an entry came in among the numbers that were there already."""
    is_counted = seen.near != UNKNOWN and len(entries) < MOST_ENTRIES
    return is_counted and _near(entries, seen.last) != seen.near


def _told(user: StaffUser, total: int) -> str:
    managers = sorted(user.scope.manager_ids)
    return hashlib.sha256(repr((managers, total)).encode()).hexdigest()[:16]


def _near(entries: list[int], last: int) -> int:
    return sum(last - LOOKED_BACK < pk <= last for pk in entries)


def _minute() -> int:
    return int(clock.now().timestamp() // 60)


def _concerns(user: StaffUser, last: int) -> bool:
    """Whether an entry after ``last`` is about what the person works with. One statement."""
    mine = Customer.objects.filter(manager__in=user.scope.manager_ids).values("pk")
    own = (
        ("workplans.workplan", WorkPlan.objects.filter(manager=user)),
        ("workplans.worklog", WorkLog.objects.filter(manager=user)),
        ("workplans.finding", Finding.objects.filter(inspection__manager=user)),
    )
    about = Q(customer_id__in=mine) | Q(actor=user) | Q(verb="flags.settled")
    for kind, rows in own:
        about |= Q(object_type=kind, object_id__in=rows.values("pk"))
    return AuditEntry.objects.filter(about, pk__gt=last).exists()
