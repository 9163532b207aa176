"""A plan as its page shows it: days, items, targets, plan against fact (article 4). Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from contacts.models import ContactRecord
from contacts.querysets import ContactRecordQuerySet
from customers.models import ServiceStandard
from staff.models import StaffUser
from workplans.models import (
    PlanChange,
    PlanItem,
    PlanRemark,
    PlanStep,
    PlanTarget,
    WorkPlan,
)
from workplans.models.plans import PlanKind
from workplans.rules.days import capacity
from workplans.services.days import work_days
from workplans.services.sizes import sizes_on
from workplans.services.targets import CONTACTS_OF, done_between

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Kind = PlanTarget.Kind
UNPLANNED_SHOWN = 50

KIND_OF_MATTER = {
    PlanItem.Matter.PROFILE.value: Kind.PROFILES.value,
    PlanItem.Matter.OFFER.value: Kind.OFFERS.value,
    PlanItem.Matter.ACTIVITY.value: Kind.ACTIVITIES.value,
}


@dataclass(frozen=True)
class Line:
    """One item with what is said about it. ``changed``: it was changed after the approval."""

    item: PlanItem
    is_done: bool
    remarks: Sequence[PlanRemark] = ()
    changed: bool = False


@dataclass
class Day:
    """One day of a plan: minutes, and the items in their order.

    ``capacity_minutes``: what a draft fills, 0 on a free day. ``hidden``: items of customers whom
    the reader does not see (yet); their minutes count.
    """

    day: date
    is_workday: bool = True
    leave: bool = False
    capacity_minutes: int = 0
    planned_minutes: int = 0
    items: list[Line] = field(default_factory=list)
    hidden: int = 0

    @property
    def done(self) -> int:
        """How many of the items are done."""
        return sum(line.is_done for line in self.items)


@dataclass(frozen=True)
class TargetLine:
    """A target beside what the items plan and what the records say."""

    kind: str
    label: StrOrPromise
    target: int
    planned: int
    fact: int


@dataclass
class PlanSheet:
    """A plan whole. ``unplanned``: the latest of the ``unplanned_count`` contacts beside it."""

    plan: WorkPlan
    days: list[Day]
    targets: list[TargetLine]
    unplanned: list[ContactRecord]
    unplanned_count: int
    changes: list[PlanChange]
    steps: list[PlanStep]
    remarks: list[PlanRemark]

    @property
    def planned(self) -> int:
        """How many items there are."""
        return sum(len(day.items) for day in self.days)

    @property
    def done(self) -> int:
        """How many items are done."""
        return sum(day.done for day in self.days)


def load_plan(user: StaffUser, plan: WorkPlan) -> PlanSheet:
    """Return ``plan``, which ``user`` sees, as its page shows it. A constant number of statements.

    ``days``: all of a week or a month; of a year those with items. ``remarks``: those about the
    plan as a whole; an item's stand with it. Nothing is said of customers ``user`` does not see.
    """
    items = {
        item.pk: item
        for item in PlanItem.objects.visible_to(user)
        .filter(plan=plan)
        .with_done()
        .select_related("customer")
    }
    changes = _changes(plan, items)
    remarks = _remarks(plan, items)
    lines = _lines(items, remarks, {change.item_id for change in changes})
    sizes: Counter[date] = Counter()
    hidden: Counter[date] = Counter()
    planned: Counter[str] = Counter()
    columns = ("pk", "day", "minutes", "customer__tier", "matter", "needs_visit")
    for pk, day, minutes, tier, matter, needs_visit in plan.items.standing().values_list(*columns):
        sizes[day] += minutes
        hidden[day] += pk not in items
        planned.update(_kinds(tier, matter, needs_visit=needs_visit))
    unplanned = _unplanned(user, plan)
    return PlanSheet(
        plan=plan,
        days=_days(plan, lines, sizes, hidden),
        targets=_targets(plan, planned),
        unplanned=list(unplanned.select_related("customer").newest_first()[:UNPLANNED_SHOWN]),
        unplanned_count=unplanned.count(),
        changes=changes,
        steps=list(plan.steps.select_related("actor")),
        remarks=[remark for remark in remarks if remark.item_id is None],
    )


def _changes(plan: WorkPlan, items: Mapping[int, PlanItem]) -> list[PlanChange]:
    """The changes since the approval, of items that are seen."""
    found = []
    for change in plan.changes.select_related("actor"):
        if change.item_id in items:
            change.item = items[change.item_id]
            found.append(change)
    return found


def _remarks(plan: WorkPlan, items: Mapping[int, PlanItem]) -> list[PlanRemark]:
    """What is said of the plan and of the items that are seen."""
    rows = plan.remarks.select_related("author")
    return [one for one in rows if one.item_id is None or one.item_id in items]


def _lines(
    items: Mapping[int, PlanItem], remarks: Iterable[PlanRemark], changed: set[int]
) -> dict[date, list[Line]]:
    said: dict[int | None, list[PlanRemark]] = {}
    for remark in remarks:
        said.setdefault(remark.item_id, []).append(remark)
    found: dict[date, list[Line]] = {}
    for item in items.values():
        if item.cancelled_at is None:
            is_done: bool = getattr(item, "is_done", False)
            line = Line(item, is_done, said.get(item.pk, ()), item.pk in changed)
            found.setdefault(item.day, []).append(line)
    return found


def _days(
    plan: WorkPlan,
    lines: Mapping[date, list[Line]],
    sizes: Mapping[date, int],
    hidden: Mapping[date, int],
) -> list[Day]:
    work = work_days(plan.manager, plan.starts_on, plan.ends_on, with_others=False)
    figures = sizes_on(ServiceStandard.objects.load(), plan.starts_on)
    share = capacity(work.hours, figures.share_percent)
    days = sorted(sizes) if plan.kind == PlanKind.YEAR else plan.period.days
    return [
        Day(
            day=day,
            is_workday=work.is_workday(day),
            leave=work.is_leave(day),
            capacity_minutes=share if work.is_there(day) else 0,
            planned_minutes=sizes.get(day, 0),
            items=lines.get(day, []),
            hidden=hidden.get(day, 0),
        )
        for day in days
    ]


def _kinds(tier: str | None, matter: str, *, needs_visit: bool) -> list[str]:
    """The targets to which an item belongs."""
    found = [CONTACTS_OF[one].value for one in CONTACTS_OF if one == tier]
    found += [Kind.VISITS.value] if needs_visit else []
    found += [KIND_OF_MATTER[matter]] if matter in KIND_OF_MATTER else []
    return found


def _targets(plan: WorkPlan, planned: Mapping[str, int]) -> list[TargetLine]:
    """Every kind with a target, an item or a fact, in order."""
    targets = dict(plan.targets.values_list("kind", "value"))
    facts = done_between(plan.manager_id, plan.starts_on, plan.ends_on)
    lines = [
        TargetLine(
            kind.value,
            kind.label,
            targets.get(kind.value, 0),
            planned.get(kind.value, 0),
            facts.get(kind.value, 0),
        )
        for kind in Kind
    ]
    return [line for line in lines if line.target or line.planned or line.fact]


def _unplanned(user: StaffUser, plan: WorkPlan) -> ContactRecordQuerySet:
    """The counted contacts of the period with customers who are not in the plan."""
    items = plan.items.standing().filter(customer=OuterRef("customer_id"))
    records = ContactRecord.objects.visible_to(user).counted().filter(manager=plan.manager_id)
    return records.since(plan.starts_on).until(plan.ends_on).filter(~Exists(items))
