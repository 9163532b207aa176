"""What is good to know of a customer who may leave, before one speaks with them. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from customers.models import Customer, ServiceStandard
from customers.rules import FactGroup, Figure
from customers.services.profile import Fact, facts_of
from retention.models import RiskScore, RiskState, UsageSnapshot
from retention.models.usage import Source
from staff.models import StaffUser

TREND_DAYS = 365


@dataclass(frozen=True)
class Picture:
    """Bill, plan and contract of a customer, the likings, and the ways not to be used.

    ``monthly_bill``, ``plan`` and ``contract_end`` are the latest known ones. ``contract_days``:
    until the contract ends, negative where it is over.
    """

    monthly_bill: Decimal | None
    plan: str
    contract_end: date | None
    contract_days: int | None
    likings: Sequence[Fact]
    opted_out: Sequence[str]
    is_simulated: bool


@dataclass(frozen=True)
class Risk:
    """Where a customer stands: the present score, and those of the year, the oldest first."""

    score: int
    current: RiskScore | None
    scored_on: date | None
    trend: Sequence[tuple[date, int]]
    is_simulated: bool


def picture_of(user: StaffUser, customer: Customer, today: date) -> Picture:
    """Return what ``user``, who sees ``customer``, should know. At most eleven statements."""
    stale_days = ServiceStandard.objects.load().value(Figure.STALE_FACT_DAYS, today)
    facts = facts_of(customer, today=today, stale_days=stale_days).groups
    state = RiskState.objects.visible_to(user).filter(customer=customer).first()
    rows = UsageSnapshot.objects.visible_to(user).filter(customer=customer)
    latest = rows.order_by("-month").first()
    bill = state.monthly_bill if state is not None else None
    if bill is None and latest is not None:
        bill = latest.bill
    end = latest.contract_end if latest is not None else None
    return Picture(
        monthly_bill=bill,
        plan=latest.plan if latest is not None else "",
        contract_end=end,
        contract_days=(end - today).days if end is not None else None,
        likings=[fact for fact in facts[FactGroup.LIKINGS.value] if fact.is_known],
        opted_out=[str(row.get_channel_display()) for row in customer.opt_outs.all()],
        is_simulated=latest is not None and latest.source == Source.SIMULATED,
    )


def risk_of(user: StaffUser, customer: Customer, today: date) -> Risk | None:
    """Return the risk of ``customer`` and its year; None where nothing was scored. Two statements.

    The year begins with the score that held on its first day.
    """
    states = RiskState.objects.visible_to(user).filter(customer=customer)
    state = states.select_related("current").first()
    if state is None or state.scored_at is None:
        return None
    first = today - timedelta(days=TREND_DAYS)
    scores = RiskScore.objects.visible_to(user).filter(customer=customer, scored_on__lte=today)
    rows = list(scores.order_by("-scored_on").values_list("scored_on", "score")[: TREND_DAYS + 1])
    trend = [(max(day, first), score) for day, score in _since(rows, first)]
    current = state.current
    return Risk(
        score=state.score,
        current=current,
        scored_on=current.scored_on if current is not None else None,
        trend=trend,
        is_simulated=current is not None and current.is_simulated,
    )


def _since(rows: Sequence[tuple[date, int]], first: date) -> list[tuple[date, int]]:
    """The rows (newest first) from ``first`` on with the one before it, the oldest first."""
    kept: list[tuple[date, int]] = []
    for day, score in rows:
        kept.append((day, score))
        if day <= first:
            break
    return kept[::-1]
