"""The items of a plan: added, changed, moved, taken out, ticked (article 4).

An approved plan is still the manager's to change, but each change is kept and shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core import audit, clock, once
from core.texts import restored
from customers.models import Customer, ServiceStandard
from customers.services.standing import lock
from staff.models import Cover, StaffUser
from workplans.models import PlanChange, PlanItem, WorkPlan
from workplans.rules.drafting import minutes_for
from workplans.services.plans.locking import own, refuse_waiting, touch
from workplans.services.sizes import sizes_on

SHOWN = ("day", "channel", "occasion", "purpose", "text")
"""What a change of an approved plan keeps of an item."""


@dataclass(frozen=True)
class ItemEntry:
    """An item as a person enters it: for a customer or as free text.

    ``minutes``: None for what its channel usually takes. ``needs_visit``: only a contact face to
    face completes it; what is about a visit always does.
    """

    day: date
    customer: Customer | None = None
    text: str = ""
    matter: PlanItem.Matter = PlanItem.Matter.CONTACT
    channel: str = ""
    occasion: str = ""
    purpose: str = ""
    minutes: int | None = None
    needs_visit: bool = False


@transaction.atomic
def add_item(
    *,
    actor: StaffUser,
    plan: WorkPlan,
    entry: ItemEntry,
    submission_key: UUID | None = None,
    again: bool = True,
) -> PlanItem:
    """Add an item at the end of its day.

    Raises PermissionDenied for somebody else's plan, ValidationError for a plan that waits or an
    approved one that is over, a day outside of it, a customer the actor does not serve that day,
    and an item that says nothing. With a ``submission_key`` it may be sent twice.
    ``again`` False: the same item of minutes ago is asked about (SentBeforeError).
    """
    customer = lock(entry.customer.pk) if entry.customer is not None else None
    plan = own(actor, plan)
    sent = None
    if submission_key is not None:
        sent = plan.items.filter(submission_key=submission_key).first()
    same = {
        "customer_id": customer.pk if customer else None,
        "text": entry.text.strip(),
        "day": entry.day,
    }
    rows = PlanItem.objects.filter(plan=plan, origin=PlanItem.Origin.BY_HAND).standing()
    once.ask(rows, sent=sent, same=same, at="made_at", again=again)
    if sent is not None:
        return sent
    _refuse_change(plan)
    item = PlanItem(plan=plan, submission_key=submission_key)
    _take_down(actor, item, entry, customer)
    item.position = _end_of(plan, entry.day)
    item.save(force_insert=True)
    touch(plan)
    _keep(actor, item, PlanChange.What.ADDED, {}, _shown(item))
    _record(actor, item, "plan_item.added", audit.difference({}, _known(item)))
    return item


@transaction.atomic
def change_item(*, actor: StaffUser, item: PlanItem, entry: ItemEntry) -> PlanItem:
    """Write an item anew.

    Raises as ``add_item`` does, and ValidationError for an item that was taken out and for another
    customer in an approved plan. Safe to run twice: the same again changes nothing.
    """
    customer = lock(entry.customer.pk) if entry.customer is not None else None
    plan = own(actor, item.plan)
    _refuse_change(plan)
    item = _standing(plan, item)
    approved = plan.state == WorkPlan.State.APPROVED
    if approved and item.customer_id != (customer.pk if customer else None):
        raise ValidationError(_("Take this item out and add one for the other customer."))
    before, known, day = _shown(item), _known(item), item.day
    _take_down(actor, item, entry, customer)
    changes = audit.difference(known, _known(item))
    if not changes:
        return item
    if item.day != day:
        item.position = _end_of(plan, item.day)
    item.save()
    touch(plan)
    if before != _shown(item):
        _keep(actor, item, PlanChange.What.CHANGED, before, _shown(item))
    _record(actor, item, "plan_item.changed", changes)
    return item


@transaction.atomic
def move_item(
    *, actor: StaffUser, item: PlanItem, day: date, position: int | None = None
) -> PlanItem:
    """Put an item on another day or another place in it; without ``position`` at the day's end.

    Raises as ``add_item`` does, and ValidationError for an item that was taken out. Safe to run
    twice. A change of the order alone is not kept.
    """
    plan = own(actor, item.plan)
    _refuse_change(plan)
    item = _standing(plan, item)
    _refuse_day(plan, day)
    before, old_day = _shown(item), item.day
    if item.customer is not None and day != old_day:
        _refuse_strange(actor, item.customer, day)
    item.day = day
    moved = _in_order(plan, item, position)
    if not moved and day == old_day:
        return item
    # The item's own day is saved with its place.
    PlanItem.objects.bulk_update({item, *moved}, ["day", "position"])
    touch(plan)
    if day != old_day:
        _keep(actor, item, PlanChange.What.CHANGED, before, _shown(item))
        _record(actor, item, "plan_item.changed", {"day": [old_day, day]})
    return item


@transaction.atomic
def remove_item(*, actor: StaffUser, item: PlanItem) -> None:
    """Take an item out: its row goes; in an approved plan it stays, and the change is kept.

    Raises PermissionDenied for somebody else's plan, ValidationError for a plan that waits or an
    approved one that is over. Safe to run twice.
    """
    plan = own(actor, item.plan)
    found = plan.items.standing().filter(pk=item.pk).first()
    if found is None:
        return
    _refuse_change(plan)
    touch(plan)
    _record(actor, found, "plan_item.removed", audit.difference(_known(found), {}, KNOWN))
    if plan.state == WorkPlan.State.APPROVED:
        found.cancelled_at = clock.now()
        found.save(update_fields=["cancelled_at"])
        _keep(actor, found, PlanChange.What.REMOVED, _shown(found), {})
    else:
        # What the supervisor said of it stays with the plan.
        found.remarks.update(item=None)
        found.delete()


@transaction.atomic
def tick_item(*, actor: StaffUser, item: PlanItem, done: bool) -> PlanItem:
    """Tick an item without a customer as done, or take the tick back; in any state of the plan.

    Raises PermissionDenied for somebody else's plan, ValidationError for an item with a customer,
    which the contact records tick, and one that was taken out. Safe to run twice.
    """
    plan = own(actor, item.plan)
    item = _standing(plan, item)
    if item.customer_id is not None:
        raise ValidationError(_("Log the contact: it ticks this item by itself."))
    if done == (item.done_at is not None):
        return item
    item.done_at = clock.now() if done else None
    item.save(update_fields=["done_at"])
    touch(plan)
    _record(actor, item, "plan_item.ticked", {"is_done": [not done, done]})
    return item


KNOWN = (*SHOWN, "customer_id", "matter", "minutes", "needs_visit")
"""What a person enters of an item."""


def _known(item: PlanItem) -> dict[str, Any]:
    return {name: getattr(item, name) or None for name in KNOWN}


def _shown(item: PlanItem) -> dict[str, str]:
    return {name: str(getattr(item, name)) for name in SHOWN}


def _take_down(
    actor: StaffUser, item: PlanItem, entry: ItemEntry, customer: Customer | None
) -> None:
    """Put the entry into the item; refuse what cannot be planned."""
    _refuse_day(item.plan, entry.day)
    if customer is not None and customer.pk != item.customer_id:
        if not customer.is_active:
            raise ValidationError({"customer": _("The customer has left already.")})
        _refuse_strange(actor, customer, entry.day)
    elif customer is not None and entry.day != item.day:
        _refuse_strange(actor, customer, entry.day)
    item.customer = customer
    item.day, item.matter = entry.day, entry.matter
    item.channel, item.occasion = entry.channel, entry.occasion
    item.text = restored(entry.text.strip(), item.text)
    item.purpose = restored(entry.purpose.strip(), item.purpose)
    is_visit = entry.needs_visit or entry.matter == PlanItem.Matter.VISIT
    item.needs_visit = is_visit and customer is not None
    if customer is not None:
        item.done_at = None
    sizes = sizes_on(ServiceStandard.objects.load(), entry.day)
    usual = minutes_for(entry.channel, needs_visit=item.needs_visit, sizes=sizes)
    item.minutes = usual if entry.minutes is None else entry.minutes
    item.clean_fields(exclude=["plan", "customer", "submission_key"])
    item.validate_constraints(exclude={"plan", "submission_key"})


def _refuse_change(plan: WorkPlan) -> None:
    refuse_waiting(plan)
    today = clock.today(plan.manager.time_zone)
    if plan.state == WorkPlan.State.APPROVED and plan.ends_on < today:
        raise ValidationError(_("The period of this plan is over."))


def _refuse_day(plan: WorkPlan, day: date) -> None:
    if day not in plan.period:
        raise ValidationError({"day": _("That day is not in this plan.")})


def _refuse_strange(actor: StaffUser, customer: Customer, day: date) -> None:
    """Refuse a customer who is neither the actor's nor, on that day, of somebody covered."""
    if customer.manager_id == actor.pk:
        return
    if customer.manager_id not in Cover.objects.covered_by(actor.pk, day):
        raise ValidationError(
            {"customer": _("You do not serve this customer on that day.")}, code="strange"
        )


