"""Questions about usage snapshots and churn events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from customers.querysets import OfCustomerQuerySet

if TYPE_CHECKING:
    from retention.models import ChurnEvent, UsageSnapshot  # noqa: F401


class UsageSnapshotQuerySet(OfCustomerQuerySet["UsageSnapshot"]):
    """The monthly usage of customers."""


class ChurnEventQuerySet(OfCustomerQuerySet["ChurnEvent"]):
    """The events that cannot wait."""

    def to_judge(self) -> Self:
        """Return the events that no warning has taken up yet."""
        return self.filter(judged_at=None)
