"""What tests of handovers share: making one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from customers.models import Customer
from portfolio.models import Reassignment
from portfolio.services.reassignment import reassign
from staff.models import StaffUser
from tests.pages import TODAY


def hand_over(
    actor: StaffUser,
    customers: Sequence[Customer],
    manager: StaffUser,
    effective_on: date = TODAY,
    **said: Any,
) -> Reassignment:
    """Hand ``customers`` over to ``manager`` as the page does."""
    return reassign(
        actor=actor,
        customers=[customer.pk for customer in customers],
        manager=manager,
        effective_on=effective_on,
        **{"submission_key": uuid4(), **said},
    )
