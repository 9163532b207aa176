"""Questions about inspections, what was drawn, and what was found."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

from staff.models import Unit
from staff.querysets import ScopedQuerySet, scope_of
from staff.rules import Scope
from workplans.querysets.people import OfManagerQuerySet

if TYPE_CHECKING:
    from staff.querysets import Viewer
    from workplans.models import (  # noqa: F401  (type parameters)
        Finding,
        InspectedItem,
        Inspection,
        InspectionPlan,
        InspectionPlanLine,
    )

M = TypeVar("M", bound=models.Model)


class OfSupervisorsQuerySet(OfManagerQuerySet[M]):
    """What supervisors work with about the people of their unit: not shown to those people."""

    def in_scope(self, scope: Scope) -> Self:
        """The unit's people, but for the person's own."""
        if scope.unit_path is None:
            return self.none()
        units = Unit.objects.within(scope.unit_path)
        return self.filter(**{f"{self.manager_path}__unit__in": units}).exclude(
            **{self.manager_path: scope.user_id}
        )

    def editable_by(self, user: Viewer) -> Self:
        """The supervisors of the unit."""
        return self.supervised_by(user)


class InspectionQuerySet(OfSupervisorsQuerySet["Inspection"]):
    """The inspections of managers."""

    def closed(self) -> Self:
        """Return those that were walked through to their end."""
        return self.filter(closed_at__isnull=False)

    def touching(self, first: date, last: date) -> Self:
        """Return those of a period that shares a day with the span."""
        return self.filter(starts_on__lte=last, ends_on__gte=first)


class InspectedItemQuerySet(OfSupervisorsQuerySet["InspectedItem"]):
    """The records, plans and logs drawn for inspections."""

    manager_path = "inspection__manager"

    def judged(self) -> Self:
        """Return those with a verdict."""
        return self.exclude(verdict="")


class FindingQuerySet(OfManagerQuerySet["Finding"]):
    """What inspections found: also for the manager, who answers."""

    manager_path = "inspection__manager"

    def open(self) -> Self:
        """Return those that are not settled."""
        return self.filter(closed_at=None)

    def answerable_by(self, user: Viewer) -> Self:
        """Return the open ones of the person."""
        scope = scope_of(user)
        return self.none() if scope.user_id is None else self._own(scope.user_id).open()

    def _own(self, person_id: int) -> Self:
        return self.filter(inspection__manager=person_id)

    def editable_by(self, user: Viewer) -> Self:
        """The supervisors of the unit settle them."""
        return self.supervised_by(user)


class InspectionPlanQuerySet(ScopedQuerySet["InspectionPlan"]):
    """The monthly inspection plans of units."""

    def in_scope(self, scope: Scope) -> Self:
        """Those of the supervisor's units."""
        if scope.unit_path is None:
            return self.none()
        return self.filter(unit__in=Unit.objects.within(scope.unit_path))


class InspectionPlanLineQuerySet(OfSupervisorsQuerySet["InspectionPlanLine"]):
    """Whom a unit means to inspect in a month."""
