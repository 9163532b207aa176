"""What a plan's targets could be, and what was done of them (article 4). Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import ExtractMonth

from contacts.models import ContactRecord, Occasion
from contacts.rules import FACE_TO_FACE_CHANNELS
from core import clock
from customers.models import Channel, Customer, FactConfirmation, ServiceStandard, Tier
from customers.rules import Figure
from staff.models import StaffUser
from workplans.models import PlanTarget, WorkPlan
from workplans.models.plans import PlanKind
from workplans.rules.calendar import Period, period_of
from workplans.rules.calendar import PlanKind as KindCode
from workplans.rules.targets import contacts_needed, profiles_needed, roll_down
from workplans.services.days import work_days

Kind = PlanTarget.Kind
Targets = dict[str, int]

CONTACTS_OF = {
    Tier.DIAMOND: Kind.CONTACTS_DIAMOND,
    Tier.GOLD: Kind.CONTACTS_GOLD,
    Tier.SILVER: Kind.CONTACTS_SILVER,
}
OFFER_OCCASIONS = (Occasion.CAMPAIGN, Occasion.TARIFF_PROMOTION, Occasion.BRAND_PROMOTION)
MONTHS = 12


def suggest_targets(plan: WorkPlan) -> Targets:
    """Return targets by kind, rolled down from the plan above by working days and what is done.

    A year's come from the cadence: population × intervals. A month's are its part of the year's,
    a week's its parts of the months'; where there is no plan above, its share of what the cadence
    asks. A bounded number of statements.
    """
    manager = plan.manager
    if plan.kind == PlanKind.YEAR:
        return needed_in(manager, MONTHS)
    if plan.kind == PlanKind.MONTH:
        return _of_month(manager, plan.period)
    total: Counter[str] = Counter()
    for first, last in _parts_by_month(plan.period):
        month = period_of(KindCode.MONTH, first)
        whole = _targets_of(manager, month)
        if whole:
            total.update(_part_of(manager, whole, month, first, last))
        else:
            # Nobody promised the month: what it lacks does not fall to its last week.
            total.update(_share_of(manager, _of_month(manager, month), month, first, last))
    return dict(total)


def needed_in(manager: StaffUser, months: int) -> Targets:
    """Return what the cadence of articles 8 and 9 asks of ``manager`` in ``months``.

    Two statements.
    """
    standards = ServiceStandard.objects.load()
    today = clock.today(manager.time_zone)
    served = Customer.objects.active().filter(manager=manager).order_by().values_list("tier")
    rows: Any = served.annotate(n=Count("pk"), key=Count("pk", filter=Q(is_key=True)))
    found: Counter[str] = Counter()
    people = 0
    for tier, number, key in rows:
        every = standards.value(Figure.CONTACT_INTERVAL_MONTHS, today, tier)
        needed = contacts_needed(number, months=months, interval_months=every)
        found[CONTACTS_OF[Tier(tier)].value] += needed
        every = standards.value(Figure.VISIT_INTERVAL_MONTHS, today, tier)
        found[Kind.VISITS.value] += contacts_needed(key, months=months, interval_months=every)
        people += number
    stale_days = standards.value(Figure.STALE_FACT_DAYS, today)
    found[Kind.PROFILES.value] = profiles_needed(people, months=months, stale_days=stale_days)
    return dict(found)


def done_between(manager_id: int, first: date, last: date) -> Targets:
    """Return what was done of each kind from ``first`` to ``last``. Two statements.

    A customer counts once a month: calling one of them five times is no five contacts. Profiles:
    customers of whom a fact was confirmed.
    """
    records = ContactRecord.objects.counted().filter(manager=manager_id).since(first).until(last)
    once = F("customer_id") * 100 + ExtractMonth("happened_on")
    visits = Q(channel__in=FACE_TO_FACE_CHANNELS, customer__is_key=True)
    asked = {kind.value: Q(customer__tier=tier) for tier, kind in CONTACTS_OF.items()} | {
        Kind.VISITS.value: visits,
        Kind.OFFERS.value: Q(occasion__in=OFFER_OCCASIONS),
        Kind.ACTIVITIES.value: Q(channel=Channel.ACTIVITY),
    }
    counts = {kind: Count(once, filter=which, distinct=True) for kind, which in asked.items()}
    found: Targets = records.aggregate(**counts)
    profiles = FactConfirmation.objects.filter(
        customer__manager=manager_id, confirmed_on__range=(first, last)
    )
    found[Kind.PROFILES.value] = profiles.aggregate(n=Count("customer", distinct=True))["n"]
    return found


def _of_month(manager: StaffUser, month: Period) -> Targets:
    """A month's part of the year's plan, or what the cadence asks of it."""
    year = period_of(KindCode.YEAR, month.starts_on)
    whole = _targets_of(manager, year)
    if not whole:
        return needed_in(manager, 1)
    return _part_of(manager, whole, year, month.starts_on, month.ends_on)


def _part_of(
    manager: StaffUser, whole: Mapping[str, int], above: Period, first: date, last: date
) -> Targets:
    """The part from ``first`` to ``last`` of the targets of the period ``above``."""
    done: Targets = {}
    if first > above.starts_on:
        done = done_between(manager.pk, above.starts_on, first - timedelta(days=1))
    days = work_days(manager, first, above.ends_on, with_others=False)
    part, left = len(days.there(first, last)), len(days.there(first, above.ends_on))
    return {
        kind: roll_down(target, done.get(kind, 0), part, left) for kind, target in whole.items()
    }


def _share_of(
    manager: StaffUser, whole: Mapping[str, int], above: Period, first: date, last: date
) -> Targets:
    """The share by working days from ``first`` to ``last``, whatever was done. Four statements."""
    days = work_days(manager, above.starts_on, above.ends_on, with_others=False)
    part, every = len(days.there(first, last)), len(days.there(above.starts_on, above.ends_on))
    return {kind: roll_down(target, 0, part, every) for kind, target in whole.items()}


def _targets_of(manager: StaffUser, period: Period) -> Targets:
    """The targets of the manager's plan of ``period``; none where there is none. One statement."""
    rows = PlanTarget.objects.filter(
        plan__manager=manager, plan__kind=period.kind.value, plan__starts_on=period.starts_on
    )
    return dict(rows.values_list("kind", "value"))


def _parts_by_month(week: Period) -> Iterator[tuple[date, date]]:
    """The days of a week that are in one month, and those in the next where it has any."""
    first_month = period_of(KindCode.MONTH, week.starts_on)
    yield week.starts_on, min(week.ends_on, first_month.ends_on)
    if week.ends_on > first_month.ends_on:
        yield first_month.ends_on + timedelta(days=1), week.ends_on
