"""Querysets of the core's own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from core.models import AuditEntry, OutboxTask  # noqa: F401  (type parameters)


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """The audit trail: administrators read it; nobody changes it."""

    def visible_to(self, user: Any) -> Self:
        """Return the whole trail to administrators, nothing to others."""
        return self.all() if getattr(user, "is_administrator", False) else self.none()

    def editable_by(self, user: Any) -> Self:
        """Nobody changes what was done."""
        return self.none()


class OutboxQuerySet(models.QuerySet["OutboxTask"]):
    """The outbox is the machine's own: no page shows it."""

    def visible_to(self, user: Any) -> Self:
        """Nobody."""
        return self.none()

    def editable_by(self, user: Any) -> Self:
        """Nobody."""
        return self.none()
