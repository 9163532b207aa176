"""Usage as tests of the risk score want it: some months of one customer."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from customers.models import Customer
from customers.rules import add_months
from retention.models import RiskState, UsageSnapshot
from retention.models.usage import Source
from staff.models import StaffUser, Unit
from tests.pages import NOW

LAST_MONTH = date(2026, 10, 1)

ORDINARY: dict[str, Any] = {
    "bill": Decimal("300.00"),
    "voice_minutes": 500,
    "data_mb": 20_000,
    "sms_count": 20,
    "roaming_days": 0,
    "balance": Decimal("50.00"),
    "days_without_use": 0,
    "plan": "全球通 388",
    "contract_end": date(2028, 6, 30),
    "suspensions": 0,
    "care_calls": 0,
}
"""A month of somebody who stays."""


def unit_of(person: StaffUser) -> Unit:
    """The person's unit, which a manager has."""
    assert person.unit is not None
    return person.unit


def use(customer: Customer, month: date = LAST_MONTH, **figures: Any) -> UsageSnapshot:
    """Keep one month of usage and mark the score as out of date, as taking it in does."""
    row = {"source": Source.API, **ORDINARY, **figures}
    row.setdefault("received_at", datetime.combine(add_months(month, 1), NOW.timetz()))
    snapshot, _made = UsageSnapshot.objects.update_or_create(
        customer=customer, month=month, defaults=row
    )
    RiskState.objects.update_or_create(customer=customer, defaults={"is_stale": True})
    return snapshot


def use_for_months(customer: Customer, months: int = 4, **last: Any) -> None:
    """Keep ordinary months, the last one with the figures of ``last``."""
    for back in range(months - 1, 0, -1):
        use(customer, add_months(LAST_MONTH, -back))
    use(customer, LAST_MONTH, **last)


LEAVING: dict[str, Any] = {
    "voice_minutes": 100,
    "data_mb": 3_000,
    "bill": Decimal("90.00"),
    "days_without_use": 18,
    "contract_end": date(2026, 12, 20),
}
"""A last month that is far above the line: use 40 points, contract 16."""
