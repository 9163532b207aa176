"""Questions about working days, working hours, leave and calendar feeds."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from staff.querysets import scope_of
from workplans.querysets.people import OfManagerQuerySet
from workplans.rules.calendar import WorkCalendar

if TYPE_CHECKING:
    from staff.querysets import Viewer
    from workplans.models import (  # noqa: F401  (type parameters)
        CalendarFeed,
        Leave,
        WorkdayException,
        WorkingHours,
    )


class WorkdayExceptionQuerySet(models.QuerySet["WorkdayException"]):
    """Public holidays and make-up workdays, readable by everybody who is signed in."""

    def visible_to(self, user: Viewer) -> Self:
        """Everybody who is signed in may read the calendar."""
        return self.all() if user.is_authenticated else self.none()

    def editable_by(self, user: Viewer) -> Self:
        """Only administrators change it."""
        return self.all() if getattr(user, "is_administrator", False) else self.none()

    def calendar(self, first: date, last: date) -> WorkCalendar:
        """Return the working days from ``first`` to ``last`` as a rule. One statement."""
        rows = self.filter(day__range=(first, last)).values_list("day", "is_workday")
        return WorkCalendar(dict(rows))


class WorkingHoursQuerySet(OfManagerQuerySet["WorkingHours"]):
    """When managers work."""


class LeaveQuerySet(OfManagerQuerySet["Leave"]):
    """Days on which managers do not work."""

    def editable_by(self, user: Viewer) -> Self:
        """Only a supervisor enters leave, for the people of the unit."""
        return self.supervised_by(user)

    def standing(self) -> Self:
        """Return those that were not called off."""
        return self.filter(cancelled_at=None)

    def over(self, day: date) -> Self:
        """Return the leave that ended before ``day`` or was called off."""
        return self.filter(Q(ends_on__lt=day) | Q(cancelled_at__isnull=False))

    def meeting(self, first: date, last: date) -> Self:
        """Return the standing leave that shares a day with the span."""
        return self.standing().filter(starts_on__lte=last, ends_on__gte=first)


class CalendarFeedQuerySet(OfManagerQuerySet["CalendarFeed"]):
    """The secret addresses of calendar feeds: each sees only their own."""

    def visible_to(self, user: Viewer) -> Self:
        """The person's own, whoever else may see the plans."""
        scope = scope_of(user)
        return self.none() if scope.user_id is None else self.filter(manager=scope.user_id)
