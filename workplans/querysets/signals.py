"""Questions about signals of careless or invented records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from workplans.querysets.inspections import OfSupervisorsQuerySet

if TYPE_CHECKING:
    from staff.querysets import Viewer
    from workplans.models import RecordSignal  # noqa: F401  (type parameters)


class RecordSignalQuerySet(OfSupervisorsQuerySet["RecordSignal"]):
    """What looks odd about contact records. For supervisors: a question, never an accusation."""

    manager_path = "person"

    def editable_by(self, user: Viewer) -> Self:
        """Nobody: a job finds them."""
        return self.none()
