"""The life of a churn warning: opened, followed up, snoozed, closed, escalated (article 17)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactRecord
from core import audit, bulk, clock
from core.texts import restored
from customers.models import Customer, ServiceStandard
from customers.services import standing
from retention.models import (
    ChurnEvent,
    ChurnWarning,
    RetentionCase,
    RiskState,
    WarningReason,
    WarningStep,
)
from retention.models.usage import Source
from retention.rules.warnings import WarningFigures, rank
from retention.services.calibration import calibration_on
from retention.services.facts import stored_value
from staff.models import StaffUser

BY_HAND = (ChurnWarning.Result.STAYS, ChurnWarning.Result.UNFOUNDED)
"""Results that somebody found out by asking the customer."""
EVENTS_AT_ONCE = 500


@dataclass(frozen=True)
class Why:
    """One reason: a signal's version with its points and value, or an event."""

    version: int | None = None
    event: int | None = None
    points: int = 0
    value: Decimal | None = None


@dataclass(frozen=True)
class Opening:
    """A warning to be opened for ``customer`` (an id), the reasons in order."""

    customer: int
    reasons: Sequence[Why] = field(default=())
    is_hard: bool = False
    score: int = 0
    line: int = 0
    rank: Decimal = Decimal(0)
    is_simulated: bool = False


@transaction.atomic
def open_warnings(
    *, actor: StaffUser | None, openings: Collection[Opening], at: datetime | None = None
) -> dict[int, ChurnWarning]:
    """Open a warning for each customer who has none open and is with us; return them by customer.

    The customer is watched from then on. ``at``: when it was opened (now without it). A constant
    number of statements. Safe to run twice and side by side: whoever opens holds the customer's
    row, so a customer never has two.
    """
    wanted = {opening.customer: opening for opening in openings}
    if not wanted:
        return {}
    at = at or clock.now()
    rows = Customer.objects.active().filter(pk__in=list(wanted)).select_related("unit")
    customers = list(rows.order_by("pk").select_for_update(of=("self",)))
    open_already = ChurnWarning.objects.open().filter(customer__in=list(wanted))
    have_one = set(open_already.values_list("customer_id", flat=True))
    figures = _figures_at(at)
    made = {
        customer.pk: _new_warning(
            customer, wanted[customer.pk], at, figures(customer.unit.time_zone)
        )
        for customer in customers
        if customer.pk not in have_one
    }
    bulk.insert_new(list(made.values()), set_keys=True)
    _add_reasons(
        [(warning, why) for pk, warning in made.items() for why in wanted[pk].reasons],
        at,
        is_first=True,
    )
    _add_steps(made.values(), WarningStep.Kind.OPENED, at, actor)
    rows_of_trail = [
        (warning.pk, pk, {"score": [None, warning.score], "is_hard": [None, warning.is_hard]})
        for pk, warning in made.items()
    ]
    audit.record_many(actor=actor, verb="warning.opened", model=ChurnWarning, rows=rows_of_trail)
    by_day: dict[date, list[int]] = defaultdict(list)
    for customer in customers:
        if customer.pk in made:
            by_day[clock.local_date(at, customer.unit.time_zone)].append(customer.pk)
    for day, ids in by_day.items():
        standing.watch_many(actor=actor, customer_ids=ids, watched=True, on=day)
    return made


def open_warning(
    *, actor: StaffUser | None, opening: Opening, at: datetime | None = None
) -> ChurnWarning | None:
    """Open one warning; None where the customer has one open, or is not with us. Safe twice."""
    return open_warnings(actor=actor, openings=[opening], at=at).get(opening.customer)


def judge_events(*, event_ids: Sequence[int], at: datetime | None = None) -> int:
    """Open or update the warning of each customer of these events; return how many events.

    Hard: neither score nor capacity nor rest is asked. A warning that was followed up before
    wants following up again; a snoozed one is shown again. Events of customers who have left are
    only marked as seen. A constant number of statements for each 500 events. Safe to run twice
    and side by side: an event is judged once.
    """
    judged = 0
    for start in range(0, len(event_ids), EVENTS_AT_ONCE):
        judged += _judge_piece(event_ids[start : start + EVENTS_AT_ONCE], at or clock.now())
    return judged


