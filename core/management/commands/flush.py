"""Django's flush, which empties the whole database, the audit trail with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import flush
from django.db import connections, transaction

from core.models import AuditEntry


class Command(flush.Command):
    """Empties all tables. On SQLite, which cannot truncate, the trail's triggers step aside."""

    def handle(self, **options: Any) -> None:
        """Ask first, as Django does, and empty."""
        with _without_triggers(options["database"]):
            super().handle(**options)


@contextmanager
def _without_triggers(alias: str) -> Iterator[None]:
    """Drop the triggers of the audit trail and make the same ones again, in one transaction."""
    if connections[alias].vendor != "sqlite":
        yield
        return
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
            [AuditEntry._meta.db_table],
        )
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _name, sql in triggers:
            cursor.execute(sql)
