"""Questions about departures, their reviews and causes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, Q

from customers.querysets import customers_in
from retention.querysets.risk import EditableByHeadOfficeQuerySet
from retention.rules.churn import COUNTED_KINDS, first_day, last_day
from staff.models import Unit
from staff.querysets import ScopedQuerySet, scope_of
from staff.rules import Scope

if TYPE_CHECKING:
    from retention.models import Departure, DepartureCause  # noqa: F401
    from staff.querysets import Viewer

M = TypeVar("M", bound=models.Model)


def departures_in(scope: Scope, prefix: str = "") -> Q:
    """Return the condition on departures (at ``prefix``) of ``scope``: of the present customers.

    So a former manager, and the supervisor of a former unit, see nothing more of a customer who
    came back and was handed over; to the unit's figures it still counts (``counted_for``).
    """
    return customers_in(scope, f"{prefix}customer__")


class DepartureQuerySet(ScopedQuerySet["Departure"]):
    """The departures: seen by the customer's present unit and manager, counted by the former."""

    def counted_for(self, user: Viewer) -> Self:
        """Return what figures for ``user`` count, also of that day's unit. Nothing else of it
        may be shown.
        """
        scope = scope_of(user)
        if scope.unit_path is None or scope.everything:
            return self.visible_to(user)
        units = Unit.objects.within(scope.unit_path)
        return self.filter(departures_in(scope) | Q(unit__in=units))

    def in_scope(self, scope: Scope) -> Self:
        """The departures of the scope's managers and units."""
        return self.filter(departures_in(scope))

    def editable_by(self, user: Viewer) -> Self:
        """A supervisor reviews, corrects and takes back those of the unit's customers."""
        scope = scope_of(user)
        if scope.unit_path is None:
            return self.none()
        return self.filter(customer__unit__in=Unit.objects.within(scope.unit_path))

    def simulated(self) -> Self:
        """Return those that the simulator has made: labelled wherever they are shown or counted."""
        return self.filter(source="simulated")

    def standing(self) -> Self:
        """Return those that were not taken back."""
        return self.filter(cancelled_at=None)

    def counted(self) -> Self:
        """Return those that count against the goal: closed or ported out."""
        return self.standing().filter(kind__in=COUNTED_KINDS)

    def losses_of(self, year: int, as_of: date | None = None) -> Self:
        """Return those that count in ``year``, each customer's first only, known until a day."""
        until = min(last_day(year), as_of or last_day(year))
        span = (first_day(year), until)
        earlier = (
            self.model._default_manager.all()
            .counted()
            .filter(customer=OuterRef("customer"), left_on__range=span)
            .filter(
                Q(left_on__lt=OuterRef("left_on"))
                | Q(left_on=OuterRef("left_on"), pk__lt=OuterRef("pk"))
            )
        )
        return self.counted().filter(~Exists(earlier), left_on__range=span)

    def of_members(self, members: models.QuerySet[Any]) -> Self:
        """Return the departures of the customers among ``members`` of a base."""
        return self.filter(Exists(members.filter(customer=OuterRef("customer"))))

    def of_cause(self, cause_id: int) -> Self:
        """Return those whose review names the cause, or one below it."""
        return self.filter(Q(review__cause=cause_id) | Q(review__cause__parent=cause_id))

    def to_review(self) -> Self:
        """Return those whose review is still missing."""
        return self.standing().filter(review_due_on__isnull=False, review=None)

    def review_overdue(self, today: date) -> Self:
        """Return those whose review should be there by now."""
        return self.to_review().filter(review_due_on__lt=today)

    def for_row(self) -> Self:
        """Load what a row of a list shows, in the same statement."""
        return self.select_related("customer", "manager", "unit", "review__cause__parent")


class OfDepartureQuerySet(ScopedQuerySet[M]):
    """Rows of one departure, seen by whoever sees it."""

    def in_scope(self, scope: Scope) -> Self:
        """The rows of the scope's departures."""
        return self.filter(departures_in(scope, "departure__"))


class DepartureCauseQuerySet(EditableByHeadOfficeQuerySet["DepartureCause"]):
    """The coded causes."""

    def offered(self) -> Self:
        """Return the causes of the lower level that are in use, as a review takes them."""
        rows = self.filter(is_active=True, parent__is_active=True)
        return rows.select_related("parent").order_by("parent__position", "position", "pk")
