"""Questions about calls and missed calls (article 7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db.models import Count, Q

from customers.querysets import OfCustomerQuerySet, customers_in
from staff.models import Unit
from staff.querysets import ScopedQuerySet, scope_of
from staff.rules import Scope

if TYPE_CHECKING:
    from contacts.models import CallEvent, MissedCall, MissedCallNotice  # noqa: F401
    from staff.querysets import Viewer

FROZEN = ("left", "merged")
"""Why a missed call was closed for good: what comes later changes nothing in it."""


@dataclass(frozen=True)
class MissedCallDue:
    """A customer waits for a call: what My day shows of it."""

    pk: int
    customer: int
    opened_at: datetime
    due_at: datetime
    calls: int
    attempts: int
    last_attempt_at: datetime | None
    is_escalated: bool


class MissedCallQuerySet(OfCustomerQuerySet["MissedCall"]):
    """The missed calls that are or were to be returned."""

    def open(self) -> Self:
        """Return those whose customer still waits."""
        return self.filter(closed_at=None)

    def standing(self) -> Self:
        """Return those that stand for themselves: not joined to an earlier one, not merged."""
        return self.exclude(close_reason__in=["joined", "merged"])

    def overdue(self, now: datetime) -> Self:
        """Return the open ones that were to be returned by ``now``."""
        return self.open().filter(due_at__lte=now)

    def to_escalate(self, now: datetime) -> Self:
        """Return the open ones that are over their time and of which nobody was told."""
        return self.open().filter(escalated_at=None, due_at__lte=now)

    def touched_by(self, customer_id: int, at: datetime) -> Self:
        """Return those of a customer that a contact ``at`` a moment can open, close or count in."""
        return self.filter(
            Q(closed_at=None) | Q(closed_at__gte=at) & ~Q(close_reason__in=FROZEN),
            customer=customer_id,
            opened_at__lt=at,
        )

    def served_by(self, user: Viewer) -> Self:
        """Return those of the customers ``user`` serves now, as manager or cover."""
        return self.filter(
            ~Q(customer__status="merged"), customer__manager__in=scope_of(user).manager_ids
        )

    def due_for(self, user: Viewer) -> dict[int, MissedCallDue]:
        """Return the open ones of the customers ``user`` serves now, by customer. One statement."""
        rows = self.open().served_by(user).order_by("due_at", "pk")
        return {
            row.customer_id: MissedCallDue(
                pk=row.pk,
                customer=row.customer_id,
                opened_at=row.opened_at,
                due_at=row.due_at,
                calls=row.calls,
                attempts=row.attempts,
                last_attempt_at=row.last_attempt_at,
                is_escalated=row.escalated_at is not None,
            )
            for row in rows
        }

    def open_counts(self, now: datetime) -> dict[tuple[int, int | None], tuple[int, int]]:
        """Return how many are open and how many of them overdue, by (unit, manager) of today.

        Unit and manager are the customer's, by id; no manager stands for the unit's pool. One
        statement.
        """
        rows = (
            self.open()
            .order_by()
            .values_list("customer__unit", "customer__manager")
            .annotate(waiting=Count("pk"), late=Count("pk", filter=Q(due_at__lte=now)))
        )
        return {(unit, manager): (waiting, late) for unit, manager, waiting, late in rows}


class CallEventQuerySet(ScopedQuerySet["CallEvent"]):
    """The calls that the call centre told of."""

    def in_scope(self, scope: Scope) -> Self:
        """The calls of the customers in scope; a supervisor's units' unexplained ones too."""
        mine = customers_in(scope, "customer__") & ~Q(customer__status="merged")
        if scope.unit_path is not None:
            units = Unit.objects.within(scope.unit_path)
            mine |= Q(customer__isnull=True, unit__in=units)
        return self.filter(mine)

    def unexplained(self) -> Self:
        """Return those whose number is nobody's, or several customers'."""
        return self.exclude(match="known")

    def to_confirm(self) -> Self:
        """Return those whose pre-filled contact record waits for a word."""
        return self.filter(confirmation="waiting")

    def confirmable_by(self, user: Viewer) -> Self:
        """Return those ``user`` may confirm or discard: the calls the person had."""
        return self.editable_by(user).filter(handled_by=scope_of(user).user_id)

    def explainable_by(self, user: Viewer) -> Self:
        """Return the unexplained calls whose customer ``user`` may name: a supervisor's."""
        if scope_of(user).unit_path is None:
            return self.none()
        return self.editable_by(user).unexplained()

    def sent_before(self, sender: int, event_ids: Collection[str]) -> dict[str, CallEvent]:
        """Return what ``sender`` told before under these ids. One statement."""
        rows = self.filter(sent_by=sender, event_id__in=list(event_ids))
        return {row.event_id: row for row in rows}

    def of_numbers(self, numbers: Iterable[str]) -> Self:
        """Return the unexplained calls of these plain numbers."""
        return self.unexplained().filter(number__in=list(numbers))

    def for_row(self) -> Self:
        """Load what a row of the list shows, in the same statement."""
        return self.select_related("customer", "handled_by", "served_by", "manager", "unit")


class MissedCallNoticeQuerySet(ScopedQuerySet["MissedCallNotice"]):
    """Who was told of missed calls: seen with the missed call."""

    def in_scope(self, scope: Scope) -> Self:
        """Those of the customers of ``scope``."""
        return self.filter(
            customers_in(scope, "missed_call__customer__"),
            ~Q(missed_call__customer__status="merged"),
        )

    def editable_by(self, user: Viewer) -> Self:
        """Nobody takes back what was told."""
        return self.none()
