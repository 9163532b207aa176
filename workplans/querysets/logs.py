"""Questions about work logs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from workplans.querysets.people import OfManagerQuerySet

if TYPE_CHECKING:
    from staff.querysets import Viewer
    from workplans.models import LogRemark, WorkLog  # noqa: F401  (type parameters)


class WorkLogQuerySet(OfManagerQuerySet["WorkLog"]):
    """The work logs of managers."""

    def submitted(self) -> Self:
        """Return those that were handed in."""
        return self.filter(submitted_at__isnull=False)

    def of(self, manager_id: int, day: date) -> Self:
        """Return the log of one manager and day."""
        return self.filter(manager=manager_id, log_date=day)

    def answerable_by(self, user: Viewer) -> Self:
        """Return the submitted ones that the person wrote or supervises."""
        return (self.editable_by(user) | self.supervised_by(user)).submitted()


class LogRemarkQuerySet(OfManagerQuerySet["LogRemark"]):
    """What is said about logs by their supervisors and their writers."""

    manager_path = "log__manager"

    def editable_by(self, user: Viewer) -> Self:
        """Nobody: a remark stands as it was written."""
        return self.none()
