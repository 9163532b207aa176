"""Handing customers over to another manager: preview, decision, the day it holds, the notices.

What is due, promised, excused, hidden or flagged belongs to the customer and goes along as it
is: a handover changes whose the customer is, and nothing else.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Value
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from contacts.models import CadenceFlag, ContactRecord, Exemption
from core import audit, bulk, clock, locks, once
from customers.models import Customer, ManagerChange, Tier
from customers.querysets import CustomerQuerySet
from customers.services.clocks import refresh_clocks
from portfolio.models import HandoverNotice, ReassignedCustomer, Reassignment
from portfolio.rules import first_contact_due_on
from staff.models import Cover, StaffUser, Unit
from staff.querysets import StaffQuerySet

logger = logging.getLogger(__name__)

REASON_CHARACTERS = 200

MOST_AT_ONCE = 2000
"""More customers than any manager serves: such a selection wants narrowing first."""


@dataclass(frozen=True)
class Preview:
    """What goes along with some customers.

    ``tiers``: customers by tier, the highest first. ``promises``: open follow-ups. ``exemptions``
    wait for a decision. ``covers``: those of the present managers, of today and later, whose
    stand-ins no longer serve these customers.
    """

    customers: int = 0
    tiers: dict[str, int] = field(default_factory=dict)
    flags: int = 0
    promises: int = 0
    exemptions: int = 0
    covers: int = 0


def managers_for(actor: StaffUser) -> StaffQuerySet:
    """Return the managers to whom ``actor`` may hand over: active ones of the actor's units."""
    path = actor.scope.unit_path
    if path is None:
        return StaffUser.objects.none()
    people = StaffUser.objects.visible_to(actor).managers().active()
    return people.filter(unit__path__startswith=path)


def customers_for(actor: StaffUser) -> CustomerQuerySet:
    """Return the customers whom ``actor`` may hand over."""
    return Customer.objects.editable_by(actor).supervised_by(actor).active()


def preview(
    *,
    actor: StaffUser,
    customers: Collection[int],
    today: date,
    stays_with: StaffUser | None = None,
) -> Preview:
    """Return what goes along with those of ``customers`` whom ``actor`` may hand over.

    Without those of ``stays_with``, to whom the others go. Reads only; five statements however
    many they are.
    """
    rows = customers_for(actor).filter(pk__in=customers)
    if stays_with is not None:
        rows = rows.exclude(manager=stays_with)
    found = list(rows.values_list("pk", "tier", "manager_id"))
    ids = [pk for pk, _tier, _manager in found]
    tiers = Counter(tier for _pk, tier, _manager in found)
    managers = {manager for _pk, _tier, manager in found}
    covers = Cover.objects.standing().filter(manager__in=managers, ends_on__gte=today)
    return Preview(
        customers=len(ids),
        tiers={tier.value: tiers[tier.value] for tier in Tier},
        flags=CadenceFlag.objects.open().filter(customer__in=ids).count(),
        promises=ContactRecord.objects.open_follow_ups().filter(customer__in=ids).count(),
        exemptions=Exemption.objects.waiting().filter(customer__in=ids).count(),
        covers=covers.count(),
    )


def already_made(actor: StaffUser, submission_key: UUID) -> Reassignment | None:
    """Return the handover that ``actor`` made with this key before, if any."""
    return Reassignment.objects.filter(made_by=actor, submission_key=submission_key).first()


def reassign(
    *,
    actor: StaffUser,
    customers: Collection[int],
    manager: StaffUser,
    effective_on: date,
    submission_key: UUID,
    note: str = "",
    again: bool = True,
) -> Reassignment:
    """Hand over as ``reassign_once`` does; who asks need not know whether it was the first time."""
    made, _is_new = reassign_once(
        actor=actor,
        customers=customers,
        manager=manager,
        effective_on=effective_on,
        submission_key=submission_key,
        note=note,
        again=again,
    )
    return made