@transaction.atomic
def _judge_piece(event_ids: Sequence[int], at: datetime) -> int:
    of_customers = ChurnEvent.objects.to_judge().filter(pk__in=event_ids).values("customer_id")
    locked = Customer.objects.filter(pk__in=of_customers).order_by("pk")
    active = {
        customer.pk for customer in locked.select_for_update(of=("self",)) if customer.is_active
    }
    # Only now: another worker may have judged them while we waited for the customers.
    events: dict[int, list[ChurnEvent]] = defaultdict(list)
    waiting = ChurnEvent.objects.to_judge().filter(pk__in=event_ids)
    for event in waiting.order_by("happened_at", "pk"):
        events[event.customer_id].append(event)
    mine = {pk: of_one for pk, of_one in events.items() if pk in active}
    if mine:
        opened = open_warnings(actor=None, openings=_hard_openings(mine), at=at)
        _harden({pk: of_one for pk, of_one in mine.items() if pk not in opened}, at)
    return ChurnEvent.objects.filter(
        pk__in=[event.pk for of_one in events.values() for event in of_one]
    ).update(judged_at=at)


def _hard_openings(events: Mapping[int, Sequence[ChurnEvent]]) -> list[Opening]:
    """Return the openings for these customers; the score and its reasons come along."""
    states = RiskState.objects.filter(customer__in=list(events)).select_related("current")
    known = {state.customer_id: state for state in states}
    calibration = calibration_on(clock.today())
    openings = []
    for pk, of_one in events.items():
        state = known.get(pk)
        current = state.current if state is not None else None
        score = state.score if state is not None else 0
        bill = (state.monthly_bill if state is not None else None) or Decimal(0)
        soft = [
            Why(version=version, points=points, value=stored_value(value))
            for version, points, value in (current.reasons if current is not None else [])
        ]
        openings.append(
            Opening(
                customer=pk,
                reasons=[*(Why(event=event.pk) for event in of_one), *soft],
                is_hard=True,
                score=score,
                rank=rank(calibration.risk(score), bill),
                is_simulated=any(event.source == Source.SIMULATED for event in of_one),
            )
        )
    return openings


def _harden(events: Mapping[int, Sequence[ChurnEvent]], at: datetime) -> None:
    """Add events to warnings that are open already: they want following up (again) at once."""
    if not events:
        return
    warnings = list(
        ChurnWarning.objects.open()
        .filter(customer__in=list(events))
        .order_by("pk")
        .select_related("customer__unit")
        .select_for_update(of=("self",))
    )
    figures = _figures_at(at)
    added, trail = [], []
    for warning in warnings:
        was_due = warning.follow_up_due_at
        if warning.contacted_at is not None:
            warning.contacted_at = warning.contacted_by = None
            hours = figures(warning.customer.unit.time_zone).follow_up_hours
            warning.follow_up_due_at = at + timedelta(hours=hours)
            warning.escalated_at = None
        warning.is_hard, warning.low_since, warning.updated_at = True, None, at
        warning.snoozed_until, warning.snooze_reason = None, ""
        of_one = events[warning.customer_id]
        added += [(warning, Why(event=event.pk)) for event in of_one]
        trail.append(
            (
                warning.pk,
                warning.customer_id,
                {
                    "event": [None, [event.kind for event in of_one]],
                    "follow_up_due_at": [was_due, warning.follow_up_due_at],
                },
            )
        )
    ChurnWarning.objects.bulk_update(
        warnings,
        [
            "contacted_at",
            "contacted_by",
            "follow_up_due_at",
            "escalated_at",
            "is_hard",
            "low_since",
            "snoozed_until",
            "snooze_reason",
            "updated_at",
        ],
        batch_size=EVENTS_AT_ONCE,
    )
    _add_reasons(added, at, is_first=False)
    _add_steps(warnings, WarningStep.Kind.REASON_ADDED, at, None)
    audit.record_many(actor=None, verb="warning.updated", model=ChurnWarning, rows=trail)


