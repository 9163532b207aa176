"""A real Celery worker in a process of its own, on the test database: PostgreSQL and Redis only."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from vipcrm.celery import app

START_SECONDS = 60
RUN_SECONDS = 60


def database_url() -> str:
    """The test database, as the worker's environment names it."""
    of = connection.settings_dict
    account = f"{of['USER']}:{of['PASSWORD']}@" if of["PASSWORD"] else f"{of['USER']}@"
    return f"postgresql://{account}{of['HOST']}:{of['PORT'] or 5432}/{of['NAME']}"


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> str:
    """A queue of this test alone, to which everything that is asked for goes."""
    name = f"warnings-{os.getpid()}"
    for task in ("judge_churn_events", "flag_churn_risk_of_unit"):
        asked: Any = app.tasks[f"retention.tasks.{task}"]
        monkeypatch.setattr(asked, "_exec_options", {**asked._get_exec_options(), "queue": name})
    return name


@pytest.fixture
def worker(tmp_path: Path, queue: str, db: None) -> Iterator[Path]:
    """A Celery worker in a process of its own; gives the file it logs to."""
    log = tmp_path / "worker.log"
    environment = os.environ | {
        # A worker is a real process of the product, which refuses the secret of the tests.
        "SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_SETTINGS_MODULE": "vipcrm.settings",
        "DATABASE_URL": database_url(),
        "VIPCRM_VAR": str(tmp_path),
    }
    command = [
        *(sys.executable, "-m", "celery", "--app", "vipcrm", "worker"),
        *("--pool", "solo", "--queues", queue, "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle"),
    ]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, env=environment, cwd=settings.BASE_DIR, stdout=output, stderr=output
        ) as process,
    ):
        try:
            wait_for(lambda: " ready." in log.read_text(), START_SECONDS, log)
            yield log
        finally:
            process.terminate()
            process.wait(timeout=20)


def wait_for(condition: Callable[[], bool], seconds: float, log: Path) -> None:
    """Look until ``condition`` holds; show the worker's log where it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"The worker did not do it in time:\n{log.read_text()}")
        time.sleep(0.1)