@transaction.atomic
def reassign_once(
    *,
    actor: StaffUser,
    customers: Collection[int],
    manager: StaffUser,
    effective_on: date,
    submission_key: UUID,
    note: str = "",
    again: bool = True,
) -> tuple[Reassignment, bool]:
    """Hand ``customers`` over to ``manager``, at once or on a later day; both sides are told.

    Returns the handover and whether it is new. Who is with the manager already, has left or is
    not the actor's to hand over stays as they are. A constant number of statements, however many
    customers. Raises ValidationError for a past day, a manager outside the actor's units and
    where nobody is left to hand over. With the same ``submission_key`` it may be sent twice: the
    second call returns the first handover, and False. ``again`` False: the same handover of
    minutes ago, which waits for its day, is asked about (SentBeforeError).
    """
    locks.hold(f"portfolio.reassign.{actor.pk}")
    sent = already_made(actor, submission_key)
    same = {"manager_id": manager.pk, "effective_on": effective_on, "note": note.strip()}
    waiting = Reassignment.objects.filter(
        made_by=actor, applied_at=None, cancelled_at=None, reassigned__customer__in=customers
    )
    once.ask(waiting, sent=sent, same=same, at="made_at", again=again)
    if sent is not None:
        return sent, False
    if not managers_for(actor).filter(pk=manager.pk).exists():
        raise ValidationError({"manager": _("Choose an active customer manager of your units.")})
    today = clock.today(manager.time_zone)
    if effective_on < today:
        raise ValidationError({"effective_on": _("That day is over. Choose today or a later one.")})
    going = customers_for(actor).filter(pk__in=customers).exclude(manager=manager)
    going_ids = [pk for pk, _manager, _unit in _locked(going)]
    if not going_ids:
        raise ValidationError(_("Nobody is left to hand over: all are with this manager already."))
    made = Reassignment.objects.create(
        manager=manager,
        effective_on=effective_on,
        note=note.strip(),
        counts=asdict(preview(actor=actor, customers=going_ids, today=today)),
        made_by=actor,
        submission_key=submission_key,
    )
    _write_items(made, going_ids)
    audit.record(
        actor=actor,
        verb="handover.made",
        obj=made,
        changes={
            "manager_id": [None, manager.pk],
            "effective_on": [None, effective_on],
            "customers": [None, len(going_ids)],
        },
    )
    if effective_on == today:
        _apply(made)
    return made, True


def apply_due_reassignments() -> int:
    """Put the handovers in force whose day has come in the new manager's zone.

    Returns how many. Each in its own transaction; safe to run twice and side by side. One whose
    manager has left meanwhile waits, and the log says so.
    """
    waiting = Reassignment.objects.waiting().order_by("effective_on", "pk")
    return sum(_apply_when_due(pk) for pk in waiting.values_list("pk", flat=True))


@transaction.atomic
def _apply_when_due(pk: int) -> bool:
    rows = Reassignment.objects.select_for_update(of=("self",)).select_related("manager__unit")
    found = rows.get(pk=pk)
    if not found.is_waiting or found.effective_on > clock.today(found.manager.time_zone):
        return False
    if not (found.manager.is_active and found.manager.is_manager):
        logger.warning("Handover %s waits: its new manager has left.", found.pk)
        return False
    _apply(found)
    return True


@transaction.atomic
def call_off(*, actor: StaffUser, made: Reassignment) -> Reassignment:
    """Call off a handover that waits for its day; one in force stays. Safe to run twice."""
    made = Reassignment.objects.select_for_update().get(pk=made.pk)
    if made.is_waiting:
        made.cancelled_at = clock.now()
        made.save(update_fields=["cancelled_at"])
        audit.record(
            actor=actor,
            verb="handover.called_off",
            obj=made,
            changes={"cancelled_at": [None, made.cancelled_at]},
        )
    return made


@transaction.atomic
def dismiss_notice(*, actor: StaffUser, notice: HandoverNotice) -> None:
    """Take a notice off the reader's My day. Safe to run twice."""
    now = clock.now()
    if HandoverNotice.objects.unread().filter(pk=notice.pk).update(dismissed_at=now):
        audit.record(
            actor=actor,
            verb="handover.notice_dismissed",
            obj=notice,
            changes={"dismissed_at": [None, now]},
        )


