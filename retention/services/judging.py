"""Afterwards: why customers left, what was known of one, how the warnings did. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, Count, DateField, Exists, F, OuterRef, Q, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, TruncDate

from contacts.models import ContactRecord
from core import clock
from retention.models import (
    ChurnEvent,
    ChurnWarning,
    Departure,
    DepartureCause,
    RetentionCase,
    RiskScore,
    SignalVersion,
    WarningReason,
)
from retention.querysets import ChurnWarningQuerySet, DepartureQuerySet
from retention.rules.churn import first_day, last_day
from retention.rules.departures import (
    HORIZON_DAYS,
    Bar,
    Judged,
    pareto,
    was_warned,
)
from staff.models import Unit

HORIZON = timedelta(days=HORIZON_DAYS)
CONTACTS_SHOWN = 10
CONTACT_DAYS = 92
TREND_DAYS = 366

# --- One departure -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """What was known of a customer before a departure.

    ``warned_days``: how many days before the leaving the first warning within the horizon was
    opened; None where there was none. ``trend``: risk scores (day, score) of the year before.
    """

    warnings: Sequence[ChurnWarning]
    warned_days: int | None
    contacts: Sequence[ContactRecord]
    contact_count: int
    reached_count: int
    trend: Sequence[tuple[date, int]]


def story_of(departure: Departure) -> Story:
    """Return what was known before ``departure``. Four statements."""
    left_on, customer = departure.left_on, departure.customer_id
    zone = departure.unit.time_zone
    end = clock.end_of_day(left_on, zone)
    warnings = list(
        ChurnWarning.objects.filter(
            customer=customer, opened_at__gte=end - timedelta(days=TREND_DAYS), opened_at__lt=end
        ).order_by("-opened_at")
    )
    opened = [clock.local_date(warning.opened_at, zone) for warning in warnings]
    spoke = [day for day in opened if was_warned(day, left_on)]
    span = (left_on - timedelta(days=CONTACT_DAYS), left_on)
    records = ContactRecord.objects.filter(
        customer=customer, happened_on__range=span, voided_at=None
    )
    numbers = records.aggregate(all=Count("pk"), reached=Count("pk", filter=Q(is_counted=True)))
    scores = RiskScore.objects.filter(
        customer=customer, scored_on__range=(left_on - timedelta(days=TREND_DAYS), left_on)
    )
    return Story(
        warnings=warnings,
        warned_days=(left_on - min(spoke)).days if spoke else None,
        contacts=list(
            records.select_related("recorded_by").order_by("-happened_at", "-pk")[:CONTACTS_SHOWN]
        ),
        contact_count=numbers["all"],
        reached_count=numbers["reached"],
        trend=list(scores.order_by("scored_on").values_list("scored_on", "score")),
    )


# --- Causes ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Causes:
    """The causes of some departures, the most frequent first, and how many are not known yet."""

    bars: Sequence[tuple[DepartureCause, Bar]]
    reviewed: int
    not_reviewed: int


def causes_of(departures: DepartureQuerySet, *, detailed: bool) -> Causes:
    """Return why ``departures`` happened, by the upper level or (``detailed``) the lower one.

    Three statements.
    """
    level = F("review__cause") if detailed else Coalesce("review__cause__parent", "review__cause")
    rows = departures.filter(review__isnull=False).order_by().values_list(level)
    counts = list(rows.annotate(count=Count("pk")))
    causes = {row.pk: row for row in DepartureCause.objects.select_related("parent")}
    reviewed = sum(number for _key, number in counts)
    return Causes(
        bars=[(causes[bar.key], bar) for bar in pareto(counts)],
        reviewed=reviewed,
        not_reviewed=departures.count() - reviewed,
    )


# --- Warnings ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class JudgedSignal:
    """One signal, or one kind of event, and how the warnings with it did."""

    name: str
    is_event: bool
    judged: Judged


@dataclass(frozen=True)
class Judgement:
    """How the warnings of a year did, all and by reason."""

    all: Judged
    signals: Sequence[JudgedSignal]
    waiting: int


def judge_warnings(
    *, warnings: ChurnWarningQuerySet, departures: DepartureQuerySet, year: int, today: date
) -> Judgement:
    """Hold the warnings opened in ``year`` against the departures that count. Eight statements.

    ``warnings`` and ``departures``: what a person may see. A warning whose horizon is not over is
    judged only where its customer has left already; the others are waiting. Days and the year are
    those of the unit's own zone.
    """
    zones = list(Unit.objects.order_by().values_list("time_zone", flat=True).distinct())
    opened = _with_outcome(warnings.filter(_opened_in(year, zones)), zones)
    is_over = _any_of(
        Q(unit__time_zone=zone, opened_at__lt=clock.start_of_day(today, zone) - HORIZON)
        for zone in zones
    )
    ripe = opened.filter(is_over | Q(has_left=True))
    totals = ripe.order_by().aggregate(
        judged=Count("pk"),
        hits=Count("pk", filter=Q(has_left=True)),
        saved=Count("pk", filter=Q(was_saved=True)),
    )
    leavers = departures.losses_of(year, today)
    leads, of_reason = _lead_days(leavers)
    count = leavers.count()
    return Judgement(
        all=Judged(leavers=count, lead_days=leads, **totals),
        signals=_by_reason(ripe, of_reason, count),
        waiting=opened.exclude(is_over).filter(has_left=False).count(),
    )


def _any_of(conditions: Iterable[Q]) -> Q:
    """Return what holds where one of the conditions does; of none nothing holds."""
    return reduce(or_, conditions, Q(pk__in=()))


def _opened_in(year: int, zones: Iterable[str]) -> Q:
    """Return the condition that a warning was opened in ``year`` by its unit's calendar."""
    return _any_of(
        Q(
            unit__time_zone=zone,
            opened_at__gte=clock.start_of_day(first_day(year), zone),
            opened_at__lt=clock.end_of_day(last_day(year), zone),
        )
        for zone in zones
    )


