"""The frozen base of a year, the goals, and how a year stands against them (article 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core import audit, bulk, clock, locks
from customers.models import Customer, ManagerChange, TierChange
from retention.models import (
    ChurnBaseCount,
    ChurnBaseMember,
    ChurnBaseYear,
    ChurnGoal,
    Departure,
    TierGroup,
)
from retention.querysets import (
    ChurnBaseCountQuerySet,
    ChurnBaseMemberQuerySet,
    DepartureQuerySet,
)
from retention.rules.churn import (
    TIERS_OF_GROUP,
    GoalRow,
    Standing,
    first_day,
    goal_percent,
    last_day,
)
from staff.models import StaffUser, Unit

IN_TIME_DAYS = 7
"""A base frozen later in January than this is one that was rebuilt."""

# --- The frozen base ---------------------------------------------------------------------------


@transaction.atomic
def freeze_base(*, year: int, actor: StaffUser | None = None) -> ChurnBaseYear:
    """Freeze who was VIP at the start of 1 January of ``year``, with tier, unit and manager.

    From the dated histories, in the local dates of each customer's unit; three statements however
    many customers. Later than the first week of January it is labelled as rebuilt. A second call,
    also by another worker at the same time, changes nothing. Raises ValidationError while
    1 January has not begun in every unit.
    """
    locks.hold(f"retention.base.{year}")
    frozen = ChurnBaseYear.objects.filter(pk=year).first()
    if frozen is not None:
        return frozen
    start = first_day(year)
    today = _earliest_today()
    if today < start:
        raise ValidationError(_("That year has not begun."))
    late = (today - start).days >= IN_TIME_DAYS
    base = ChurnBaseYear(year=year, frozen_by=actor, is_rebuilt=late, members=None)
    base.save(force_insert=True)
    base.members = bulk.insert_from_select(
        ChurnBaseMember, ["base", "customer", "tier", "unit", "manager"], _members_on(start, year)
    )
    counted = (
        ChurnBaseMember.objects.filter(base=year)
        .order_by()
        .values_list("base_id", "unit_id", "manager_id", "tier")
        .annotate(count=Count("pk"))
    )
    bulk.insert_from_select(
        ChurnBaseCount, ["base", "unit", "manager", "tier", "customers"], counted
    )
    base.save(update_fields=["members"])
    audit.record(
        actor=actor,
        verb="base.frozen",
        obj=base,
        changes={"customers": [None, base.members], "is_rebuilt": [None, late]},
    )
    return base


def freeze_base_of_the_year() -> ChurnBaseYear | None:
    """Freeze the base of a year that has just begun in every unit; None where nothing is to do.

    For a job each hour: it freezes within the first week and only where the product was in use
    before; a base is rebuilt by people, once roster and departures are in. Safe to run twice and
    side by side.
    """
    today = _earliest_today()
    if (today - first_day(today.year)).days >= IN_TIME_DAYS:
        return None
    if ChurnBaseYear.objects.filter(pk=today.year).exists():
        return None
    began = clock.start_of_day(first_day(today.year))
    if not Customer.objects.filter(created_at__lt=began).exists():
        return None
    return freeze_base(year=today.year)


def _earliest_today() -> date:
    """Return the date where it is earliest: once 1 January has begun there, it has everywhere."""
    zones = Unit.objects.order_by().values_list("time_zone", flat=True).distinct()
    return min((clock.today(zone) for zone in zones), default=clock.today())


def _members_on(start: date, year: int) -> Any:
    """The customers who were VIP at the start of ``start``, as ``retention.rules.in_base`` says.

    A customer without a change by then had the first tier, manager and unit there is.
    """
    away = Departure.objects.standing().filter(customer=OuterRef("pk"), left_on__lt=start)
    away = away.filter(Q(returned_on__isnull=True) | Q(returned_on__gt=start))
    tiers = TierChange.objects.filter(customer=OuterRef("pk"))
    managers = ManagerChange.objects.filter(customer=OuterRef("pk"))

    def as_of(changes: Any, column: str) -> Coalesce:
        latest = changes.filter(effective_on__lte=start).order_by("-effective_on", "-pk")
        first = changes.order_by("effective_on", "pk")
        return Coalesce(Subquery(latest.values(column)[:1]), Subquery(first.values(column)[:1]))

    change = ManagerChange.objects.filter(pk=OuterRef("change"))
    key = BigIntegerField()
    return (
        # Who is gone since before that day was gone on it: a return would have cleared the day.
        Customer.objects.filter(Q(left_on__isnull=True) | Q(left_on__gte=start))
        .filter(~Exists(away), vip_since__lte=start)
        .alias(change=as_of(managers, "pk"))
        .order_by()
        .values_list(
            Value(year),
            F("pk"),
            Coalesce(as_of(tiers, "tier"), F("tier")),
            Coalesce(Subquery(change.values("unit_id")[:1]), F("unit_id"), output_field=key),
            Case(
                When(change__isnull=False, then=Subquery(change.values("manager_id")[:1])),
                default=F("manager_id"),
                output_field=key,
            ),
        )
    )


# --- Goals -------------------------------------------------------------------------------------


@transaction.atomic
def set_goal(
    *,
    actor: StaffUser,
    from_year: int,
    tier_group: TierGroup,
    percent: Decimal,
    unit: Unit | None = None,
) -> ChurnGoal:
    """Set the goal of the company or a unit from a year on, until a later row.

    Raises ValidationError for a year that is over, or a percent out of range. Safe to run twice.
    """
    if from_year < clock.today().year:
        raise ValidationError({"from_year": _("That year is over; its goal stays.")})
    locks.hold("retention.goals")
    known = ChurnGoal.objects.filter(from_year=from_year, tier_group=tier_group, unit=unit).first()
    goal = known or ChurnGoal(from_year=from_year, tier_group=tier_group, unit=unit)
    before = goal.percent if known else None
    if before == percent:
        return goal
    goal.percent, goal.set_by, goal.set_at = percent, actor, clock.now()
    goal.full_clean(validate_unique=False, validate_constraints=False)
    goal.save()
    audit.record(
        actor=actor,
        verb="goal.set",
        obj=goal,
        changes={
            "from_year": [None if known is None else from_year, from_year],
            "tier_group": [None if known is None else tier_group, tier_group],
            "unit_id": [None if known is None else goal.unit_id, goal.unit_id],
            "percent": [before, percent],
        },
    )
    return goal


def load_goals() -> list[GoalRow]:
    """Return all goals as plain values. One statement, some dozens of rows."""
    rows = ChurnGoal.objects.values_list("from_year", "tier_group", "percent", "unit__path")
    return [GoalRow(year, group, percent, path or "") for year, group, percent, path in rows]


# --- Where the year stands ---------------------------------------------------------------------

Cell = tuple[int, int | None, str]
"""Unit, manager and tier of 1 January."""


@dataclass(frozen=True)
class Tally:
    """Customers of a base and those lost of them, by unit, manager and tier of 1 January."""

    year: int
    as_of: date
    is_rebuilt: bool = False
    base: Mapping[Cell, int] = field(default_factory=dict)
    lost: Mapping[Cell, int] = field(default_factory=dict)
    goals: Sequence[GoalRow] = ()

    def standing(self, group: str, path: str, cells: Iterable[Cell] | None = None) -> Standing:
        """Return where ``cells`` (all without them) stand against the goal of the unit ``path``."""
        return self.standing_against(
            goal_percent(self.goals, self.year, group, path),
            group,
            self.base if cells is None else cells,
        )

    def standing_against(
        self, percent: Decimal | None, group: str, cells: Iterable[Cell]
    ) -> Standing:
        """Return where those of ``cells`` that are of ``group`` stand against ``percent``."""
        tiers = TIERS_OF_GROUP[group]
        wanted = [cell for cell in cells if cell[2] in tiers]
        return Standing(
            year=self.year,
            as_of=self.as_of,
            base=sum(self.base.get(cell, 0) for cell in wanted),
            lost=sum(self.lost.get(cell, 0) for cell in wanted),
            percent=percent,
        )


def tally(
    *,
    year: int,
    as_of: date,
    members: ChurnBaseMemberQuerySet,
    counts: ChurnBaseCountQuerySet,
) -> Tally:
    """Return base and losses of ``year``, known on ``as_of``, of those a person may see.

    ``members`` and ``counts``: what is visible, narrowed to a unit where one is asked for. Three
    statements; the base itself is not read, only its sizes and the losses.
    """
    sizes = counts.filter(base=year).order_by()
    base: Counter[Cell] = Counter()
    rebuilt: set[bool] = set()
    for unit, manager, tier, number, flag in sizes.values_list(
        "unit_id", "manager_id", "tier", "customers", "base__is_rebuilt"
    ):
        base[unit, manager, tier] += number
        rebuilt.add(flag)
    return Tally(
        year=year,
        as_of=as_of,
        is_rebuilt=True in rebuilt,
        base=base,
        lost=_lost(year, as_of, members) if base else {},
        goals=load_goals(),
    )


def lost_members(
    year: int, as_of: date, members: ChurnBaseMemberQuerySet
) -> ChurnBaseMemberQuerySet:
    """Return the members of the base of ``year`` who left in it, as far as is known."""
    until = min(last_day(year), as_of)
    span = (first_day(year), until)
    gone = Departure.objects.counted().filter(left_on__range=span)
    return members.filter(base=year, customer__in=gone.values("customer"))


def _lost(year: int, as_of: date, members: ChurnBaseMemberQuerySet) -> dict[Cell, int]:
    rows = (
        lost_members(year, as_of, members)
        .order_by()
        .values_list("unit_id", "manager_id", "tier")
        .annotate(count=Count("pk"))
    )
    return {(unit, manager, tier): count for unit, manager, tier, count in rows}


def lost_by_day(
    *, year: int, as_of: date, members: ChurnBaseMemberQuerySet, group: str
) -> dict[date, int]:
    """Return the losses of ``year`` by day: each customer's first departure. One statement."""
    ours = members.filter(base=year).of_tiers(TIERS_OF_GROUP[group])
    losses = Departure.objects.all().losses_of(year, as_of).of_members(ours)
    rows = losses.order_by().values_list("left_on").annotate(count=Count("pk"))
    return dict(rows)


def losses_from_base(
    *, year: int, as_of: date, members: ChurnBaseMemberQuerySet
) -> DepartureQuerySet:
    """Return the departures behind a goal's figure: one for each of ``members`` lost.

    The members are what a person may see; a departure itself may lie outside of it, where the
    customer had changed manager or unit before leaving.
    """
    ours = members.filter(base=year)
    return Departure.objects.all().losses_of(year, as_of).of_members(ours)
