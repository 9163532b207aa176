"""Questions about inspections, what was drawn, and what was found."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models
from django.db.models import Count, F, Max, Q

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

    def closed_between(self, first: datetime, until: datetime) -> Self:
        """Return those closed from ``first`` on and before ``until``."""
        return self.filter(closed_at__gte=first, closed_at__lt=until)

    def open(self) -> Self:
        """Return those that are still walked through."""
        return self.filter(closed_at=None)

    def last_by_manager(self) -> dict[int, datetime]:
        """Return when each manager was last inspected to the end. One statement."""
        rows = self.closed().order_by().values("manager").annotate(last=Max("closed_at"))
        return {row["manager"]: row["last"] for row in rows}

    def standing_by_manager(self, first: datetime, until: datetime) -> list[dict[str, Any]]:
        """Return what a board asks, one row a unit and manager, in one statement.

        ``manager`` and ``manager_unit``: ids, the unit that the manager is in now.
        ``inspections``: those closed from ``first`` on and before ``until``. ``open_findings``:
        those of closed inspections that are not settled, whenever they were made. Who has neither
        has no row.
        """
        is_here = Q(closed_at__gte=first, closed_at__lt=until)
        is_open = Q(closed_at__isnull=False, findings__closed_at=None, findings__isnull=False)
        rows = self.order_by().values("manager", manager_unit=F("manager__unit"))
        counted = rows.annotate(
            inspections=Count("pk", filter=is_here, distinct=True),
            open_findings=Count("findings", filter=is_open, distinct=True),
        )
        found = counted.filter(Q(inspections__gt=0) | Q(open_findings__gt=0))
        return [dict(row) for row in found]

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
    """What inspections found: also for the manager, who answers, once the inspection is closed."""

    manager_path = "inspection__manager"

    def in_scope(self, scope: Scope) -> Self:
        """The supervisor's people's, and the person's own. A stand-in answers for nobody."""
        own = Q(inspection__manager=scope.user_id)
        told = own & Q(inspection__closed_at__isnull=False)
        if scope.unit_path is None:
            return self.filter(told)
        units = Unit.objects.within(scope.unit_path)
        return self.filter(told | Q(inspection__manager__unit__in=units) & ~own)

    def told(self) -> Self:
        """Return those the manager knows of."""
        return self.filter(inspection__closed_at__isnull=False)

    def open(self) -> Self:
        """Return those that are not settled."""
        return self.filter(closed_at=None)

    def settled(self) -> Self:
        """Return those that are settled."""
        return self.filter(closed_at__isnull=False)

    def wanting_answer(self) -> Self:
        """Return those that wait for the manager (``Finding.wants_answer``)."""
        return self.open().filter(Q(answered_at=None) | Q(reopened_at__gt=F("answered_at")))

    def overdue(self, today: date) -> Self:
        """Return those that were to be answered before ``today`` and were not."""
        return self.wanting_answer().filter(due_on__lt=today)

    def answered(self) -> Self:
        """Return the open ones whose answer the supervisor has to look at."""
        later = Q(reopened_at=None) | Q(reopened_at__lt=F("answered_at"))
        return self.open().filter(later, answered_at__isnull=False)

    def answerable_by(self, user: Viewer) -> Self:
        """Return the open ones of the person, of closed inspections."""
        scope = scope_of(user)
        if scope.user_id is None or scope.everything:
            return self.none()
        return self.told().open().filter(inspection__manager=scope.user_id)

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
