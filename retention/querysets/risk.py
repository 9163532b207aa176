"""Questions about signals and risk scores."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest

from complaints.models import Complaint
from customers.querysets import OfCustomerQuerySet
from staff.querysets import ScopedQuerySet
from staff.rules import Scope

if TYPE_CHECKING:
    from retention.models import RiskRun, RiskScore, RiskState  # noqa: F401
    from staff.querysets import Viewer

M = TypeVar("M", bound=models.Model)


class EditableByHeadOfficeQuerySet(models.QuerySet[M]):
    """What the company sets for all: signals, measures, causes, goals.

    Whoever is signed in may read it; head office and administrators change it.
    """

    def visible_to(self, user: Viewer) -> Self:
        """Everybody who works here may read it."""
        return self.all() if user.is_authenticated and user.is_active else self.none()

    def editable_by(self, user: Viewer) -> Self:
        """Head office sets goals and signals, administrators too."""
        sets = getattr(user, "is_head_office", False) or getattr(user, "is_administrator", False)
        return self.all() if sets and user.is_active else self.none()


class RiskScoreQuerySet(OfCustomerQuerySet["RiskScore"]):
    """The scores of customers, one row for each change."""


def overdue_after(prefix: str = "") -> Greatest:
    """Return the day after which a customer (at ``prefix``) is overdue: due and not excused."""
    due = f"{prefix}contact_due_on"
    return Greatest(due, Coalesce(f"{prefix}contact_exempt_until", due))


def _differ(one: str, other: F) -> Q:
    """The condition that a column and another differ, or that the first one is empty."""
    return Q(**{f"{one}__isnull": True}) | Q(**{f"{one}__lt": other}) | Q(**{f"{one}__gt": other})


class RiskStateQuerySet(OfCustomerQuerySet["RiskState"]):
    """Where customers stand now."""

    def of_unit(self, unit_id: int) -> Self:
        """Return those of the active customers of one unit itself."""
        return self.filter(customer__unit=unit_id, customer__status="active")

    def stale(self) -> Self:
        """Return those for whom new data came in."""
        return self.filter(is_stale=True)

    def to_recheck(self, day: date) -> Self:
        """Return those for whom a date crosses a threshold by ``day``."""
        return self.filter(recheck_on__lte=day)

    def complained_since(self, moment: datetime) -> Self:
        """Return those of whose complaints one came in or changed at ``moment`` or later."""
        changed = Complaint.objects.filter(updated_at__gte=moment)
        return self.filter(customer__in=changed.order_by().values("customer_id"))

    def due_moved(self) -> Self:
        """Return those whose customer is overdue from another day on than was seen."""
        return self.alias(due=overdue_after("customer__")).filter(_differ("seen_due_on", F("due")))

    def anything_new(self, day: date, signals: str) -> Self:
        """Return those whose score may be another on ``day``, by whatever was seen."""
        manager = Coalesce("customer__manager_id", 0)
        rows = self.alias(
            due=overdue_after("customer__"),
            manager=manager,
            seen_manager=Coalesce("seen_manager_id", 0),
        )
        return rows.filter(
            Q(is_stale=True)
            | Q(recheck_on__lte=day)
            | ~Q(seen_signals=signals)
            | _differ("seen_due_on", F("due"))
            | ~Q(manager=F("seen_manager"))
        )

    def above(self, line: int) -> Self:
        """Return those at or above ``line`` without an open warning, with the last closed one.

        Adds ``last_closed_at`` and ``last_score``.
        """
        warnings = self.model._meta.apps.get_model("retention", "ChurnWarning")._default_manager
        own = warnings.filter(customer=OuterRef("customer_id"))
        last = own.filter(closed_at__isnull=False).order_by("-closed_at")
        return self.filter(~Exists(own.filter(closed_at=None)), score__gte=line).annotate(
            last_closed_at=Subquery(last.values("closed_at")[:1]),
            last_score=Subquery(last.values("score")[:1]),
        )


class RiskRunQuerySet(ScopedQuerySet["RiskRun"]):
    """When the customers of units were scored."""

    def in_scope(self, scope: Scope) -> Self:
        """Return the runs of a supervisor's units."""
        if scope.unit_path is None:
            return self.none()
        return self.filter(unit__path__startswith=scope.unit_path)
