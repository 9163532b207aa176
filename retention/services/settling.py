"""What a unit's scores do to its warnings: open for the highest, update, let fade (article 17)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from core import audit, clock, locks
from customers.models import Customer, ServiceStandard
from retention.models import ChurnWarning, RiskState, SignalVersion, WarningReason
from retention.rules.calibration import Calibration
from retention.rules.warnings import (
    Candidate,
    LastWarning,
    WarningFigures,
    choose,
    has_faded,
    low_since,
    rank,
    rests,
)
from retention.services import warnings
from retention.services.calibration import calibration_on
from retention.services.facts import stored_value
from retention.services.warnings import Opening, Why
from staff.models import Unit

POOL, MANAGER = "unit", "manager"
UPDATED = ["score", "rank", "low_since", "updated_at"]


@dataclass(frozen=True)
class Settled:
    """What became of a unit's warnings, and the line that held."""

    line: int
    opened: int = 0
    updated: int = 0
    closed: int = 0


@dataclass(frozen=True)
class _Night:
    """What holds while one unit is settled as of one day; ``at``: when it counts as done."""

    unit: Unit
    day: date
    at: datetime
    figures: WarningFigures
    calibration: Calibration
    line: int


def settle_unit(*, unit: Unit, day: date) -> Settled:
    """Update and close the open warnings of the unit's customers by their scores, open new ones.

    Two transactions, each with the unit held: one worker at a time settles it. A constant number
    of statements. Safe to run twice and side by side.
    """
    figures = WarningFigures.on(ServiceStandard.objects.load(), day)
    calibration = calibration_on(day)
    line = calibration.line(figures.lift_percent, figures.line)
    at = min(clock.now(), clock.end_of_day(day, unit.time_zone) - timedelta(seconds=1))
    night = _Night(unit, day, at, figures, calibration, line)
    with transaction.atomic():
        hold_unit(unit)
        updated, closed = _update(night)
    # Apart: whoever holds customers' rows takes them in one go, in one order.
    with transaction.atomic():
        hold_unit(unit)
        opened = _open(night)
    return Settled(line, opened, updated, closed)


def hold_unit(unit: Unit) -> None:
    """Hold the unit's scoring until the present transaction ends."""
    locks.hold(f"retention.unit.{unit.pk}")


def _open(night: _Night) -> int:
    unit, figures, calibration = night.unit, night.figures, night.calibration
    above: Any = RiskState.objects.of_unit(unit.pk).above(night.line)
    rows = above.values_list(
        "customer_id",
        "customer__manager_id",
        "score",
        "monthly_bill",
        "last_closed_at",
        "last_score",
    )
    candidates = [
        candidate
        for row in rows
        if not rests(candidate := _candidate(unit, *row), figures, night.day)
    ]
    if not candidates:
        return 0
    ranks = {c.customer: rank(calibration.risk(c.score), c.monthly_bill) for c in candidates}
    open_now = _open_now(unit, {c.place for c in candidates})
    chosen = choose(candidates, ranks, open_now, figures.capacity)
    scores = _current_scores([c.customer for c in chosen])
    openings = [
        Opening(
            customer=c.customer,
            reasons=scores[c.customer][0],
            score=c.score,
            line=night.line,
            rank=ranks[c.customer],
            is_simulated=scores[c.customer][1],
        )
        for c in chosen
    ]
    return len(warnings.open_warnings(actor=None, openings=openings, at=night.at))


def _candidate(
    unit: Unit,
    customer: int,
    manager: int | None,
    score: int,
    bill: Decimal | None,
    last_closed_at: datetime | None,
    last_score: int | None,
) -> Candidate:
    last = None
    if last_closed_at is not None:
        last = LastWarning(clock.local_date(last_closed_at, unit.time_zone), last_score or 0)
    place = (MANAGER, manager) if manager is not None else (POOL, unit.pk)
    return Candidate(customer, place, score, bill or Decimal(0), last)


