"""Test data of warnings and cases, made the way the product makes it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from core import clock
from customers.models import Customer
from retention.models import (
    ChurnEvent,
    ChurnWarning,
    Measure,
    RetentionCase,
    SignalVersion,
)
from retention.models.cases import LeavingReason
from retention.services.cases import CaseRequest, open_case
from retention.services.warnings import Opening, Why, open_warning
from staff.models import StaffUser


def asks_to_leave(actor: StaffUser, customer: Customer, **said: Any) -> RetentionCase:
    """Open a case as the manager does."""
    request = CaseRequest(**{"reason": LeavingReason.PRICE, **said})
    return open_case(actor=actor, customer=customer, request=request)


def a_measure(code: str = "gift", **fields: Any) -> Measure:
    """Add a measure for everybody: a manager grants 100, the unit's supervisor 300."""
    given = {
        "kind": Measure.Kind.MARKETING,
        "name_en": f"Measure {code}",
        "name_zh": "测试措施",
        "value": Decimal(50),
        "manager_limit": Decimal(100),
        "supervisor_limit": Decimal(300),
        **fields,
    }
    measure = Measure(code=code, **given)
    measure.full_clean()
    measure.save()
    return measure


def warn(customer: Customer, *, is_hard: bool = False, at: datetime | None = None) -> ChurnWarning:
    """Open a warning: of an event where it is hard, else of two signals with 25 and 20 points."""
    if is_hard:
        event = ChurnEvent.objects.create(
            customer=customer,
            kind=ChurnEvent.Kind.PORTABILITY_QUERY,
            happened_at=at or clock.now(),
            judged_at=clock.now(),
        )
        reasons = [Why(event=event.pk)]
    else:
        first, second = SignalVersion.objects.order_by("pk")[:2]
        reasons = [
            Why(version=first.pk, points=20, value=Decimal(-40)),
            Why(version=second.pk, points=25, value=Decimal(-50)),
        ]
    opening = Opening(
        customer=customer.pk,
        reasons=reasons,
        is_hard=is_hard,
        score=0 if is_hard else 45,
        line=40,
    )
    warning = open_warning(actor=None, opening=opening, at=at)
    assert warning is not None
    return warning
