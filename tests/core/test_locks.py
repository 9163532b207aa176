"""One writer at a time for what no single row can guard."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import locks


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone needs no lock")
def test_sqlite_needs_no_statement_for_a_lock() -> None:
    with CaptureQueriesContext(connection) as statements:
        locks.hold("a")
    assert len(statements) == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_second_writer_waits_until_the_first_has_committed() -> None:
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        try:
            with transaction.atomic():
                waiting.set()
                locks.hold("tree")
                order.append("second")
        finally:
            connection.close()

    with transaction.atomic():
        locks.hold("tree")
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(10)
        thread.join(0.3)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_other_names_do_not_wait() -> None:
    def other() -> None:
        try:
            with transaction.atomic():
                locks.hold("another")
        finally:
            connection.close()

    with transaction.atomic():
        locks.hold("tree")
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
