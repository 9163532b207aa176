"""Querysets of the core's own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Self

from django.db import models

if TYPE_CHECKING:
    from core.models import AuditEntry, OutboxTask  # noqa: F401  (type parameters)


class AppendOnlyError(TypeError):
    """Something tried to change or delete what happened."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """The audit trail: rows are added and read; nobody changes or deletes them."""

    def update(self, **values: Any) -> NoReturn:
        """Refuse: what happened stays as it was written."""
        raise AppendOnlyError("Entries of the audit trail are never changed.")

    def delete(self) -> NoReturn:
        """Refuse: the trail has no gaps."""
        raise AppendOnlyError("Entries of the audit trail are never deleted.")

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse: what happened stays as it was written."""
        raise AppendOnlyError("Entries of the audit trail are never changed.")

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
