"""Questions about the frozen bases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from retention.querysets.departures import departures_in
from staff.querysets import ScopedQuerySet
from staff.rules import Scope

if TYPE_CHECKING:
    from retention.models import ChurnBaseMember  # noqa: F401


class ChurnBaseMemberQuerySet(ScopedQuerySet["ChurnBaseMember"]):
    """The customers of frozen bases: seen by the unit and manager of 1 January."""

    def in_scope(self, scope: Scope) -> Self:
        """The members of the scope's managers and units."""
        return self.filter(departures_in(scope))