def _open_now(unit: Unit, places: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
    """Return how many warnings are open by manager, in whatever unit, and in the unit's pool."""
    managers = [number for kind, number in places if kind == MANAGER]
    theirs = Q(customer__manager__in=managers) | Q(customer__manager=None, customer__unit=unit)
    rows = (
        ChurnWarning.objects.open()
        .filter(theirs)
        .order_by()
        .values_list("customer__manager_id")
        .annotate(Count("pk"))
    )
    return Counter(
        {(MANAGER, number) if number else (POOL, unit.pk): open_ for number, open_ in rows}
    )


def _current_scores(customers: Sequence[int]) -> dict[int, tuple[list[Why], bool]]:
    rows = RiskState.objects.filter(customer__in=customers).values_list(
        "customer_id", "current__reasons", "current__is_simulated"
    )
    return {pk: (_whys(reasons or []), bool(is_simulated)) for pk, reasons, is_simulated in rows}


def _whys(reasons: Sequence[tuple[int, int, str | None]]) -> list[Why]:
    return [
        Why(version=version, points=points, value=stored_value(value))
        for version, points, value in reasons
    ]


def _update(night: _Night) -> tuple[int, int]:
    """Give the open warnings their customers' present scores; close those that have faded."""
    figures, calibration, day, at = night.figures, night.calibration, night.day, night.at
    with_one = ChurnWarning.objects.open().filter(customer__unit=night.unit)
    held = Customer.objects.filter(pk__in=with_one.values("customer_id")).order_by("pk")
    customers = list(held.select_for_update().values_list("pk", flat=True))
    open_ = list(
        ChurnWarning.objects.open()
        .filter(customer__in=customers)
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    if not open_:
        return 0, 0
    states = {
        state.customer_id: state
        for state in RiskState.objects.filter(
            customer__in=[w.customer_id for w in open_]
        ).select_related("current")
    }
    new_reasons = _new_reasons(open_, states)
    changed, trail, faded = [], [], []
    for warning in open_:
        state = states.get(warning.customer_id)
        if state is None:
            continue
        before = (warning.score, warning.rank, warning.low_since)
        warning.rank = rank(calibration.risk(state.score), state.monthly_bill or Decimal(0))
        warning.score = state.score
        warning.low_since = low_since(
            warning.low_since, state.score, night.line, figures.fade_points, day
        )
        if before != (warning.score, warning.rank, warning.low_since):
            changed.append(warning)
        if before[0] != warning.score:
            trail.append((warning.pk, warning.customer_id, {"score": [before[0], warning.score]}))
        if has_faded(warning.low_since, figures.fade_months, day):
            faded.append(warning)
    _write(changed, trail, at)
    additions = [(w, new_reasons[w.pk]) for w in open_ if new_reasons.get(w.pk)]
    warnings.add_signal_reasons(additions=additions, at=at)
    closed = warnings.close_faded(warnings=faded, at=at, day=day) if faded else 0
    return len({row[0] for row in trail} | {w.pk for w, _whys in additions}), closed


def _write(
    changed: Sequence[ChurnWarning],
    trail: Sequence[tuple[int, int | None, Mapping[str, list[int]]]],
    at: datetime,
) -> None:
    for warning in changed:
        warning.updated_at = at
    ChurnWarning.objects.bulk_update(changed, UPDATED, batch_size=500)
    audit.record_many(actor=None, verb="warning.updated", model=ChurnWarning, rows=trail)


def _new_reasons(
    open_: Sequence[ChurnWarning], states: Mapping[int, RiskState]
) -> dict[int, list[Why]]:
    """Return by warning what speaks for it now and did not so far.

    Another version of a signal that is a reason already is no new reason.
    """
    known = set(
        WarningReason.objects.filter(
            warning__in=[w.pk for w in open_], signal_version__isnull=False
        ).values_list("warning_id", "signal_version__signal_id")
    )
    signal_of = dict(SignalVersion.objects.values_list("pk", "signal_id"))
    found: dict[int, list[Why]] = {}
    for warning in open_:
        state = states.get(warning.customer_id)
        if state is None or state.current is None:
            continue
        found[warning.pk] = [
            why
            for why in _whys(state.current.reasons)
            if why.version is not None and (warning.pk, signal_of[why.version]) not in known
        ]
    return found