@transaction.atomic
def follow_up(
    *,
    actor: StaffUser,
    warning: ChurnWarning,
    found: str,
    next_step: str,
    next_step_on: date | None = None,
    contact_record: ContactRecord | None = None,
) -> ChurnWarning:
    """Note that the customer was asked: what was found, and the next step.

    Ends a snooze. Raises ValidationError for a closed warning, without words, for a next step in
    the past and for a contact record of another customer. Safe to run twice; another text later
    on is another step.
    """
    warning, customer = _lock(warning)
    found = restored(found.strip(), warning.found)
    next_step = restored(next_step.strip(), warning.next_step)
    if not warning.is_open:
        raise ValidationError(_("This warning is closed."))
    if not found:
        raise ValidationError({"found": _("Say what was found.")})
    today = clock.today(customer.unit.time_zone)
    same = (warning.found, warning.next_step) == (found, next_step)
    if same and warning.next_step_on == next_step_on and warning.contacted_at is not None:
        return warning
    if next_step_on is not None and next_step_on < today:
        raise ValidationError({"next_step_on": _("Choose today or a later day.")})
    if contact_record is not None and contact_record.customer_id != customer.pk:
        raise ValidationError({"contact_record": _("That contact was with another customer.")})
    changes: dict[str, list[Any]] = {
        "found": [warning.found, found],
        "next_step": [warning.next_step, next_step],
        "next_step_on": [warning.next_step_on, next_step_on],
    }
    warning.found, warning.next_step, warning.next_step_on = found, next_step, next_step_on
    if warning.contacted_at is None:
        warning.contacted_at, warning.contacted_by = clock.now(), actor
    warning.contact_record = contact_record or warning.contact_record
    warning.snoozed_until, warning.snooze_reason = None, ""
    return _save(warning, actor, "warning.followed_up", changes, WarningStep.Kind.CONTACTED, found)


@transaction.atomic
def snooze(*, actor: StaffUser, warning: ChurnWarning, until: date, reason: str) -> ChurnWarning:
    """Hide the warning's row on My day until ``until``; due time and escalation stay.

    Raises ValidationError for a closed warning, a day that is not in the future and without a
    reason. Safe to run twice: the later call replaces the earlier.
    """
    warning, customer = _lock(warning)
    reason = reason.strip()
    if not warning.is_open:
        raise ValidationError(_("This warning is closed."))
    if until <= clock.today(customer.unit.time_zone):
        raise ValidationError({"until": _("Choose a day after today.")})
    if not reason:
        raise ValidationError({"reason": _("Say why in a few words.")})
    before = warning.snoozed_until, warning.snooze_reason
    if before == (until, reason):
        return warning
    changes: dict[str, list[Any]] = {
        "snoozed_until": [before[0], until],
        "snooze_reason": [before[1], reason],
    }
    warning.snoozed_until, warning.snooze_reason = until, reason
    return _save(warning, actor, "warning.snoozed", changes, WarningStep.Kind.SNOOZED, reason)


@transaction.atomic
def wake(*, actor: StaffUser, warning: ChurnWarning) -> ChurnWarning:
    """Show a snoozed warning again at once. Safe to run twice."""
    warning, _customer = _lock(warning)
    if warning.snoozed_until is None:
        return warning
    changes = {"snoozed_until": [warning.snoozed_until, None]}
    warning.snoozed_until, warning.snooze_reason = None, ""
    return _save(warning, actor, "warning.woken", changes, WarningStep.Kind.WOKEN)


@transaction.atomic
def close(
    *,
    actor: StaffUser | None,
    warning: ChurnWarning,
    result: ChurnWarning.Result,
    note: str = "",
) -> ChurnWarning:
    """Close the warning with a result; the customer is watched no more.

    Raises ValidationError for "stays" or "never meant to leave" where nobody has asked the
    customer: by a follow-up, or in a retention case. Safe to run twice: a closed warning stays
    as it is.
    """
    warning, customer = _lock(warning)
    if not warning.is_open:
        return warning
    if result in BY_HAND and warning.contacted_at is None:
        cases = RetentionCase.objects.filter(customer=customer)
        since = Q(opened_at__gte=warning.opened_at) | Q(decided_at__gte=warning.opened_at)
        if not cases.filter(since).exists():
            raise ValidationError(_("First note what the customer said: nobody has asked yet."))
    warning.closed_at, warning.closed_by, warning.result = clock.now(), actor, result
    warning.close_note = note.strip()
    warning.snoozed_until, warning.snooze_reason = None, ""
    changes = {"result": ["", ChurnWarning.Result(result).value], "close_note": ["", note.strip()]}
    closed = _save(warning, actor, "warning.closed", changes, WarningStep.Kind.CLOSED, note)
    standing.watch(actor=actor, customer=customer, watched=False)
    return closed


@transaction.atomic
def close_faded(*, warnings: Sequence[ChurnWarning], at: datetime, day: date) -> int:
    """Close these open warnings, locked by the caller, by themselves; return how many.

    Their customers are watched no more from ``day`` on. A constant number of statements.
    """
    for warning in warnings:
        warning.closed_at = warning.updated_at = at
        warning.result = ChurnWarning.Result.FADED
        warning.snoozed_until, warning.snooze_reason = None, ""
    columns = ["closed_at", "result", "snoozed_until", "snooze_reason", "updated_at"]
    ChurnWarning.objects.bulk_update(warnings, columns, batch_size=EVENTS_AT_ONCE)
    _add_steps(warnings, WarningStep.Kind.CLOSED, at, None)
    rows = [
        (warning.pk, warning.customer_id, {"result": ["", ChurnWarning.Result.FADED.value]})
        for warning in warnings
    ]
    audit.record_many(actor=None, verb="warning.closed", model=ChurnWarning, rows=rows)
    standing.watch_many(
        actor=None, customer_ids=[w.customer_id for w in warnings], watched=False, on=day
    )
    return len(warnings)


