"""Questions about categories, causes and response templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import F, Q

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

    def editable_by(self, user: Viewer) -> Self:
        """Supervisors and handlers keep the words they use, and so does head office."""
        role = getattr(user, "role", "")
        if role in ("supervisor", "complaint_handler") and user.is_active:
            return self.all()
        return super().editable_by(user)

    def fitting(self, path: str) -> Self:
        """Return those for complaints of the category at ``path``: its own, those above, all's."""
        codes = [code for code in path.split("/") if code]
        return self.in_use().filter(Q(category=None) | Q(category__code__in=codes))
