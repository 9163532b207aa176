"""The figures of complaints: causes, justified ones, repeats, times. Reads only (article 21)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count

from complaints.models import Cause
from complaints.querysets import ComplaintQuerySet, ComplaintReviewQuerySet
from complaints.rules.figures import (
    Bar,
    Course,
    Times,
    pareto,
    period_of,
    repeats_in,
    times_of,
)
from core import clock
from customers.models import ServiceStandard
from customers.rules import Figure
from staff.models import StaffUser, Unit

HOUR = 3600
MOST_BARS = 20


class Row(NamedTuple):
    """What is read of one complaint; the names are the columns'."""

    customer_id: int
    unit_id: int
    tier: str
    category__path: str
    state: str
    received_at: datetime
    responded_at: datetime | None
    response_due_at: datetime
    resolved_at: datetime | None
    resolution_due_at: datetime
    paused_seconds: int


@dataclass(frozen=True)
class Line:
    """The times of the complaints of one month, unit, tier or category."""

    name: str
    response: Times
    resolution: Times


@dataclass(frozen=True)
class Repeats:
    """How many complained again: by unit (name, complainants, of them again), and in all.

    ``people``: ids of those who did, the most often first.
    """

    by_unit: Sequence[tuple[str, int, int]]
    customers: int
    again: int
    people: Sequence[int]


@dataclass(frozen=True)
class Figures:
    """What the complaints of a period come to."""

    complaints: int
    lines: Sequence[Line]
    all: Line
    repeats: Repeats


def span_of(year: int, quarter: int | None, zone: str) -> tuple[datetime, datetime]:
    """Return the first moment of a year or its quarter in ``zone``, and the first after it."""
    first = (quarter or 1) * 3 - 2
    starts = date(year, first, 1)
    after = first + 3 if quarter else 13
    ends = date(year + (after > 12), after - 12 if after > 12 else after, 1)
    return clock.start_of_day(starts, zone), clock.start_of_day(ends, zone)


def repeat_days(zone: str) -> int:
    """Return within how many days a second complaint is one again. One statement."""
    standards = ServiceStandard.objects.load()
    return standards.value(Figure.COMPLAINT_REPEAT_DAYS, clock.today(zone))


def figures_of(
    complaints: ComplaintQuerySet, *, since: datetime, until: datetime, by: str, repeat_days: int
) -> Figures:
    """Return times and repeats of ``complaints`` received from ``since`` until before ``until``.

    ``by``: month, quarter, unit, tier or category. A double report is not counted. Three
    statements at most; the rows of the period are read once.
    """
    rows = complaints.filter(
        received_at__gte=since - timedelta(days=repeat_days),
        received_at__lt=until,
        merged_into=None,
    )
    found = [Row(*row) for row in rows.order_by().values_list(*Row.__annotations__)]
    inside = [row for row in found if row.received_at >= since]
    units = Unit.objects.in_bulk({row.unit_id for row in inside})
    names = names_of(units.values())
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in inside:
        groups[_key(row, by, units, names)].append(row)
    now = clock.now()
    again = repeats_in([(row.customer_id, row.received_at) for row in found], since, repeat_days)
    return Figures(
        complaints=len(inside),
        lines=[_line(name, groups[name], now) for name in sorted(groups)],
        all=_line("", inside, now),
        repeats=_repeats(inside, again, names),
    )


def causes_of(reviews: ComplaintReviewQuerySet) -> list[tuple[Cause, Bar[int]]]:
    """Return the root causes of the justified complaints of ``reviews``. Two statements."""
    counts = reviews.justified().order_by().values_list("cause").annotate(number=Count("pk"))
    bars = pareto([(pk, number) for pk, number in counts if pk is not None])
    causes = Cause.objects.in_bulk([bar.key for bar in bars])
    return [(causes[bar.key], bar) for bar in bars]


def justified_by_manager(reviews: ComplaintReviewQuerySet) -> list[tuple[StaffUser | None, int]]:
    """Return how many justified complaints each manager's customers had, the most first."""
    counts = _counted(reviews, "complaint__manager")
    people = StaffUser.objects.in_bulk([pk for pk, _number in counts if pk is not None])
    return [(people.get(pk) if pk else None, number) for pk, number in counts]


def names_of(units: Iterable[Unit]) -> dict[int, str]:
    """Return each unit's name by its id: the full one where several are called the same."""
    found = list(units)
    called = Counter(unit.name for unit in found)
    return {unit.pk: unit.name if called[unit.name] == 1 else unit.full_name for unit in found}


def justified_by_unit(reviews: ComplaintReviewQuerySet) -> list[tuple[Unit, int]]:
    """Return how many justified complaints each unit had, the most first. Two statements."""
    counts = _counted(reviews, "complaint__unit")
    units = Unit.objects.in_bulk([pk for pk, _number in counts if pk is not None])
    return [(units[pk], number) for pk, number in counts if pk is not None]


def _counted(reviews: ComplaintReviewQuerySet, by: str) -> list[tuple[int | None, int]]:
    counts = reviews.justified().order_by().values_list(by).annotate(number=Count("pk"))
    return sorted(counts, key=lambda pair: (-pair[1], pair[0] or 0))[:MOST_BARS]


def _key(row: Row, by: str, units: Mapping[int, Unit], names: Mapping[int, str]) -> str:
    """The name of the group that a complaint belongs to."""
    if by == "unit":
        return names[row.unit_id]
    if by == "tier":
        return row.tier
    if by == "category":
        return row.category__path.split("/", 1)[0]
    return period_of(clock.local_date(row.received_at, units[row.unit_id].time_zone), by)


def _line(name: str, rows: Sequence[Row], now: datetime) -> Line:
    return Line(
        name=name,
        response=times_of([_response(row) for row in rows], now),
        resolution=times_of([_resolution(row) for row in rows], now),
    )


def _response(row: Row) -> Course:
    """The first response: never paused."""
    took = row.responded_at - row.received_at if row.responded_at is not None else None
    return Course(
        due_at=row.response_due_at,
        stopped_at=row.responded_at,
        hours=took.total_seconds() / HOUR if took is not None else None,
    )


def _resolution(row: Row) -> Course:
    """The resolution, without the time for which the customer was waited for."""
    hours = None
    if row.resolved_at is not None:
        seconds = (row.resolved_at - row.received_at).total_seconds() - row.paused_seconds
        hours = max(seconds, 0) / HOUR
    return Course(
        due_at=row.resolution_due_at,
        stopped_at=row.resolved_at,
        hours=hours,
        waits=row.state == "waiting",
    )


def _repeats(inside: Sequence[Row], again: Mapping[int, int], names: Mapping[int, str]) -> Repeats:
    complainants: dict[int, set[int]] = defaultdict(set)
    for row in inside:
        complainants[row.unit_id].add(row.customer_id)
    by_unit = [
        (names[pk], len(people), len(people & again.keys())) for pk, people in complainants.items()
    ]
    by_unit.sort(key=lambda line: (-line[2], -line[1], line[0]))
    return Repeats(
        by_unit=by_unit[:MOST_BARS],
        customers=len({row.customer_id for row in inside}),
        again=len(again),
        people=[pk for pk, _number in sorted(again.items(), key=lambda one: (-one[1], one[0]))][
            :MOST_BARS
        ],
    )
