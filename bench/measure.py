"""Timing pages and jobs beside their yardsticks."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from bench.server import Answer

WARM_UP = 10
REQUESTS = 200
JOB_RUNS = 3

Ask = Callable[[], Answer]


@dataclass(frozen=True)
class PageFigures:
    """A page at one client and at four: seconds; statements and bytes of one answer."""

    p50: float
    p95: float
    p50_of_4: float
    p95_of_4: float
    statements: int
    size: int


def measure_page(ask: Ask, requests: int = REQUESTS) -> PageFigures:
    """Ask ``requests`` times alone and as often from four clients; every answer must be good."""
    for _ in range(WARM_UP):
        first = _good(ask())
    alone = sorted(_good(ask()).seconds for _ in range(requests))
    with ThreadPoolExecutor(4) as pool:
        together = sorted(_good(a).seconds for a in pool.map(lambda _: ask(), range(requests)))
    return PageFigures(
        p50=statistics.median(alone),
        p95=alone[int(len(alone) * 0.95)],
        p50_of_4=statistics.median(together),
        p95_of_4=together[int(len(together) * 0.95)],
        statements=first.statements,
        size=first.size,
    )


def _good(answer: Answer) -> Answer:
    if answer.status >= 300:
        raise RuntimeError(f"The product answered {answer.status}; nothing is measured by that.")
    return answer


@contextmanager
def undone() -> Iterator[None]:
    """Run the body in a transaction and take everything back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def best_of(run: Callable[[], object], times: int = JOB_RUNS) -> float:
    """Return the seconds of the quickest of some runs, each taken back."""
    seconds = []
    for _ in range(times):
        with undone():
            begun = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - begun)
    return min(seconds)


def once(run: Callable[[], object]) -> float:
    """Return the seconds of one run that stays."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def statement(sql: str, params: list[Any] | None = None) -> None:
    """Run one hand-written statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def copied_out(tables: dict[str, str]) -> dict[str, bytes]:
    """Return rows as COPY gives them; ``tables`` maps a table to the condition of its rows."""
    found = {}
    for table, condition in tables.items():
        rows = io.BytesIO()
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT") as copy,
        ):
            for block in copy:
                rows.write(block)
        found[table] = rows.getvalue()
    return found


def copy_in(rows: dict[str, bytes]) -> None:
    """COPY the rows in, table by table in the given order."""
    for table, text in rows.items():
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            copy.write(text)
