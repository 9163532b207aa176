"""Questions about service requests."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from customers.querysets import OfCustomerQuerySet

if TYPE_CHECKING:
    from complaints.models import ServiceRequest  # noqa: F401  (type parameter)


class ServiceRequestQuerySet(OfCustomerQuerySet["ServiceRequest"]):
    """What was promised to customers."""

    def open(self) -> Self:
        """Return the promises that are not kept to their end: done, and the customer told."""
        return self.filter(state__in=["open", "done"])

    def overdue(self, now: datetime) -> Self:
        """Return the open ones whose time has come."""
        return self.open().filter(due_at__lt=now)

    def most_pressing_first(self) -> Self:
        """Return them by when they are due."""
        return self.order_by("due_at", "pk")
