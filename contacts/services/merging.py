"""What a merge of two customers does with contacts, flags, exemptions, snoozes and calls."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef

from contacts.models import (
    CadenceFlag,
    CallEvent,
    ContactRecord,
    Exemption,
    MissedCall,
    Snooze,
)
from core import clock
from customers.models import Customer
from customers.services.merging import Belonging, Fate
from staff.models import StaffUser

BELONGINGS = (
    Belonging(ContactRecord, Fate.MOVES, told=True),
    Belonging(CadenceFlag, Fate.MOVES),
    Belonging(Exemption, Fate.MOVES),
    Belonging(Snooze, Fate.MOVES_UNLESS_THERE, same=("subject",)),
    Belonging(CallEvent, Fate.MOVES, told=True),
    Belonging(MissedCall, Fate.MOVES, told=True),
)


@transaction.atomic(savepoint=False)
def settle_clashes(*, actor: StaffUser, survivor: Customer, absorbed: Customer) -> None:
    """Close of the absorbed row what only one can be open of, so that all can move.

    A flag is closed as merged where the survivor has one of that cadence; a request for an
    exemption is withdrawn where the survivor has asked too; of two open missed calls the
    survivor's goes on. The caller has locked both; its
    change carries the audit entry. Safe to run twice.
    """
    now = clock.now()
    flags = CadenceFlag.objects.open().filter(customer=survivor, cadence=OuterRef("cadence"))
    CadenceFlag.objects.open().filter(Exists(flags), customer=absorbed).update(
        closed_at=now, close_reason=CadenceFlag.CloseReason.MERGED
    )
    asked = Exemption.objects.waiting().filter(customer=survivor, cadence=OuterRef("cadence"))
    Exemption.objects.waiting().filter(Exists(asked), customer=absorbed).update(
        state=Exemption.State.WITHDRAWN, decided_by=actor, decided_at=now
    )
    waits = MissedCall.objects.open().filter(customer=survivor)
    MissedCall.objects.open().filter(Exists(waits), customer=absorbed).update(
        closed_at=now, close_reason=MissedCall.CloseReason.MERGED
    )
