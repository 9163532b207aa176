"""What an edit of a signal would do now, and how a signal did in the past. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Q

from core import clock
from customers.models import Customer, ManagerChange, ServiceStandard
from customers.querysets import CustomerQuerySet
from customers.rules import add_months
from retention.models import Departure
from retention.querysets.risk import overdue_after
from retention.rules.features import (
    MONTHS_READ,
    Facts,
    Feature,
    MonthOfUse,
    compare,
    month_after,
    value_of,
)
from retention.rules.judging import Past, Performance, judge, share_interval
from retention.rules.scoring import Version, score_of, values_on
from retention.rules.warnings import WarningFigures
from retention.services.calibration import (
    DAYS_LOOKED_AT,
    LEFT_WITHIN_MONTHS,
    calibration_on,
)
from retention.services.facts import Person, facts_of, load_signals

EXACT_UP_TO = 3000
"""So many customers are scored while somebody waits; of more, as many stand for all."""
STAYERS = 1000
LEAVERS = 300
LEAST_LEAVERS = 10
AHEAD_DAYS = 92
USUAL_DELAY = timedelta(days=9)
"""A month's usage is usually known so long after it; what was loaded later is judged so."""


@dataclass(frozen=True)
class Effect:
    """How many customers an edit would bring above the line or below it.

    ``asked`` of ``customers`` were scored. ``more`` and ``fewer``: of those asked;
    ``more_of_all`` and ``fewer_of_all``: between how many of all (95 %). ``above``: of those
    asked, how many are at or above the line now.
    """

    line: int
    customers: int
    asked: int
    above: int
    more: int
    fewer: int
    more_of_all: tuple[int, int]
    fewer_of_all: tuple[int, int]

    @property
    def is_sample(self) -> bool:
        """Whether only some stand for all."""
        return self.asked < self.customers


def present_line(day: date) -> int:
    """Return from which score on there are warnings on ``day``."""
    figures = WarningFigures.on(ServiceStandard.objects.load(), day)
    return calibration_on(day).line(figures.lift_percent, figures.line)


def effect_of(
    *, customers: CustomerQuerySet, draft: Version | None, instead_of: int | None
) -> Effect:
    """Return what it would do if ``draft`` (None: nothing) stood in the place of a version.

    Among ``customers``: those the asker may see.
    ``instead_of``: the id of the present version, None for a new signal. Everybody is scored up
    to 3,000 customers, of more a sample spread evenly over them. A constant number of statements.
    """
    day = clock.today()
    present = load_signals().versions
    after = [version for version in present if version.pk != instead_of]
    if draft is not None:
        after.append(draft)
    active = customers.active()
    everybody = active.count()
    rows = list(
        spread_over(active, everybody, EXACT_UP_TO)
        .annotate(overdue_after=overdue_after())
        .values_list("pk", "overdue_after", "unit__time_zone")
    )
    facts, _simulated = facts_of([Person(*row) for row in rows], day)
    line = present_line(day)
    above = more = fewer = 0
    for of_one in facts.values():
        known = of_one.as_known_on(day)
        values = values_on(known, {v.pk: v for v in (*present, *after)}.values(), day)
        was = score_of(values, present).score >= line
        will = score_of(values, after).score >= line
        above += was
        more += will and not was
        fewer += was and not will
    asked = len(rows)
    return Effect(
        line=line,
        customers=everybody,
        asked=asked,
        above=above,
        more=more,
        fewer=fewer,
        more_of_all=share_interval(more, asked, everybody),
        fewer_of_all=share_interval(fewer, asked, everybody),
    )


