"""Plans drafted from what is due (article 4): the customers, what is wanted of them, the days."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core import audit, bulk, clock
from customers.models import Customer, ServiceStandard
from staff.models import StaffUser
from workplans.models import PlanItem, WorkPlan
from workplans.models.plans import PlanKind
from workplans.rules.days import room_of
from workplans.rules.drafting import (
    Draft,
    Placed,
    errands_of,
    spread,
    text_errand,
)
from workplans.services.candidates import Served, candidates_of, places_of
from workplans.services.carrying import left_by_others
from workplans.services.days import LONGEST_BREAK, work_days
from workplans.services.plans.locking import own, refuse_closed, touch
from workplans.services.plans.writing import set_targets
from workplans.services.sizes import sizes_on
from workplans.services.targets import suggest_targets

__all__ = ["Drafted", "draft_plan", "suggest_targets"]


@dataclass(frozen=True)
class Drafted:
    """How many items a draft added, and how many found no room."""

    added: int
    left_over: int


@dataclass
class Standing:
    """What is in a plan already: customers, texts, minutes and visited customers by day."""

    customers: set[int] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    minutes: dict[date, int] = field(default_factory=dict)
    visits: dict[int, date] = field(default_factory=dict)


@transaction.atomic
def draft_plan(*, actor: StaffUser, plan: WorkPlan) -> Drafted:
    """Fill the actor's plan from what is due: a week or a month with items, a year with targets.

    Who is in the plan stays as planned and is not added again; days that are over are left alone.
    Raises PermissionDenied for somebody else's plan, ValidationError for one that is submitted,
    approved or over. Safe to run twice and side by side. A constant number of statements.
    """
    if plan.manager_id != actor.pk:
        raise PermissionDenied
    refuse_closed(plan)
    today = clock.today(actor.time_zone)
    if plan.ends_on < today:
        raise ValidationError(_("The period of this plan is over."))
    if plan.kind == PlanKind.YEAR:
        return _draft_targets(actor, plan)
    first = max(plan.starts_on, today)
    there = _standing_in(plan)
    draft = _drafted(actor, plan, first, there)
    added = _add(actor, plan, draft.placed)
    return Drafted(added, len(draft.left))


def _draft_targets(actor: StaffUser, plan: WorkPlan) -> Drafted:
    """Set the targets that the plan does not have yet."""
    known = set(plan.targets.values_list("kind", flat=True))
    new = {kind: n for kind, n in suggest_targets(plan).items() if n and kind not in known}
    set_targets(actor=actor, plan=plan, values=new)
    return Drafted(len(new), 0)


def _drafted(actor: StaffUser, plan: WorkPlan, first: date, there: Standing) -> Draft:
    """What is to come into the plan, each on its day."""
    days = work_days(actor, plan.starts_on, plan.ends_on + LONGEST_BREAK)
    sizes = sizes_on(ServiceStandard.objects.load(), first)
    workdays = days.there(first, plan.ends_on)
    last = days.last_day_for(plan.ends_on, plan.ends_on + LONGEST_BREAK)
    served = Served(days.serving(workdays), first, last)
    left = left_by_others(plan, first)
    candidates = candidates_of(actor, served, left.customers, without=there.customers)
    errands = [
        errand
        for one in candidates
        for errand in errands_of(
            one, first=first, last=served.last_day_of(one.manager), sizes=sizes
        )
    ]
    errands += [
        text_errand(carried, actor.pk, first, last)
        for carried in left.texts
        if carried.text not in there.texts
    ]
    return spread(
        errands,
        room_of(workdays, days.hours, sizes.share_percent, there.minutes),
        served.days,
        _visited_places(there),
    )


def _standing_in(plan: WorkPlan) -> Standing:
    """What the plan holds. One statement."""
    found = Standing()
    columns = ("customer_id", "text", "day", "minutes", "needs_visit")
    for customer, text, day, minutes, needs_visit in plan.items.standing().values_list(*columns):
        found.minutes[day] = found.minutes.get(day, 0) + minutes
        if customer is None:
            found.texts.add(text)
            continue
        found.customers.add(customer)
        if needs_visit:
            found.visits[customer] = day
    return found


def _visited_places(there: Standing) -> dict[date, set[str]]:
    """Where somebody is visited by the plan as it stands. One statement."""
    found: dict[date, set[str]] = {}
    for customer, place in places_of(there.visits).items():
        found.setdefault(there.visits[customer], set()).add(place)
    return found


def _add(actor: StaffUser, plan: WorkPlan, placed: Collection[Placed]) -> int:
    """Add the errands as items, but for whom somebody added meanwhile. Constant statements."""
    ids = {one.errand.customer for one in placed if one.errand.customer is not None}
    _hold_customers(ids)
    plan = own(actor, plan)
    refuse_closed(plan)
    there = _standing_in(plan)
    positions = dict(
        plan.items.order_by()
        .values_list("day")
        .annotate(last=Max("position"))
        .values_list("day", "last")
    )
    items = []
    for one in placed:
        errand = one.errand
        if errand.customer in there.customers or (
            errand.customer is None and errand.text in there.texts
        ):
            continue
        positions[one.day] = positions.get(one.day, -1) + 1
        items.append(_item(plan, one, positions[one.day]))
    if not items:
        return 0
    bulk.insert_new(items)
    touch(plan)
    changes = {"items": [None, len(items)]}
    audit.record(actor=actor, verb="plan.drafted", obj=plan, changes=changes)
    return len(items)


def _hold_customers(ids: Collection[int]) -> None:
    """Hold the customers' rows, which comes before any other row. One statement."""
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    list(rows.values_list("pk"))


def _item(plan: WorkPlan, one: Placed, position: int) -> PlanItem:
    errand = one.errand
    origin = PlanItem.Origin.CARRIED if errand.is_carried else PlanItem.Origin.DRAFTED
    return PlanItem(
        plan=plan,
        customer_id=errand.customer,
        text=errand.text,
        day=one.day,
        position=position,
        minutes=errand.minutes,
        matter=errand.matter,
        needs_visit=errand.needs_visit,
        channel=errand.channel,
        occasion=errand.occasion,
        purpose=errand.purpose,
        origin=origin,
        due_on=None if errand.is_carried else errand.by,
    )
