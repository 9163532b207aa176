"""Questions about service requests."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Count, Q

from customers.querysets import OfCustomerQuerySet
from staff.querysets import scope_of

if TYPE_CHECKING:
    from complaints.models import ServiceRequest  # noqa: F401  (type parameter)
    from staff.querysets import Viewer

OPEN_STATES = ("open", "done")


def late(now: datetime) -> Q:
    """Return the condition on a promise that it is not done and its time is over."""
    return Q(state="open", due_at__lt=now)


def presses(now: datetime) -> Q:
    """Return the condition that a promise wants work now: reminded of, late, or still untold."""
    return Q(state="done") | Q(state="open", remind_at__lte=now)


class ServiceRequestQuerySet(OfCustomerQuerySet["ServiceRequest"]):
    """What was promised to customers."""

    def open(self) -> Self:
        """Return the promises that are not kept to their end: done, and the customer told."""
        return self.filter(state__in=OPEN_STATES)

    def overdue(self, now: datetime) -> Self:
        """Return those that are not done and whose time is over."""
        return self.filter(late(now))

    def due_by(self, moment: datetime) -> Self:
        """Return those to be done by ``moment``, the late ones too."""
        return self.filter(state="open", due_at__lte=moment)

    def untold(self) -> Self:
        """Return what is done and the customer does not know yet."""
        return self.filter(state="done")

    def pressing(self, now: datetime) -> Self:
        """Return what wants work now: what is reminded of, late, or done and not told."""
        return self.open().filter(presses(now))

    def for_day_of(self, user: Viewer, now: datetime) -> Self:
        """Return what ``user`` has to do now as manager, cover or responsible person.

        All promises to the customers served, whoever is responsible, so that none is forgotten
        when a customer changes hands; and those ``user`` took on. One statement, most pressing
        first, with the customer loaded.
        """
        scope = scope_of(user)
        mine = Q(customer__manager__in=scope.manager_ids)
        if scope.user_id is not None:
            mine |= Q(responsible=scope.user_id)
        rows = self.visible_to(user).filter(mine).pressing(now)
        return rows.select_related("customer", "responsible").most_pressing_first()

    def of_people(self, people: Collection[int]) -> Self:
        """Return those that one of ``people`` answers for: as responsible, or as manager."""
        return self.filter(Q(responsible__in=people) | Q(customer__manager__in=people))

    def most_pressing_first(self) -> Self:
        """Return them by when they are due."""
        return self.order_by("due_at", "pk")

    def with_people(self) -> Self:
        """Load what a row of a list shows, in the same statement."""
        return self.select_related(
            "customer", "unit", "manager", "responsible", "promised_by", "complaint"
        )

    def counts(self, now: datetime) -> list[dict[str, Any]]:
        """Return per unit and manager of the customers how many are open and overdue.

        Rows of ``unit_id``, ``manager_id`` (as they are now), ``open``, ``overdue``, ``untold``.
        One statement.
        """
        rows = self.open().order_by().values("customer__unit_id", "customer__manager_id")
        found = rows.annotate(
            open_count=Count("pk"),
            overdue_count=Count("pk", filter=late(now)),
            untold_count=Count("pk", filter=Q(state="done")),
        )
        return [
            {
                "unit_id": row["customer__unit_id"],
                "manager_id": row["customer__manager_id"],
                "open": row["open_count"],
                "overdue": row["overdue_count"],
                "untold": row["untold_count"],
            }
            for row in found
        ]
