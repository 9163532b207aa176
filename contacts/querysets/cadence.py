"""Questions about flags, exemptions and snoozes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Self

from django.db.models import Exists, Max, OuterRef

from customers.models import Customer
from customers.querysets import OfCustomerQuerySet
from customers.rules import Cadence
from staff.querysets import scope_of

if TYPE_CHECKING:
    from contacts.models import CadenceFlag, Exemption, Snooze  # noqa: F401
    from staff.querysets import Viewer


class CadenceFlagQuerySet(OfCustomerQuerySet["CadenceFlag"]):
    """The flags of overdue cadences."""

    def open(self) -> Self:
        """Return the open flags."""
        return self.filter(closed_at=None)

    def escalated(self) -> Self:
        """Return the open flags that went to the supervisor."""
        return self.open().filter(escalated_at__isnull=False)

    def to_escalate(self, today: date, after_days: int) -> Self:
        """Return the open flags that are ``after_days`` days old and not escalated."""
        return self.open().filter(
            escalated_at=None, opened_on__lte=today - timedelta(days=after_days)
        )

    def no_longer_overdue(self, cadence: Cadence, today: date) -> Self:
        """Return the open flags of ``cadence`` whose customer is not overdue on ``today``."""
        overdue = Customer.objects.overdue(cadence, today).filter(pk=OuterRef("customer_id"))
        return self.open().filter(~Exists(overdue), cadence=cadence.value)


class ExemptionQuerySet(OfCustomerQuerySet["Exemption"]):
    """The exemptions, asked for and granted."""

    def waiting(self) -> Self:
        """Return those nobody has decided yet."""
        return self.filter(state="requested")

    def standing(self, today: date) -> Self:
        """Return those that hold on ``today``; one that was ended early holds no more."""
        return self.filter(
            state="approved", starts_on__lte=today, ends_on__gte=today, ended_at=None
        )

    def latest_end(self, customer_id: int, cadence: str, today: date) -> date | None:
        """Return until when ``customer_id`` is excused from ``cadence``: the latest end of several.

        None where no exemption reaches ``today``. One that began in a zone further east, where
        it is tomorrow already, holds too. One statement.
        """
        granted = self.filter(state="approved", ended_at=None, ends_on__gte=today)
        found = granted.filter(customer=customer_id, cadence=cadence)
        last: date | None = found.aggregate(last=Max("ends_on"))["last"]
        return last

    def decidable_by(self, user: Viewer) -> Self:
        """Return those a supervisor decides: the customers of the unit, not those covered."""
        scope = scope_of(user)
        if scope.unit_path is None:
            return self.none()
        return self.filter(customer__unit__path__startswith=scope.unit_path)


class SnoozeQuerySet(OfCustomerQuerySet["Snooze"]):
    """Rows of My day that are hidden until a day."""

    def hiding(self, today: date) -> Self:
        """Return the snoozes that still hide their row on ``today``."""
        return self.filter(until__gt=today)
