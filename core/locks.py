"""One writer at a time for what no single row can guard."""

from __future__ import annotations

from zlib import crc32

from django.db import connection


def hold(name: str) -> None:
    """Hold the lock called ``name`` until the present transaction ends.

    PostgreSQL: a transaction-level advisory lock. SQLite needs none: its write transactions
    begin immediately, so they already run one after another.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [crc32(name.encode())])
