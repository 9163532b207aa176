"""How well the telephone is answered and missed calls are returned (article 7). Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import ExtractHour

from contacts.querysets import CallEventQuerySet, MissedCallQuerySet
from contacts.rules.calls import middle_minutes, share
from staff.models import StaffUser, Unit

HOURS = range(24)
K = TypeVar("K", bound=Hashable)


@dataclass
class CallFigures:
    """Figures of some calls. Shares in percent, the median in minutes; None where of nothing.

    ``incoming``, ``answered``: calls. ``missed``: obligations; ``settled``: those that are
    returned or over their time, of which the rates are; one still within its time is neither.
    """

    incoming: int = 0
    answered: int = 0
    missed: int = 0
    settled: int = 0
    returned: int = 0
    in_time: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def answer_rate(self) -> float | None:
        """How many of the incoming calls were answered."""
        return share(self.answered, self.incoming)

    @property
    def return_rate(self) -> float | None:
        """How many of the missed calls were returned at all."""
        return share(self.returned, self.settled)

    @property
    def in_time_rate(self) -> float | None:
        """How many of the missed calls were returned within their time."""
        return share(self.in_time, self.settled)

    @property
    def median_minutes(self) -> float | None:
        """The minutes until a missed call was returned; half took longer."""
        return middle_minutes(self.seconds)

    def add(self, other: CallFigures) -> None:
        """Add the figures of other calls."""
        for name in ("incoming", "answered", "missed", "settled", "returned", "in_time"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.seconds += other.seconds


Whose = tuple[int | None, int | None]
"""Unit and manager of the time, by id."""


@dataclass
class CallPicture:
    """The figures of a span of days: all together, by hour of the day, by unit and manager."""

    all: CallFigures
    by_hour: dict[int, CallFigures]
    by_owner: dict[Whose, CallFigures]


def call_picture(
    calls: CallEventQuerySet, missed: MissedCallQuerySet, zone: ZoneInfo, now: Any
) -> CallPicture:
    """Return the figures of these calls and missed calls, hours by the clock of ``zone``.

    Unit and manager are those of the time of the call. Two statements.
    """
    figures: dict[tuple[int, Whose], CallFigures] = defaultdict(CallFigures)
    hour = ExtractHour("started_at", tzinfo=zone)
    counted = (
        calls.filter(direction="incoming", match="known")
        .order_by()
        .annotate(hour=hour)
        .values_list("hour", "unit", "manager")
        .annotate(calls=Count("pk"), answered=Count("pk", filter=Q(result="answered")))
    )
    for at, unit, manager, count, answered in counted:
        one = figures[at, (unit, manager)]
        one.incoming += count
        one.answered += answered
    rows = missed.standing().exclude(close_reason="left").order_by()
    for opened_at, due_at, closed_at, unit, manager in rows.values_list(
        "opened_at", "due_at", "closed_at", "unit", "manager"
    ):
        one = figures[opened_at.astimezone(zone).hour, (unit, manager)]
        one.missed += 1
        one.settled += closed_at is not None or due_at <= now
        if closed_at is not None:
            one.returned += 1
            one.in_time += closed_at <= due_at
            one.seconds.append((closed_at - opened_at).total_seconds())
    by_hour = _together(figures.items(), lambda key: key[0])
    return CallPicture(
        all=_together(figures.items(), lambda _key: 0).get(0, CallFigures()),
        by_hour={at: by_hour.get(at, CallFigures()) for at in HOURS},
        by_owner=_together(figures.items(), lambda key: key[1]),
    )


def _together(
    figures: Iterable[tuple[tuple[int, Whose], CallFigures]],
    key_of: Callable[[tuple[int, Whose]], K],
) -> dict[K, CallFigures]:
    found: dict[K, CallFigures] = defaultdict(CallFigures)
    for key, one in figures:
        found[key_of(key)].add(one)
    return dict(found)


@dataclass(frozen=True)
class OwnerRow:
    """The figures of one manager in one unit; ``manager`` empty: the unit's pool."""

    unit: str
    manager: str
    figures: CallFigures


def owner_rows(picture: CallPicture) -> list[OwnerRow]:
    """Return the figures by unit and manager, the lowest answer rate first. Two statements."""
    units = Unit.objects.in_bulk({unit for unit, _manager in picture.by_owner if unit})
    people = StaffUser.objects.in_bulk({pk for _unit, pk in picture.by_owner if pk})
    rows = [
        OwnerRow(
            unit=units[unit].full_name if unit in units else "",
            manager=people[manager].name if manager in people else "",
            figures=figures,
        )
        for (unit, manager), figures in picture.by_owner.items()
    ]
    return sorted(rows, key=_place)


def _place(row: OwnerRow) -> tuple[bool, float, int, str, str]:
    rate = row.figures.answer_rate
    return rate is None, rate or 0, -row.figures.missed, row.unit, row.manager
