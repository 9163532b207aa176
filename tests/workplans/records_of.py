"""Contact records as plain rows: many at once, without the services' work for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contacts.models import ContactRecord
from core import clock
from customers.models import Customer
from staff.models import StaffUser


def a_record(
    person: StaffUser, customer: Customer, at: datetime, minutes: int | None = None, **fields: Any
) -> ContactRecord:
    """Return an unsaved call that reached the customer, entered at once."""
    given = {
        "customer": customer,
        "manager": person,
        "unit": customer.unit,
        "recorded_by": person,
        "recorded_as": "manager",
        "channel": "phone",
        "outcome": "reached",
        "happened_at": at,
        "happened_on": clock.local_date(at, customer.unit.time_zone),
        "recorded_at": at,
        "updated_at": clock.now(),
        "duration_seconds": None if minutes is None else minutes * 60,
        "is_counted": True,
        **fields,
    }
    return ContactRecord(**given)


def save(records: Sequence[ContactRecord]) -> list[ContactRecord]:
    """Save records in one statement."""
    return ContactRecord.objects.bulk_create(records)
