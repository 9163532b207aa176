"""Customers who left, for tests."""

from __future__ import annotations

from datetime import date

from customers.models import Customer
from retention.models import Departure, DepartureCause, DepartureReview, Source
from retention.services.departures import (
    DepartureRow,
    ReviewRow,
    report_departure,
    review_departure,
)
from staff.models import StaffUser, Unit


def home(person: StaffUser) -> Unit:
    """Return the unit of somebody who has one."""
    assert person.unit is not None
    return person.unit


def leave(
    customer: Customer,
    kind: Departure.Kind,
    on: date,
    *,
    actor: StaffUser | None = None,
    competitor: str = "",
) -> Departure:
    """Return the departure of ``customer``."""
    return report_departure(
        actor=actor,
        customer=customer,
        departure=DepartureRow(kind, on, competitor=competitor),
        source=Source.MANUAL,
    )


def reviewed(
    departure: Departure,
    actor: StaffUser,
    code: str = "price-plan",
    lesson: str = "更早联系客户",
) -> DepartureReview:
    """Return the review of ``departure``."""
    return review_departure(
        actor=actor,
        departure=departure,
        review=ReviewRow(
            cause=DepartureCause.objects.get(code=code),
            foreseeable=DepartureReview.Foreseeable.NO,
            lesson=lesson,
        ),
    )
