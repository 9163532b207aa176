"""Scoring customers by what is known of them, and warning of those at the top (article 17).

The work follows what changed: new data, a date that crosses a threshold, a due day or manager
that is another, signals that were edited. It is done a unit at a time, in pieces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import audit, bulk, clock, outbox
from customers.models import Customer
from retention.models import RiskRun, RiskScore, RiskState
from retention.querysets.risk import overdue_after
from retention.rules.features import Facts, latest_bill, recheck_on
from retention.rules.scoring import Scored, says_the_same, score_of, shown, values_on
from retention.services import settling
from retention.services.calibration import calibrate_of_month
from retention.services.facts import Person, Signals, facts_of, load_signals
from staff.models import Unit

PIECE = 2000
SLACK = timedelta(days=1)
"""A change may be committed so much later than the moment that it carries."""
STATE_FIELDS = [
    "score",
    "current",
    "monthly_bill",
    "scored_at",
    "is_stale",
    "recheck_on",
    "seen_due_on",
    "seen_manager_id",
    "seen_signals",
]


@dataclass
class RiskChanges:
    """What a run did: customers looked at, scores changed, warnings opened, updated, closed."""

    judged: int = 0
    changed: int = 0
    opened: int = 0
    updated: int = 0
    closed: int = 0

    def __add__(self, other: RiskChanges) -> RiskChanges:
        return RiskChanges(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def flag_churn_risk(*, as_of: date | None = None, unit_id: int | None = None) -> RiskChanges:
    """Score the customers whose score may be another, and open, update and close warnings.

    ``as_of``: the day to judge by; without it today in each unit's zone. ``unit_id``: only that
    unit (not those below it). Due days and managers are always the present ones, and so are the
    signals. A constant number of statements for each unit and each 2,000 customers looked at.
    Safe to run twice and side by side. Raises ValidationError for a day in the future or before
    one that was scored already.
    """
    units = Unit.objects.order_by("path")
    if unit_id is not None:
        units = units.filter(pk=unit_id)
    refuse_day(as_of, unit_id)
    calibrate_of_month(day=as_of or clock.today())
    changes = RiskChanges()
    for pk in units.values_list("pk", flat=True):
        changes += flag_unit(unit_id=pk, as_of=as_of)
    return changes


def refuse_day(as_of: date | None, unit_id: int | None = None) -> None:
    """Raise ValidationError where ``as_of`` cannot be scored: the future, or the past of a score.

    Scores are a history that only grows: a day before the latest one cannot be added to it.
    """
    if as_of is None:
        return
    if as_of > clock.today():
        raise ValidationError({"as_of": _("A day in the future cannot be scored.")})
    runs = RiskRun.objects.filter(as_of__gt=as_of)
    if unit_id is not None:
        runs = runs.filter(unit=unit_id)
    latest = runs.order_by("-as_of").values_list("as_of", flat=True).first()
    if latest is not None:
        text = _(
            "Scored up to %(latest)s already, and scores of the past never change. "
            "Choose that day or a later one."
        )
        day = date_format(latest, "Y-m-d")
        raise ValidationError({"as_of": text % {"latest": day}})


def fan_out(*, as_of: date | None = None) -> int:
    """Ask for one task for each unit that has customers; return how many. Safe to run twice."""
    calibrate_of_month(day=as_of or clock.today())
    units = Unit.objects.filter(customers__status="active").order_by("path").distinct()
    day = as_of.isoformat() if as_of else None
    with transaction.atomic():
        ids = list(units.values_list("pk", flat=True))
        for pk in ids:
            outbox.enqueue("retention.tasks.flag_churn_risk_of_unit", unit_id=pk, as_of=day)
    return len(ids)


def flag_unit(*, unit_id: int, as_of: date | None = None) -> RiskChanges:
    """Score and warn for one unit; nothing where a later day was scored meanwhile.

    Each piece is a transaction of its own: a killed run goes on where it stopped. Safe to run
    twice and side by side.
    """
    unit = Unit.objects.get(pk=unit_id)
    day = as_of or clock.today(unit.time_zone)
    started_at = clock.now()
    signals = load_signals()
    last = RiskRun.objects.filter(unit=unit).order_by("-as_of").first()
    if last is not None and last.as_of > day:
        return RiskChanges()
    changes = RiskChanges()
    ids = list(_to_judge(unit, last, day, signals).values_list("pk", flat=True))
    for start in range(0, len(ids), PIECE):
        changes += _judge(unit, ids[start : start + PIECE], day, signals)
    _finish(unit, day, started_at, signals, changes)
    return changes


def _to_judge(
    unit: Unit, last: RiskRun | None, day: date, signals: Signals
) -> QuerySet[Customer, Any]:
    """Return the unit's customers whose score may be another.

    Found by index where the last run saw the same signals; all are compared where not.
    """
    customers = Customer.objects.active().filter(unit=unit)
    states = RiskState.objects.of_unit(unit.pk)
    never = Q(risk__isnull=True)
    if last is None or last.signals != signals.digest:
        new = states.anything_new(day, signals.digest)
        return customers.filter(never | Q(pk__in=new.values("pk"))).order_by("pk")
    recent = customers.filter(updated_at__gte=last.started_at - SLACK)
    lately = states.filter(customer__updated_at__gte=last.started_at - SLACK)
    found = [
        states.stale(),
        states.to_recheck(day),
        states.complained_since(last.started_at - SLACK),
        states.filter(seen_due_on__lt=day).due_moved(),
        states.filter(customer__contact_due_on__lt=day).due_moved(),
        lately.anything_new(day, signals.digest),
    ]
    rows = recent.filter(never).order_by().values_list("pk", flat=True)
    return rows.union(*(of.order_by().values_list("pk", flat=True) for of in found)).order_by("pk")


@dataclass(frozen=True)
class _Known:
    """What is stored of a customer's risk."""

    current: int | None
    scored_on: date | None
    reasons: Sequence[Sequence[Any]]
    missing: Sequence[int]


