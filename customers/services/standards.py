"""Changes to the service standard."""

from __future__ import annotations

from django.db import transaction

from core import audit, outbox
from customers.models import ServiceStandard
from staff.models import StaffUser


@transaction.atomic
def set_standard(*, actor: StaffUser | None, row: ServiceStandard) -> ServiceStandard:
    """Add a dated figure. The clocks follow in the background: of a later day when it begins.

    Raises ValidationError for what the model refuses. Not safe twice: the day is taken then.
    """
    row.full_clean()
    row.save(force_insert=True)
    audit.record(
        actor=actor,
        verb="standard.set",
        obj=row,
        changes={
            "figure": [None, row.figure],
            "tier": [None, row.tier],
            "effective_from": [None, row.effective_from],
            "value": [None, row.value],
        },
    )
    outbox.enqueue("customers.tasks.apply_standards")
    return row
