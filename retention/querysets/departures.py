"""Questions about departures and their reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Q

from staff.querysets import ScopedQuerySet
from staff.rules import Scope

if TYPE_CHECKING:
    from retention.models import Departure  # noqa: F401

M = TypeVar("M", bound=models.Model)

COUNTED_KINDS = ("closed", "ported_out")
"""What counts against the goal of article 1, of one's own will or not."""


def departures_in(scope: Scope, prefix: str = "") -> Q:
    """Return the condition on departures of ``scope``: by unit and manager of that day."""
    seen = Q(**{f"{prefix}manager__in": scope.manager_ids})
    if scope.unit_path is not None:
        seen |= Q(**{f"{prefix}unit__path__startswith": scope.unit_path})
    return seen


class DepartureQuerySet(ScopedQuerySet["Departure"]):
    """The departures: seen by the manager and the unit that the customer had then."""

    def in_scope(self, scope: Scope) -> Self:
        """The departures of the scope's managers and units."""
        return self.filter(departures_in(scope))

    def standing(self) -> Self:
        """Return those that were not taken back."""
        return self.filter(cancelled_at=None)

    def counted(self) -> Self:
        """Return those that count against the goal: closed or ported out."""
        return self.standing().filter(kind__in=COUNTED_KINDS)


class OfDepartureQuerySet(ScopedQuerySet[M]):
    """Rows of one departure, seen by whoever sees it."""

    def in_scope(self, scope: Scope) -> Self:
        """The rows of the scope's departures."""
        return self.filter(departures_in(scope, "departure__"))
