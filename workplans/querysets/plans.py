"""Questions about work plans, their items, and what was not handed in."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When

from contacts.models import ContactRecord
from contacts.querysets import ContactRecordQuerySet
from customers.querysets import customers_in
from staff.querysets import ScopedQuerySet, scope_of
from staff.rules import Scope
from workplans.querysets.people import OfManagerQuerySet

if TYPE_CHECKING:
    from staff.querysets import Viewer
    from workplans.models import (  # noqa: F401  (type parameters)
        Lapse,
        LapseWatch,
        PlanItem,
        WorkPlan,
    )

M = TypeVar("M", bound=models.Model)


class WorkPlanQuerySet(OfManagerQuerySet["WorkPlan"]):
    """The work plans of managers."""

    def waiting(self) -> Self:
        """Return those a supervisor has to decide about."""
        return self.filter(state="submitted")

    def approved(self) -> Self:
        """Return those that were approved."""
        return self.filter(state="approved")

    def decidable_by(self, user: Viewer) -> Self:
        """Return those ``user`` approves or returns: of the supervised unit, not the own."""
        return self.supervised_by(user)

    def of(self, manager_id: int, kind: str, starts_on: date) -> Self:
        """Return the plan of one manager and period."""
        return self.filter(manager=manager_id, kind=kind, starts_on=starts_on)

    def of_unit(self, unit_id: int) -> Self:
        """Return the plans of the managers of the unit and of all below it."""
        return self.filter(manager__unit__path__contains=f"/{unit_id}/")

    def holding(self, day: date) -> Self:
        """Return the plans whose period holds ``day``."""
        return self.filter(starts_on__lte=day, ends_on__gte=day)


class OfPlanQuerySet(OfManagerQuerySet[M]):
    """What belongs to a plan: seen and written by who sees and writes the plan."""

    manager_path = "plan__manager"


class PlanItemQuerySet(OfPlanQuerySet["PlanItem"]):
    """The items of plans."""

    def visible_to(self, user: Viewer) -> Self:
        """Those of plans in the scope, without customers who are somebody else's by now."""
        seen = super().visible_to(user)
        scope = scope_of(user)
        return seen if scope.everything else seen.filter(_of_known_customers(scope))

    def editable_by(self, user: Viewer) -> Self:
        """The manager's own, without customers who are somebody else's by now."""
        return super().editable_by(user).filter(_of_known_customers(scope_of(user)))

    def standing(self) -> Self:
        """Return those that were not taken out of an approved plan."""
        return self.filter(cancelled_at=None)

    def with_done(self) -> Self:
        """Annotate ``is_done``: a counted contact with the customer in the plan's period.

        A planned visit asks for one face to face; an item without a customer is ticked by hand.
        """
        contacts = _contacts_of_item()
        visits = contacts.face_to_face()
        kept = Case(When(needs_visit=True, then=Exists(visits)), default=Exists(contacts))
        return self.annotate(is_done=Case(When(done_at__isnull=False, then=True), default=kept))

    def open_on(self, day: date) -> Self:
        """Return the standing items planned for ``day``."""
        return self.standing().filter(day=day)


def _contacts_of_item() -> ContactRecordQuerySet:
    """The counted contacts with an item's customer in the period of its plan."""
    return ContactRecord.objects.counted().filter(
        customer=OuterRef("customer_id"),
        happened_on__gte=OuterRef("plan__starts_on"),
        happened_on__lte=OuterRef("plan__ends_on"),
    )


def _of_known_customers(scope: Scope) -> Q:
    """The condition on an item that it is about nobody, or a customer in ``scope``."""
    return Q(customer=None) | customers_in(scope, "customer__")


class LapseQuerySet(OfManagerQuerySet["Lapse"]):
    """Plans and logs that were not handed in in time."""

    def open(self) -> Self:
        """Return those that are still missing."""
        return self.filter(closed_at=None)

    def plans(self) -> Self:
        """Return those of plans."""
        return self.exclude(subject="log")

    def logs(self) -> Self:
        """Return those of logs."""
        return self.filter(subject="log")

    def editable_by(self, user: Viewer) -> Self:
        """Nobody: a job finds them, and handing in closes them."""
        return self.none()

    def oldest_first(self) -> Self:
        """Return those that wait longest first."""
        return self.order_by(F("due_at").asc(), "pk")


class LapseWatchQuerySet(ScopedQuerySet["LapseWatch"]):
    """How far the job has come: a page for nobody."""