def spread_over(customers: CustomerQuerySet, everybody: int, wanted: int) -> CustomerQuerySet:
    """Return about ``wanted`` of ``everybody``, every n-th by id: each unit has its share."""
    ordered = customers.order_by("pk")
    if everybody <= wanted:
        return ordered
    step = -(-everybody // wanted)
    return ordered.alias(place=F("pk") % step).filter(place=0)[: 2 * wanted]


@dataclass(frozen=True)
class PastOfSignal:
    """How a signal did. ``performance`` is None where it cannot be told, ``why`` then says it.

    ``days``: the first and the last day looked at. ``is_sample``: whether some stand for all.
    """

    performance: Performance | None
    days: tuple[date, date]
    customers: int
    is_sample: bool
    is_untold: bool = False

    @property
    def has_few(self) -> bool:
        """Whether so few left that the shares are chance."""
        return self.performance is None or self.performance.leavers < LEAST_LEAVERS


def past_of(
    version: Version, customers: CustomerQuerySet, today: date | None = None
) -> PastOfSignal:
    """Return how a version would have done on the first days of the twelve months past.

    Among ``customers``, those the asker may see: another unit's figures are not everybody's.

    Twelve days, each old enough to know who left within the three months after it; up to 300
    leavers and 1,000 others stand for all. Usage that was loaded later than usual counts as if it
    had come in as usual. Due days of the past are not kept: of overdue contacts nothing can be
    told. A constant number of statements.
    """
    month = (today or clock.today()).replace(day=1)
    days = [
        add_months(month, -LEFT_WITHIN_MONTHS - back) for back in range(DAYS_LOOKED_AT - 1, -1, -1)
    ]
    span = (days[0], days[-1])
    if version.question.feature is Feature.CONTACT_OVERDUE_DAYS:
        return PastOfSignal(None, span, 0, is_sample=False, is_untold=True)
    counted = Departure.objects.counted().filter(
        customer__in=customers.order_by().values("pk"),
        left_on__gt=days[0],
        left_on__lte=days[-1] + timedelta(days=AHEAD_DAYS),
    )
    left = dict(counted.order_by("-left_on", "-pk").values_list("customer_id", "left_on")[:LEAVERS])
    all_left = counted.count()
    stayed = customers.filter(vip_since__lte=days[0]).filter(
        Q(left_on=None) | Q(left_on__gt=days[-1] + timedelta(days=AHEAD_DAYS))
    )
    all_stayed = stayed.count()
    people = list(
        spread_over(stayed, all_stayed, STAYERS).values_list("pk", "unit__time_zone", "vip_since")
    )
    leavers = Customer.objects.filter(pk__in=list(left)).order_by("pk")
    gone = list(leavers.values_list("pk", "unit__time_zone", "vip_since"))
    weights = {pk: all_stayed / len(people) for pk, _zone, _since in people}
    weights |= {pk: all_left / len(gone) for pk, _zone, _since in gone}
    rows = {pk: (zone, since) for pk, zone, since in (*people, *gone)}
    facts = _past_facts([Person(pk, None, zone) for pk, (zone, _since) in rows.items()], days[0])
    changes = _manager_changes(rows, version, days[-1])
    pasts = [
        Past(
            _spoken(version, facts[pk], changes.get(pk, ()), _days_of(days, since, left.get(pk))),
            weights[pk],
            left.get(pk),
        )
        for pk, (_zone, since) in rows.items()
    ]
    is_sample = all_stayed > len(people) or all_left > len(gone)
    return PastOfSignal(judge(pasts, AHEAD_DAYS), span, all_stayed + all_left, is_sample)


def _days_of(days: Sequence[date], since: date, left_on: date | None) -> list[date]:
    return [day for day in days if since <= day and (left_on is None or day < left_on)]


def _past_facts(people: Sequence[Person], first: date) -> dict[int, Facts]:
    facts, _simulated = facts_of(people, first, MONTHS_READ)
    return {
        pk: replace(of_one, months=[_as_usual(month) for month in of_one.months])
        for pk, of_one in facts.items()
    }


def _as_usual(month: MonthOfUse) -> MonthOfUse:
    usual = month_after(month.month) + USUAL_DELAY
    return month if month.received_on <= usual else replace(month, received_on=usual)


def _manager_changes(
    customers: Collection[int], version: Version, until: date
) -> dict[int, list[date]]:
    """Return by customer when the manager changed, where the version asks for it."""
    if version.question.feature is not Feature.DAYS_WITH_MANAGER:
        return {}
    rows = ManagerChange.objects.filter(
        customer__in=list(customers), effective_on__lte=until, old_manager__isnull=False
    )
    found: dict[int, list[date]] = {}
    for pk, day in rows.order_by("effective_on", "pk").values_list("customer_id", "effective_on"):
        found.setdefault(pk, []).append(day)
    return found


def _spoken(
    version: Version, facts: Facts, changes: Sequence[date], days: Sequence[date]
) -> list[tuple[date, bool]]:
    spoken = []
    question = version.question
    for day in days:
        changed = max((on for on in changes if on <= day), default=None)
        known = replace(facts, manager_changed_on=changed).as_known_on(day)
        value = value_of(question.feature, known, day, version.window_months)
        says = isinstance(value, Decimal) and compare(value, question.operator, question.threshold)
        spoken.append((day, says))
    return spoken