def _standing(plan: WorkPlan, item: PlanItem) -> PlanItem:
    found = plan.items.standing().select_related("customer").filter(pk=item.pk).first()
    if found is None:
        raise ValidationError(_("This item was taken out meanwhile."))
    found.plan = plan
    return found


def _end_of(plan: WorkPlan, day: date) -> int:
    last = plan.items.filter(day=day).aggregate(last=Max("position"))["last"]
    return 0 if last is None else int(last) + 1


def _in_order(plan: WorkPlan, item: PlanItem, position: int | None) -> list[PlanItem]:
    """Give the item its place among those of its day; return those whose place changed."""
    others = list(plan.items.standing().filter(day=item.day).exclude(pk=item.pk))
    place = len(others) if position is None else min(max(position, 0), len(others))
    moved = []
    for number, one in enumerate([*others[:place], item, *others[place:]]):
        if one.position != number:
            one.position = number
            moved.append(one)
    return moved


def _keep(
    actor: StaffUser,
    item: PlanItem,
    what: PlanChange.What,
    before: dict[str, str],
    after: dict[str, str],
) -> None:
    """Keep a change of an approved plan; before that it is nobody's business."""
    if item.plan.state == WorkPlan.State.APPROVED:
        PlanChange.objects.create(
            plan=item.plan, item=item, what=what, before=before, after=after, actor=actor
        )


def _record(actor: StaffUser, item: PlanItem, verb: str, changes: audit.Changes) -> None:
    audit.record(actor=actor, verb=verb, obj=item, changes=changes, customer_id=item.customer_id)