def _locked(customers: CustomerQuerySet) -> list[tuple[int, int | None, int]]:
    """Return id, manager and unit of each; the rows are locked until the transaction ends."""
    rows = customers.select_for_update(of=("self",), no_key=True).order_by("pk")
    return list(rows.values_list("pk", "manager_id", "unit_id"))


def _write_items(made: Reassignment, customer_ids: Collection[int]) -> None:
    values: dict[str, Any] = {
        "reassignment": made.pk,
        "first_contact_due_on": first_contact_due_on(made.effective_on),
    }
    _insert_for(ReassignedCustomer, customer_ids, values)


def _apply(made: Reassignment) -> None:
    """Move the customers who are still where the handover found them; write and tell it."""
    waiting = made.reassigned.filter(moved_at=None)
    found = dict(waiting.values_list("customer_id", "old_manager_id"))
    rows = _locked(Customer.objects.active().filter(pk__in=found))
    moving = [row for row in rows if row[1] == found[row[0]]]
    ids = [pk for pk, _manager, _unit in moving]
    now = clock.now()
    _write_history(made, ids, now)
    Customer.objects.filter(pk__in=ids).update(
        manager=made.manager, unit=made.manager.unit, updated_at=now, version=F("version") + 1
    )
    _follow_the_zone(made, moving)
    waiting.filter(customer__in=ids).update(moved_at=now)
    audit.record_many(
        actor=made.made_by,
        verb="customer.manager_changed",
        model=Customer,
        rows=[
            (
                pk,
                pk,
                {
                    "manager_id": [manager, made.manager_id],
                    "unit_id": [unit, made.manager.unit_id],
                },
            )
            for pk, manager, unit in moving
        ],
    )
    _tell(made, Counter(manager for _pk, manager, _unit in moving))
    made.applied_at = now
    made.save(update_fields=["applied_at"])


def _follow_the_zone(made: Reassignment, moving: Sequence[tuple[int, int | None, int]]) -> None:
    """Compute the clocks anew of who came from a unit of another time zone.

    There it is another day for some hours: a changed standard may hold here already, or not yet.
    """
    units = Unit.objects.filter(pk__in={unit for _pk, _manager, unit in moving})
    zones = dict(units.values_list("pk", "time_zone"))
    crossed = [pk for pk, _manager, unit in moving if zones[unit] != made.manager.time_zone]
    if crossed:
        refresh_clocks(customer_ids=crossed)


def _write_history(made: Reassignment, customer_ids: Collection[int], now: datetime) -> None:
    """Before the customers move, for the old manager is read from their rows."""
    values: dict[str, Any] = {
        "manager": made.manager_id,
        "unit": made.manager.unit_id,
        "effective_on": made.effective_on,
        "changed_at": now,
        "changed_by": made.made_by_id,
        "reason": Truncator(made.note).chars(REASON_CHARACTERS),
    }
    _insert_for(ManagerChange, customer_ids, values)


def _insert_for(
    model: type[models.Model], customer_ids: Collection[int], values: Mapping[str, Any]
) -> None:
    """Insert a row for each customer: its id, its present manager and ``values``. One statement."""
    same = [
        Value(value, output_field=_plain(model._meta.get_field(name)))
        for name, value in values.items()
    ]
    bulk.insert_from_select(
        model,
        ["customer", "old_manager", *values],
        Customer.objects.filter(pk__in=customer_ids).values_list("pk", "manager_id", *same),
    )


def _plain(column: Any) -> models.Field[Any, Any]:
    """The column's type; of a foreign key, that of the key."""
    plain: models.Field[Any, Any] = column.target_field if column.is_relation else column
    return plain


def _tell(made: Reassignment, came_from: Mapping[int | None, int]) -> None:
    """Tell the new manager from whom, and each old one how many."""
    told = [
        HandoverNotice(
            reassignment=made, reader=made.manager, other_id=old, came=True, customers=count
        )
        for old, count in came_from.items()
    ]
    told += [
        HandoverNotice(
            reassignment=made, reader_id=old, other=made.manager, came=False, customers=count
        )
        for old, count in came_from.items()
        if old is not None
    ]
    HandoverNotice.objects.bulk_create(told)
