"""The stored clocks of open complaints held against what was promised at the registration."""

from __future__ import annotations

from django.db import transaction

from complaints.models import Complaint
from complaints.services.writing import clocks_from_steps, columns_of, locked, settle
from core import audit


def settle_open() -> int:
    """Put the clocks of open complaints right that are not what was promised; return how many.

    For when a release has changed how they are told. Each is a transaction of its own. Safe to
    run twice and side by side.
    """
    ids = list(Complaint.objects.open().order_by("pk").values_list("pk", flat=True))
    return sum(_settle(pk) for pk in ids)


@transaction.atomic
def _settle(pk: int) -> int:
    complaint = locked(Complaint.objects.get(pk=pk))
    told = columns_of(clocks_from_steps(complaint))
    changes = audit.difference({name: getattr(complaint, name) for name in told}, told)
    if not changes:
        return 0
    settle(complaint)
    audit.record(
        actor=None,
        verb="complaint.moved",
        obj=complaint,
        changes={name: changes[name] for name in changes if name.endswith("due_at")},
        customer_id=complaint.customer_id,
    )
    return 1
