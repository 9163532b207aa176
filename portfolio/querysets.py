"""Questions that span the apps: the board's figures, counted where the rows are."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypedDict, cast

from django.db.models import Count, Q

from contacts.querysets import CadenceFlagQuerySet
from customers.models import Tier
from customers.querysets import CustomerQuerySet


class FigureRow(TypedDict):
    """The figures of the customers of one unit who have one manager (None: the pool)."""

    unit_id: int
    manager_id: int | None
    active: int
    contacted: int
    soon: int
    overdue_diamond: int
    overdue_gold: int
    overdue_silver: int
    exempt: int
    visits_overdue: int


def board_figures(customers: CustomerQuerySet, today: date, soon_days: int) -> list[FigureRow]:
    """Return the figures of ``customers`` by unit and manager. One statement.

    Each is counted as the customer list filters it, so that its link holds exactly those.
    """
    not_exempt = Q(contact_exempt_until__isnull=True) | Q(contact_exempt_until__lt=today)
    not_excused = Q(visit_exempt_until__isnull=True) | Q(visit_exempt_until__lt=today)
    overdue = Q(contact_due_on__lt=today) & not_exempt
    soon = Q(contact_due_on__range=(today, today + timedelta(days=soon_days))) & not_exempt
    rows: Any = (
        customers.active()
        .order_by()
        .values("unit_id", "manager_id")
        .annotate(
            active=Count("pk"),
            contacted=Count("pk", filter=Q(last_contact_on__gte=today.replace(day=1))),
            soon=Count("pk", filter=soon),
            overdue_diamond=Count("pk", filter=overdue & Q(tier=Tier.DIAMOND)),
            overdue_gold=Count("pk", filter=overdue & Q(tier=Tier.GOLD)),
            overdue_silver=Count("pk", filter=overdue & Q(tier=Tier.SILVER)),
            exempt=Count("pk", filter=Q(contact_exempt_until__gte=today)),
            visits_overdue=Count("pk", filter=Q(visit_due_on__lt=today) & not_excused),
        )
    )
    return cast("list[FigureRow]", list(rows))


def escalated_flags(flags: CadenceFlagQuerySet) -> dict[tuple[int, int | None], int]:
    """Return how many of ``flags`` are open and escalated, by unit and manager. One statement."""
    rows = (
        flags.escalated()
        .order_by()
        .values_list("customer__unit_id", "customer__manager_id")
        .annotate(count=Count("pk"))
    )
    return {(unit, manager): count for unit, manager, count in rows}
