"""One run: pages, weights and jobs of the filled database, as plain figures."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import connection

from bench import measure
from bench.fill import Cast
from bench.jobs import JOBS, Job
from bench.pages import PAGES, WEIGHED, Page, Scene, find_scene, session_of
from bench.server import Answer, Server, cpu_seconds, running
from contacts.services.flags import flag_overdue


def run(
    cast: Cast, requests: int, environment: dict[str, str], skip: Sequence[str] = ()
) -> dict[str, Any]:
    """Measure everything but what has one of the words of ``skip`` in its name; return it."""
    flag_overdue()
    # All: the jobs of an earlier run leave a kept database with dead rows.
    measure.statement("VACUUM ANALYZE")
    scene = find_scene(cast)
    with running(environment) as server:
        sessions = {who: session_of(getattr(cast, who)) for who in Cast.__annotations__}
        asks = {
            key_of(page): _ask(page, scene, server, sessions)
            for page in PAGES
            if _is_wanted(page.name, skip)
        }

        def yardstick() -> Answer:
            return server.get("/yardstick")

        measure.warm_up(asks, yardstick)
        busy = [*server.workers(), *_database_sessions()]
        times = measure.measure_pages(asks, yardstick, requests, lambda: cpu_seconds(busy))
        weights = {
            name: server.weight(address(scene), sessions.get(who, ""))
            for name, who, address in WEIGHED
        }
        memory = server.memory_of_workers()
    unit = statistics.median(one for page in times.values() for one in page.yardsticks)
    return {
        "yardstick_ms": unit * 1000,
        "pages": {name: page.figures() for name, page in times.items()},
        "weights": weights,
        "memory_mb": memory,
        "jobs": {job.name: _job(job, cast, unit) for job in JOBS if _is_wanted(job.name, skip)},
    }


def _is_wanted(name: str, skip: Sequence[str]) -> bool:
    return not any(words in name for words in skip)


def _database_sessions() -> list[int]:
    """Return the process ids of the web workers' sessions, where the database is of here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        pids = [pid for (pid,) in cursor.fetchall()]
    return [pid for pid in pids if Path(f"/proc/{pid}/schedstat").exists()]


def key_of(page: Page) -> str:
    """Return what a page is called in figures: name and who asks."""
    return f"{page.name}, {page.who}"


def _ask(page: Page, scene: Scene, server: Server, sessions: dict[str, str]) -> measure.Ask:
    address, session, form = page.address(scene), sessions[page.who], page.form
    if form is None:
        return lambda: server.get(address, session)
    return lambda: server.post(address, session, form(scene))


def _job(job: Job, cast: Cast, yardstick: float) -> dict[str, Any]:
    timing = job.run(cast)
    return {
        "ratio": timing.seconds / (timing.by_hand or yardstick),
        "seconds": timing.seconds,
        "memory_mb": timing.memory_mb,
        "statements": timing.statements,
        "statements_of_few": timing.of_few,
    }
