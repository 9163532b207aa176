"""Questions about signs of careless or invented records."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db.models import Count

from customers.querysets import customers_in
from staff.querysets import ScopedQuerySet
from staff.rules import Scope
from workplans.querysets.inspections import OfSupervisorsQuerySet

if TYPE_CHECKING:
    from staff.querysets import Viewer
    from workplans.models import RecordSignal, SignalRun  # noqa: F401  (type parameters)


class RecordSignalQuerySet(OfSupervisorsQuerySet["RecordSignal"]):
    """What looks odd about contact records. For supervisors: a question, never an accusation."""

    manager_path = "person"

    def in_scope(self, scope: Scope) -> Self:
        """Of the unit's people, and about customers who are the unit's still."""
        return super().in_scope(scope).filter(customers_in(scope, "record__customer__"))

    def editable_by(self, user: Viewer) -> Self:
        """Nobody: a job finds them."""
        return self.none()

    def between(self, first: date, last: date) -> Self:
        """Return those of records of these days, both included."""
        return self.filter(happened_on__range=(first, last))

    def counts_by_person(self, since: date) -> dict[int, int]:
        """Return how many there are of each person since a day. One statement."""
        rows = self.filter(happened_on__gte=since).order_by().values("person")
        return {row["person"]: row["signs"] for row in rows.annotate(signs=Count("pk"))}


class SignalRunQuerySet(ScopedQuerySet["SignalRun"]):
    """The runs of the job that looks for signs. They hold counts only, and nobody is shown them."""

    def visible_to(self, user: Viewer) -> Self:
        """Nobody: the audit trail tells of each run."""
        return self.none()

    def latest_run(self) -> SignalRun | None:
        """Return the last run."""
        return self.order_by("-began_at", "-pk").first()
