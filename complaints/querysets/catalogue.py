"""Questions about categories, causes and response templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import F, Q

from staff.querysets import scope_of

if TYPE_CHECKING:
    from complaints.models import Category, Cause, ResponseTemplate  # noqa: F401
    from staff.querysets import Viewer

M = TypeVar("M", bound=models.Model)


class CatalogueQuerySet(models.QuerySet[M]):
    """What the company sets for all. Whoever works here reads it; head office changes it."""

    def visible_to(self, user: Viewer) -> Self:
        """Everybody who works here may read it."""
        return self.all() if user.is_authenticated and user.is_active else self.none()

    def editable_by(self, user: Viewer) -> Self:
        """Head office keeps it, administrators too."""
        sets = getattr(user, "is_head_office", False) or getattr(user, "is_administrator", False)
        return self.all() if sets and user.is_active else self.none()

    def in_use(self) -> Self:
        """Return what can be chosen."""
        return self.filter(is_active=True)


class CategoryQuerySet(CatalogueQuerySet["Category"]):
    """The categories of complaints."""

    def in_tree_order(self) -> Self:
        """Return them as a tree is read: a branch's own position, then those below it."""
        return self.select_related("parent").order_by(
            models.functions.Coalesce(F("parent__position"), F("position")),
            models.functions.Coalesce(F("parent__code"), F("code")),
            F("parent").asc(nulls_first=True),
            "position",
            "code",
        )


class CauseQuerySet(CatalogueQuerySet["Cause"]):
    """The root causes."""


class ResponseTemplateQuerySet(CatalogueQuerySet["ResponseTemplate"]):
    """The response templates."""

    def visible_to(self, user: Viewer) -> Self:
        """The company's, those of the person's unit and of units above; a supervisor's below, too.

        Head office and administrators read all.
        """
        seen = super().visible_to(user)
        unit = getattr(user, "unit", None)
        if scope_of(user).everything or getattr(user, "is_administrator", False):
            return seen
        if unit is None:
            return seen.filter(unit=None)
        above = [int(pk) for pk in unit.path.split("/") if pk]
        ours = Q(unit=None) | Q(unit__in=above)
        if scope_of(user).unit_path is not None:
            ours |= Q(unit__path__startswith=unit.path)
        return seen.filter(ours)

    def editable_by(self, user: Viewer) -> Self:
        """Each unit keeps its own: a handler the unit's, a supervisor also those of units below.

        Head office and administrators keep the company's.
        """
        role, unit = getattr(user, "role", ""), getattr(user, "unit", None)
        if not user.is_active or role not in ("supervisor", "complaint_handler"):
            return super().editable_by(user).filter(unit=None)
        if unit is None:
            return self.none()
        if role == "supervisor":
            return self.filter(unit__path__startswith=unit.path)
        return self.filter(unit=unit)

    def fitting(self, path: str) -> Self:
        """Return those for complaints of the category at ``path``: its own, those above, all's."""
        codes = [code for code in path.split("/") if code]
        return self.in_use().filter(Q(category=None) | Q(category__code__in=codes))