def _day_in_unit(moment: F | CombinedExpression, zones: Iterable[str]) -> Case:
    """Return the local day of ``moment`` in the zone of the warning's unit."""
    days = (
        When(unit__time_zone=zone, then=TruncDate(moment, tzinfo=clock.zone_info(zone)))
        for zone in zones
    )
    return Case(*days, output_field=DateField())


def _with_outcome(warnings: ChurnWarningQuerySet, zones: Sequence[str]) -> Any:
    """Add whether the customer left within the horizon, or was saved in a case."""
    opened_on = _day_in_unit(F("opened_at"), zones)
    last_on = _day_in_unit(F("opened_at") + HORIZON, zones)
    left = Departure.objects.counted().filter(
        customer=OuterRef("customer"),
        left_on__gte=OuterRef("opened_on"),
        left_on__lte=OuterRef("last_on"),
    )
    saved = RetentionCase.objects.filter(warning=OuterRef("pk"), state=RetentionCase.State.SAVED)
    return warnings.annotate(opened_on=opened_on, last_on=last_on).annotate(
        has_left=Exists(left), was_saved=Exists(saved)
    )


Reason = tuple[bool, str]
"""Whether it is an event, and the signal's code or the event's kind."""


def _lead_days(leavers: DepartureQuerySet) -> tuple[list[int], dict[Reason, list[int]]]:
    """The days between warning and leaving, of all leavers and by reason. Two statements."""
    reasons = WarningReason.objects.filter(
        warning__customer__in=leavers.values("customer"),
    ).values_list(
        "warning__customer",
        "warning__opened_at",
        "added_at",
        "warning__unit__time_zone",
        "signal_version__signal__code",
        "event__kind",
    )
    told: dict[int, list[tuple[date, Reason]]] = defaultdict(list)
    for customer, _opened, added, zone, code, kind in reasons:
        told[customer].append((clock.local_date(added, zone), (kind is not None, kind or code)))
    warned: dict[int, list[date]] = defaultdict(list)
    rows = ChurnWarning.objects.filter(customer__in=leavers.values("customer"))
    for customer, opened, zone in rows.values_list("customer", "opened_at", "unit__time_zone"):
        warned[customer].append(clock.local_date(opened, zone))
    leads: list[int] = []
    of_reason: dict[Reason, list[int]] = defaultdict(list)
    for customer, left_on in leavers.values_list("customer", "left_on"):
        spoke = [day for day in warned[customer] if was_warned(day, left_on)]
        if spoke:
            leads.append((left_on - min(spoke)).days)
        first: dict[Reason, date] = {}
        for day, reason in told[customer]:
            if was_warned(day, left_on):
                first[reason] = min(day, first.get(reason, day))
        for reason, day in first.items():
            of_reason[reason].append((left_on - day).days)
    return leads, of_reason


def _by_reason(
    ripe: Any, leads: Mapping[Reason, Sequence[int]], leavers: int
) -> list[JudgedSignal]:
    """Judge each signal and kind of event by the warnings that it was a reason of."""
    ids = ripe.values("pk")
    hits = ripe.filter(has_left=True).values("pk")
    saved = ripe.filter(was_saved=True).values("pk")
    rows = (
        WarningReason.objects.filter(warning__in=ids)
        .order_by()
        .values_list("signal_version__signal__code", "event__kind")
        .annotate(
            judged=Count("warning", distinct=True),
            hits=Count("warning", distinct=True, filter=Q(warning__in=hits)),
            saved=Count("warning", distinct=True, filter=Q(warning__in=saved)),
        )
    )
    found = {
        (kind is not None, kind or code): (judged, hit, kept)
        for code, kind, judged, hit, kept in rows
    }
    names = _signal_names()
    judged = [
        JudgedSignal(
            name=str(ChurnEvent.Kind(key).label) if is_event else names.get(key, key),
            is_event=is_event,
            judged=Judged(
                *found.get((is_event, key), (0, 0, 0)),
                leavers=leavers,
                lead_days=leads.get((is_event, key), ()),
            ),
        )
        for is_event, key in sorted(found.keys() | leads.keys())
    ]
    return sorted(judged, key=lambda one: (-one.judged.judged, one.name))


def _signal_names() -> dict[str, str]:
    """What each signal says in its present version, in the reader's language. One statement."""
    rows = SignalVersion.objects.filter(is_current=True).select_related("signal")
    return {row.signal.code: row.reason for row in rows}