@transaction.atomic
def escalate_overdue() -> int:
    """Escalate the warnings that were not followed up in time; return how many.

    Not those whose customer is in an open retention case: somebody speaks with them. A constant
    number of statements. Safe to run twice and side by side.
    """
    now = clock.now()
    in_case = RetentionCase.objects.open().filter(customer=OuterRef("customer_id"))
    late = ChurnWarning.objects.to_escalate(now).filter(~Exists(in_case))
    warnings = list(late.order_by("pk").select_for_update(of=("self",)))
    if not warnings:
        return 0
    ids = [warning.pk for warning in warnings]
    ChurnWarning.objects.filter(pk__in=ids).update(escalated_at=now, updated_at=now)
    _add_steps(warnings, WarningStep.Kind.ESCALATED, now, None)
    rows = [
        (warning.pk, warning.customer_id, {"escalated_at": [None, now]}) for warning in warnings
    ]
    audit.record_many(actor=None, verb="warning.escalated", model=ChurnWarning, rows=rows)
    return len(ids)


@transaction.atomic
def add_signal_reasons(
    *, additions: Sequence[tuple[ChurnWarning, Sequence[Why]]], at: datetime
) -> None:
    """Add new reasons to open warnings, with a step of each. A constant number of statements."""
    rows = [(warning, why) for warning, reasons in additions for why in reasons]
    _add_reasons(rows, at, is_first=False)
    _add_steps([warning for warning, _reasons in additions], WarningStep.Kind.REASON_ADDED, at)


def _lock(warning: ChurnWarning) -> tuple[ChurnWarning, Customer]:
    """Return the warning and its customer, both locked; the customer first, as everybody does."""
    customer = standing.lock(warning.customer_id)
    return ChurnWarning.objects.select_for_update().get(pk=warning.pk), customer


def _figures_at(at: datetime) -> Callable[[str], WarningFigures]:
    """Return a function that gives the figures in force at that moment in a time zone."""
    standards = ServiceStandard.objects.load()

    @cache
    def figures(zone: str) -> WarningFigures:
        return WarningFigures.on(standards, clock.local_date(at, zone))

    return figures


def _new_warning(
    customer: Customer, opening: Opening, at: datetime, figures: WarningFigures
) -> ChurnWarning:
    return ChurnWarning(
        customer=customer,
        manager_id=customer.manager_id,
        unit_id=customer.unit_id,
        opened_at=at,
        is_hard=opening.is_hard,
        score=opening.score,
        line=opening.line or figures.line,
        rank=opening.rank,
        follow_up_due_at=at + timedelta(hours=figures.follow_up_hours),
        is_simulated=opening.is_simulated,
        updated_at=at,
    )


def _add_reasons(rows: Sequence[tuple[ChurnWarning, Why]], at: datetime, *, is_first: bool) -> None:
    bulk.insert_rows(
        WarningReason,
        ["warning_id", "signal_version_id", "event_id", "points", "value", "added_at", "is_first"],
        [
            (warning.pk, why.version, why.event, why.points, why.value, at, is_first)
            for warning, why in rows
        ],
    )


def _add_steps(
    warnings: Iterable[ChurnWarning],
    kind: WarningStep.Kind,
    at: datetime,
    actor: StaffUser | None = None,
) -> None:
    rows = [(warning.pk, kind.value, at, actor.pk if actor else None) for warning in warnings]
    bulk.insert_rows(WarningStep, ["warning_id", "kind", "at", "actor_id"], rows)


def _save(
    warning: ChurnWarning,
    actor: StaffUser | None,
    verb: str,
    changes: Mapping[str, Sequence[Any]],
    kind: WarningStep.Kind,
    note: str = "",
) -> ChurnWarning:
    warning.updated_at = clock.now()
    warning.save()
    WarningStep.objects.create(warning=warning, kind=kind, actor=actor, note=note.strip())
    audit.record(
        actor=actor,
        verb=verb,
        obj=warning,
        changes={name: pair for name, pair in changes.items() if pair[0] != pair[1]},
        customer_id=warning.customer_id,
    )
    return warning
