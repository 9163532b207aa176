"""Questions about retention cases, their measures and follow-ups."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Count, F, Q

from customers.querysets import OfCustomerQuerySet, customers_in
from staff.querysets import ScopedQuerySet, scope_of
from staff.rules import Scope

if TYPE_CHECKING:
    from retention.models import CaseFollowUp, MeasureOffer, RetentionCase  # noqa: F401
    from staff.querysets import Viewer

M = TypeVar("M", bound=models.Model)

OVER_STATES = ("refused", "declined", "withdrawn")
"""Where a measure has ended so that it can be chosen anew."""


class RetentionCaseQuerySet(OfCustomerQuerySet["RetentionCase"]):
    """The retention cases."""

    def open(self) -> Self:
        """Return the cases that are not decided."""
        return self.filter(state="open")

    def decided(self) -> Self:
        """Return the cases that are decided, those opened by mistake among them."""
        return self.exclude(state="open")

    def most_pressing_first(self) -> Self:
        """Return the cases by their deadline; those without one last, the oldest first."""
        return self.order_by(F("deadline_at").asc(nulls_last=True), "opened_at", "pk")

    def with_counts(self) -> Self:
        """Add ``waiting`` and ``ready``: measures that wait for approval, that may be offered."""
        return self.annotate(
            waiting=Count("offers", filter=Q(offers__state="waiting")),
            ready=Count("offers", filter=Q(offers__state="ready")),
        )


class OfCaseQuerySet(ScopedQuerySet[M]):
    """Rows of one case, seen by whoever sees its customer."""

    def in_scope(self, scope: Scope) -> Self:
        """The rows of the cases of customers of ``scope``."""
        return self.filter(customers_in(scope, "case__customer__"))


class MeasureOfferQuerySet(OfCaseQuerySet["MeasureOffer"]):
    """The measures in cases."""

    def waiting(self) -> Self:
        """Return those that wait for approval."""
        return self.filter(state="waiting")

    def standing(self) -> Self:
        """Return those that are in their case; what was refused or declined may come again."""
        return self.exclude(state__in=OVER_STATES)

    def most_pressing_first(self) -> Self:
        """Return them by the deadline of their case, then the longest waiting."""
        return self.order_by(F("case__deadline_at").asc(nulls_last=True), "chosen_at", "pk")

    def decidable_by(self, user: Viewer) -> Self:
        """Return those ``user`` approves or refuses: of the supervised unit and all below it."""
        scope = scope_of(user)
        if scope.unit_path is None:
            return self.none()
        return self.visible_to(user).filter(needs_unit__path__startswith=scope.unit_path)


class CaseFollowUpQuerySet(OfCaseQuerySet["CaseFollowUp"]):
    """The follow-ups of saved customers."""

    def open(self) -> Self:
        """Return those that are not done."""
        return self.filter(done_at=None)

    def due(self, last_day: date) -> Self:
        """Return the open ones of active customers that are due by ``last_day``."""
        return self.open().filter(due_on__lte=last_day, case__customer__status="active")