def _judge(unit: Unit, ids: Sequence[int], day: date, signals: Signals) -> RiskChanges:
    with transaction.atomic():
        known = _lock_states(ids, day)
        rows = list(
            Customer.objects.active()
            .filter(pk__in=list(known))
            .annotate(overdue_after=overdue_after())
            .values_list("pk", "overdue_after", "manager_id")
        )
        people = [Person(pk, due_on, unit.time_zone) for pk, due_on, _manager in rows]
        facts, simulated = facts_of(people, day)
        facts_then = {pk: facts[pk].as_known_on(day) for pk in facts}
        scored = {pk: _score(facts_then[pk], signals, day) for pk in facts}
        differ = [
            pk
            for pk, new in scored.items()
            if not says_the_same(known[pk].reasons, known[pk].missing, new, signals.running)
        ]
        made = _add_scores(differ, scored, known, simulated, day)
        now = clock.now()
        questions = [version.question for version in signals.versions]
        states = [
            RiskState(
                customer_id=pk,
                score=scored[pk].score,
                current_id=made.get(pk, known[pk].current),
                monthly_bill=latest_bill(facts_then[pk].months),
                scored_at=now,
                is_stale=False,
                recheck_on=recheck_on(facts[pk], facts_then[pk], questions, day),
                seen_due_on=due_on,
                seen_manager_id=manager,
                seen_signals=signals.digest,
            )
            for pk, due_on, manager in rows
        ]
        RiskState.objects.bulk_create(
            states, update_conflicts=True, unique_fields=["customer"], update_fields=STATE_FIELDS
        )
    return RiskChanges(judged=len(rows), changed=len(differ))


def _lock_states(ids: Sequence[int], day: date) -> dict[int, _Known]:
    """Make the missing rows of ``ids``, lock all of them in one order, return what they say.

    What comes in meanwhile waits for us and marks the row again. Customers scored on a later
    day, in another unit, are left out.
    """
    missing = Customer.objects.filter(pk__in=ids, risk__isnull=True).order_by()
    bulk.insert_from_select(
        RiskState,
        ["customer", "score", "is_stale", "seen_signals"],
        missing.values_list("pk", Value(0), Value(value=True), Value("")),
    )
    rows = (
        RiskState.objects.filter(customer__in=ids)
        .filter(Q(current=None) | Q(current__scored_on__lte=day))
        .order_by("customer_id")
        .select_for_update(of=("self",))
        .values_list(
            "customer_id",
            "current_id",
            "current__scored_on",
            "current__reasons",
            "current__missing",
        )
    )
    return {
        pk: _Known(current, scored_on, reasons or [], missing or [])
        for pk, current, scored_on, reasons, missing in rows
    }


def _score(facts: Facts, signals: Signals, day: date) -> Scored:
    return score_of(values_on(facts, signals.versions, day), signals.versions)


def _add_scores(
    differ: Sequence[int],
    scored: Mapping[int, Scored],
    known: Mapping[int, _Known],
    simulated: frozenset[int],
    day: date,
) -> dict[int, int]:
    """Add a row for each customer of ``differ``; return the new rows' ids by customer."""
    of_today = [pk for pk in differ if known[pk].scored_on == day]
    if of_today:
        RiskScore.objects.filter(customer__in=of_today, scored_on=day).delete()
    made = [
        RiskScore(
            customer_id=pk,
            scored_on=day,
            score=scored[pk].score,
            reasons=[[r.version, r.points, shown(r.value)] for r in scored[pk].reasons],
            missing=list(scored[pk].missing),
            is_simulated=pk in simulated,
        )
        for pk in differ
    ]
    bulk.insert_new(made, set_keys=True)
    return {row.customer_id: row.pk for row in made}


def _finish(
    unit: Unit, day: date, started_at: datetime, signals: Signals, changes: RiskChanges
) -> None:
    """Settle the unit's warnings and note how far it is scored."""
    settled = settling.settle_unit(unit=unit, day=day)
    changes.opened, changes.updated, changes.closed = (
        settled.opened,
        settled.updated,
        settled.closed,
    )
    with transaction.atomic():
        settling.hold_unit(unit)
        run, _is_new = RiskRun.objects.get_or_create(
            unit=unit,
            as_of=day,
            defaults={"started_at": started_at, "line": settled.line, "signals": ""},
        )
        for name in (field.name for field in fields(RiskChanges)):
            setattr(run, name, getattr(run, name) + getattr(changes, name))
        run.started_at, run.finished_at = started_at, clock.now()
        run.signals, run.line = signals.digest, settled.line
        run.save()
        counts = {f.name: getattr(changes, f.name) for f in fields(changes)}
        if any(counts[name] for name in counts if name != "judged"):
            audit.record_job(verb="risk.scored", model=RiskRun, changes={"unit": unit.pk, **counts})
