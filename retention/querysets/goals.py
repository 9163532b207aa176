"""Questions about the frozen bases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Q

from staff.querysets import ScopedQuerySet
from staff.rules import Scope

if TYPE_CHECKING:
    from retention.models import ChurnBaseCount, ChurnBaseMember  # noqa: F401
    from staff.querysets import Viewer

M = TypeVar("M", bound=models.Model)


class OfBaseQuerySet(ScopedQuerySet[M]):
    """Rows of frozen bases: seen by the unit and manager of 1 January; nobody changes them."""

    def in_scope(self, scope: Scope) -> Self:
        """The rows of the scope's managers and units."""
        seen = Q(manager__in=scope.manager_ids)
        if scope.unit_path is not None:
            seen |= Q(unit__path__startswith=scope.unit_path)
        return self.filter(seen)

    def editable_by(self, user: Viewer) -> Self:
        """Nobody: a frozen base stays."""
        return self.none()

    def within_unit(self, path: str) -> Self:
        """Return the rows of the unit at ``path`` and of all below it."""
        return self.filter(unit__path__startswith=path)

    def of_tiers(self, tiers: tuple[str, ...]) -> Self:
        """Return the rows of these tiers, as they were on 1 January."""
        return self.filter(tier__in=tiers)


class ChurnBaseMemberQuerySet(OfBaseQuerySet["ChurnBaseMember"]):
    """The customers of frozen bases."""


class ChurnBaseCountQuerySet(OfBaseQuerySet["ChurnBaseCount"]):
    """The sizes of frozen bases."""
