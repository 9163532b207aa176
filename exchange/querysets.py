"""Questions about imports and exports, whose they are; about API clients and keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

from core import clock
from staff.querysets import ScopedQuerySet, scope_of
from staff.rules import Scope

if TYPE_CHECKING:
    from exchange.models import (  # noqa: F401
        ApiClient,
        ApiKey,
        DepartureImport,
        DepartureImportRow,
        Export,
        RosterImport,
        RosterImportRow,
        UsageImport,
        UsageImportRow,
    )
    from staff.querysets import Viewer

STALLED_AFTER = timedelta(minutes=5)

M = TypeVar("M", bound=models.Model)


def may_import(user: Viewer) -> bool:
    """Say whether ``user`` may import rosters: administrators and supervisors."""
    administrator = getattr(user, "is_administrator", False)
    supervisor = getattr(user, "is_supervisor", False) and getattr(user, "is_active", False)
    return bool(administrator or supervisor)


class ImportQuerySet(ScopedQuerySet[M]):
    """Imports of files, seen by who uploaded them and by administrators."""

    def visible_to(self, user: Viewer) -> Self:
        """Administrators see all imports, supervisors their own, others none."""
        if getattr(user, "is_administrator", False):
            return self.all()
        return super().visible_to(user) if may_import(user) else self.none()

    def editable_by(self, user: Viewer) -> Self:
        """Everybody who sees an import may go on with it."""
        return self.visible_to(user)

    def in_scope(self, scope: Scope) -> Self:
        """The person's own imports."""
        return self.filter(uploaded_by=scope.user_id)


class RosterImportQuerySet(ImportQuerySet["RosterImport"]):
    """The roster imports."""


class UsageImportQuerySet(ImportQuerySet["UsageImport"]):
    """The imports of monthly usage."""


class UsageImportRowQuerySet(ScopedQuerySet["UsageImportRow"]):
    """The rejected rows of usage imports."""

    def visible_to(self, user: Viewer) -> Self:
        """The rows of the imports that ``user`` sees."""
        if getattr(user, "is_administrator", False):
            return self.all()
        return super().visible_to(user) if may_import(user) else self.none()

    def in_scope(self, scope: Scope) -> Self:
        """The rows of the person's own imports."""
        return self.filter(usage_import__uploaded_by=scope.user_id)

    def editable_by(self, user: Viewer) -> Self:
        """Nobody changes rows; a corrected file is sent instead."""
        return self.none()


class DepartureImportQuerySet(ImportQuerySet["DepartureImport"]):
    """The imports of departures."""


class DepartureImportRowQuerySet(ScopedQuerySet["DepartureImportRow"]):
    """The rejected rows of files of departures."""

    def visible_to(self, user: Viewer) -> Self:
        """The rows of the imports that ``user`` sees."""
        if getattr(user, "is_administrator", False):
            return self.all()
        return super().visible_to(user) if may_import(user) else self.none()

    def in_scope(self, scope: Scope) -> Self:
        """The rows of the person's own imports."""
        return self.filter(departure_import__uploaded_by=scope.user_id)

    def editable_by(self, user: Viewer) -> Self:
        """Nobody changes rows; a corrected file is sent instead."""
        return self.none()


class RosterImportRowQuerySet(ScopedQuerySet["RosterImportRow"]):
    """The rows of roster imports."""

    def visible_to(self, user: Viewer) -> Self:
        """The rows of the imports that ``user`` sees."""
        if getattr(user, "is_administrator", False):
            return self.all()
        return super().visible_to(user) if may_import(user) else self.none()

    def in_scope(self, scope: Scope) -> Self:
        """The rows of the person's own imports."""
        return self.filter(roster_import__uploaded_by=scope.user_id)

    def editable_by(self, user: Viewer) -> Self:
        """Nobody changes rows; a corrected file is sent instead."""
        return self.none()

    def with_outcome(self, outcome: str) -> Self:
        """Return the rows that came out so."""
        return self.filter(outcome=outcome)

    def alike(self) -> Self:
        """Return the rows that may be somebody who is there already."""
        return self.exclude(alike=[])

    def waiting(self, after_row: int) -> Self:
        """Return the rows to take in that come after ``after_row``, in the file's order."""
        rows = self.filter(row_number__gt=after_row).exclude(outcome="rejected")
        return rows.order_by("row_number")


class AdministratorsQuerySet(ScopedQuerySet[M]):
    """Rows that administrators see and change, and nobody else."""

    def visible_to(self, user: Viewer) -> Self:
        """Administrators only."""
        return self.all() if getattr(user, "is_administrator", False) else self.none()

    def editable_by(self, user: Viewer) -> Self:
        """Administrators only."""
        return self.visible_to(user)


class ApiClientQuerySet(AdministratorsQuerySet["ApiClient"]):
    """The systems that use the API."""


class ApiKeyQuerySet(AdministratorsQuerySet["ApiKey"]):
    """The keys of the API clients."""

    def working(self, moment: datetime) -> Self:
        """Return the keys that are neither revoked nor expired at ``moment``."""
        return self.filter(revoked_at=None, expires_at__gt=moment)


class ExportQuerySet(ScopedQuerySet["Export"]):
    """The exports."""

    def visible_to(self, user: Viewer) -> Self:
        """Each sees their own, as long as they may export at all."""
        scope = scope_of(user)
        if scope.user_id is None or not getattr(user, "exports", False):
            return self.none()
        own = self.in_scope(scope)
        # A file with whole numbers is of use only to who may still have them.
        return own if getattr(user, "exports_numbers", False) else own.filter(has_numbers=False)

    def editable_by(self, user: Viewer) -> Self:
        """Who sees an export may cancel it."""
        return self.visible_to(user)

    def in_scope(self, scope: Scope) -> Self:
        """The person's own exports."""
        return self.filter(requested_by=scope.user_id)

    def at_work(self) -> Self:
        """Return the exports that a worker has to write."""
        return self.filter(state__in=("waiting", "writing"))

    def stalled(self) -> Self:
        """Return the exports at work whose worker has said nothing for some minutes."""
        return self.at_work().filter(progress_at__lt=clock.now() - STALLED_AFTER)

    def kept_since_before(self, moment: datetime) -> Self:
        """Return the exports with a file that was finished before ``moment``."""
        return self.filter(finished_at__lt=moment).exclude(file="")
