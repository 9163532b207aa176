"""Whose plans and logs a person may see: the base of the querysets of what a manager writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Q

from staff.models import Unit
from staff.querysets import ScopedQuerySet, scope_of
from staff.rules import Scope

if TYPE_CHECKING:
    from staff.querysets import Viewer

M = TypeVar("M", bound=models.Model)


def people_in(scope: Scope, prefix: str) -> Q:
    """Return the condition on a manager (the column at ``prefix``) for what ``scope`` may see.

    A supervisor's people; the person and, by cover, those stood in for.
    """
    mine = Q(**{f"{prefix}__in": scope.manager_ids | {scope.user_id}})
    if scope.unit_path is None:
        return mine
    return mine | Q(**{f"{prefix}__unit__in": Unit.objects.within(scope.unit_path)})


class OfManagerQuerySet(ScopedQuerySet[M]):
    """Rows that belong to a manager named by ``manager_path``.

    Seen by the manager, the stand-in and the supervisors; written by the manager only.
    """

    manager_path = "manager"

    def in_scope(self, scope: Scope) -> Self:
        """The person's, those covered, and the unit's."""
        return self.filter(people_in(scope, self.manager_path))

    def editable_by(self, user: Viewer) -> Self:
        """Only the manager's own."""
        scope = scope_of(user)
        if scope.user_id is None or scope.everything:
            return self.none()
        return self.filter(**{self.manager_path: scope.user_id})

    def supervised_by(self, user: Viewer) -> Self:
        """Return what belongs to the people of the supervisor's unit, but for the person's own."""
        scope = scope_of(user)
        if scope.unit_path is None:
            return self.none()
        units = Unit.objects.within(scope.unit_path)
        return self.filter(**{f"{self.manager_path}__unit__in": units}).exclude(
            **{self.manager_path: scope.user_id}
        )
