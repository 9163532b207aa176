"""What a merge of two customers does with usage, risk, warnings, cases and departures."""

from __future__ import annotations

from django.db import transaction

from core import clock
from customers.models import Customer
from customers.services.merging import Belonging, Fate
from retention.models import (
    ChurnBaseMember,
    ChurnEvent,
    ChurnWarning,
    Departure,
    RetentionCase,
    RiskScore,
    RiskState,
    UsageSnapshot,
)
from retention.services.usage import mark_stale
from staff.models import StaffUser

BELONGINGS = (
    Belonging(UsageSnapshot, Fate.MOVES_UNLESS_THERE, same=("month",)),
    Belonging(ChurnEvent, Fate.MOVES),
    # Scores were of what the row itself knew then; a frozen base never changes.
    Belonging(RiskScore, Fate.OWN),
    Belonging(RiskState, Fate.OWN),
    Belonging(ChurnWarning, Fate.MOVES, told=True),
    Belonging(RetentionCase, Fate.MOVES, told=True),
    Belonging(Departure, Fate.MOVES_UNLESS_THERE, same=("kind", "left_on"), told=True),
    Belonging(ChurnBaseMember, Fate.OWN),
)


@transaction.atomic(savepoint=False)
def settle_clashes(*, actor: StaffUser, survivor: Customer, absorbed: Customer) -> None:
    """Close of the absorbed row what only one can be open of; judge the survivor's risk anew.

    A warning is closed as merged, a case as opened by mistake, where the survivor has one. The
    caller has locked both; its change carries the audit entry. Safe to run twice.
    """
    now = clock.now()
    if ChurnWarning.objects.open().filter(customer=survivor).exists():
        ChurnWarning.objects.open().filter(customer=absorbed).update(
            closed_at=now, closed_by=actor, result=ChurnWarning.Result.MERGED
        )
    if RetentionCase.objects.open().filter(customer=survivor).exists():
        RetentionCase.objects.open().filter(customer=absorbed).update(
            state=RetentionCase.State.WITHDRAWN, decided_at=now, decided_by=actor
        )
    mark_stale([survivor.pk])
