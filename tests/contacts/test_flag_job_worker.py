"""The nightly job as it really runs: beat's entry, a real broker, worker and database."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from celery.beat import Scheduler
from django.conf import settings
from django.db import connection

from contacts.models import CadenceFlag
from staff.models import StaffUser
from tests.factories import CustomerFactory
from vipcrm.celery import app

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

START_SECONDS = 60
RUN_SECONDS = 30
ENTRY = "flag overdue customers"


def database_url() -> str:
    """The test database, as the worker's environment names it."""
    of = connection.settings_dict
    account = f"{of['USER']}:{of['PASSWORD']}@" if of["PASSWORD"] else f"{of['USER']}@"
    return f"postgresql://{account}{of['HOST']}:{of['PORT'] or 5432}/{of['NAME']}"


@pytest.fixture
def queue() -> str:
    """A queue of this test alone: other tests run beside it."""
    return f"flag-job-{os.getpid()}"


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


def wait_for(condition: object, seconds: float, log: Path) -> None:
    """Look until ``condition`` holds; show the worker's log where it never does."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"The worker did not do it in time:\n{log.read_text()}")
        time.sleep(0.1)


def test_beats_entry_goes_through_a_real_worker_and_opens_the_flags(
    manager: StaffUser, worker: Path, queue: str
) -> None:
    overdue = CustomerFactory(manager=manager, tier="gold", vip_since=date(2026, 1, 1))
    scheduler = Scheduler(app=app, lazy=True)
    scheduler.setup_schedule()
    entry = scheduler.schedule[ENTRY]
    entry.options = {**(entry.options or {}), "queue": queue}
    scheduler.apply_async(entry, advance=False)
    flags = CadenceFlag.objects.open().filter(customer=overdue)
    wait_for(flags.exists, RUN_SECONDS, worker)
    scheduler.apply_async(entry, advance=False)
    wait_for(lambda: worker.read_text().count("succeeded") >= 2, RUN_SECONDS, worker)
    assert CadenceFlag.objects.count() == 1
