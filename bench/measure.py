"""Timing pages and jobs beside their yardsticks.

Wall-clock ratios swing when others use the machine, for a long request is interrupted more often
than a short one. The CPU time of the web workers and of their database sessions does not: it is
taken as a second ratio beside the first.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from bench.server import Answer

WARM_UP = 10
ROUNDS = 10
CLIENTS = 4
JOB_RUNS = 5

Ask = Callable[[], Answer]


@dataclass
class PageTimes:
    """A page's times as ratios to the yardstick of the same moment, alone and of four clients."""

    statements: int = 0
    size: int = 0
    alone: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    medians_together: list[float] = field(default_factory=list)
    yardsticks: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Return the medians over the rounds, and the 95th percentiles over all requests."""
        return {
            "p50": statistics.median(self.medians),
            "p95": _percentile(self.alone, 0.95),
            "p50_of_4": statistics.median(self.medians_together),
            "p95_of_4": _percentile(self.together, 0.95),
            "cpu": statistics.median(self.cpu),
            "statements": self.statements,
            "size": self.size,
        }


def warm_up(pages: dict[str, Ask], yardstick: Ask) -> None:
    """Ask each page often enough that every worker has seen it."""
    for ask in pages.values():
        for _ in range(WARM_UP):
            _good(yardstick())
            _good(ask())


def measure_pages(
    pages: dict[str, Ask], yardstick: Ask, requests: int, cpu_seconds: Callable[[], float]
) -> dict[str, PageTimes]:
    """Ask each page ``requests`` times alone and as often from four clients.

    The rounds go over all pages, and each request of a page stands beside one of the yardstick:
    what else the machine does weighs on both. Every answer must be good.
    """
    times = {name: PageTimes() for name in pages}
    for name, ask in pages.items():
        answer = _good(ask())
        times[name].statements, times[name].size = answer.statements, answer.size
    with ThreadPoolExecutor(CLIENTS) as clients:
        for _ in range(ROUNDS):
            for name, ask in pages.items():
                _alone(times[name], ask, yardstick, max(requests // ROUNDS, 1))
                _together(times[name], ask, yardstick, max(requests // ROUNDS, CLIENTS), clients)
                _cpu(times[name], ask, yardstick, max(requests // ROUNDS, 1), cpu_seconds)
    return times


def _alone(times: PageTimes, ask: Ask, yardstick: Ask, requests: int) -> None:
    pairs = [(_good(yardstick()).seconds, _good(ask()).seconds) for _ in range(requests)]
    unit = statistics.median(unit for unit, _seconds in pairs)
    times.yardsticks.append(unit)
    ratios = [seconds / unit for _unit, seconds in pairs]
    times.alone += ratios
    times.medians.append(statistics.median(ratios))


def _together(
    times: PageTimes, ask: Ask, yardstick: Ask, requests: int, clients: ThreadPoolExecutor
) -> None:
    def seconds_of(some: Ask) -> list[float]:
        return [_good(a).seconds for a in clients.map(lambda _: some(), range(requests))]

    unit = statistics.median(seconds_of(yardstick))
    ratios = [seconds / unit for seconds in seconds_of(ask)]
    times.together += ratios
    times.medians_together.append(statistics.median(ratios))


def _cpu(
    times: PageTimes, ask: Ask, yardstick: Ask, requests: int, cpu_seconds: Callable[[], float]
) -> None:
    marks = [cpu_seconds()]
    for some in (yardstick, ask):
        for _ in range(requests):
            _good(some())
        marks.append(cpu_seconds())
    times.cpu.append((marks[2] - marks[1]) / (marks[1] - marks[0]))


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def _good(answer: Answer) -> Answer:
    if answer.status >= 300:
        raise RuntimeError(f"The product answered {answer.status}; nothing is measured by that.")
    return answer


# --- Jobs ---------------------------------------------------------------------------------------


@contextmanager
def undone() -> Iterator[None]:
    """Run the body in a transaction and take everything back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def side_by_side(
    job: Callable[[], object], by_hand: Callable[[], object], times: int = JOB_RUNS
) -> tuple[float, float]:
    """Return the seconds of the quickest runs of both, run in turn, each taken back."""
    seconds: list[tuple[float, float]] = []
    for _ in range(times):
        with undone():
            one = once(job)
        with undone():
            other = once(by_hand)
        seconds.append((one, other))
    return min(one for one, _ in seconds), min(other for _, other in seconds)


def once(run: Callable[[], object]) -> float:
    """Return the seconds of one run."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def statement(sql: str, params: list[Any] | None = None) -> int:
    """Run one hand-written statement; return the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def copied_out(tables: dict[str, str]) -> dict[str, bytes]:
    """Return rows as COPY gives them; ``tables`` maps a table to the condition of its rows."""
    found = {}
    for table, condition in tables.items():
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT") as copy,
        ):
            found[table] = b"".join(bytes(block) for block in copy)
    return found


def copy_in(rows: dict[str, bytes]) -> None:
    """COPY the rows in, table by table in the given order."""
    for table, text in rows.items():
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            copy.write(text)
