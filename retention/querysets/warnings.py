"""Questions about churn warnings."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

from customers.querysets import OfCustomerQuerySet, customers_in
from staff.querysets import ScopedQuerySet
from staff.rules import Scope

if TYPE_CHECKING:
    from retention.models import ChurnWarning  # noqa: F401

M = TypeVar("M", bound=models.Model)


class ChurnWarningQuerySet(OfCustomerQuerySet["ChurnWarning"]):
    """The churn warnings."""

    def open(self) -> Self:
        """Return the warnings that still want following up."""
        return self.filter(closed_at=None)

    def to_escalate(self, now: datetime) -> Self:
        """Return the open ones that were not followed up in time and are not escalated yet."""
        return self.open().filter(contacted_at=None, escalated_at=None, follow_up_due_at__lt=now)


class OfWarningQuerySet(ScopedQuerySet[M]):
    """Rows of one warning, seen by whoever sees its customer."""

    def in_scope(self, scope: Scope) -> Self:
        """The rows of the warnings of customers of ``scope``."""
        return self.filter(customers_in(scope, "warning__customer__"))
