"""An event becomes a warning within the minute through a real broker, worker and database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.beat import Scheduler
from django.conf import settings
from django.db import connection

from contacts.models import CadenceFlag
from core import clock, outbox
from retention.models import ChurnEvent, ChurnWarning, RiskRun
from staff.models import StaffUser
from tests.factories import CustomerFactory
from vipcrm.celery import app

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

START_SECONDS = 60
RUN_SECONDS = 60
NIGHTLY = "score customers and warn of those who may leave"


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


def test_an_event_becomes_a_warning_within_the_minute(
    manager: StaffUser, worker: Path, queue: str
) -> None:
    customer = CustomerFactory(manager=manager)
    event = ChurnEvent.objects.create(
        customer=customer, kind="port_out_started", happened_at=clock.now()
    )
    outbox.enqueue("retention.tasks.judge_churn_events", event_ids=[event.pk])
    wait_for(ChurnWarning.objects.open().filter(customer=customer).exists, RUN_SECONDS, worker)
    outbox.enqueue("retention.tasks.judge_churn_events", event_ids=[event.pk])
    wait_for(lambda: worker.read_text().count("succeeded") >= 2, RUN_SECONDS, worker)
    assert ChurnWarning.objects.count() == 1
    assert not CadenceFlag.objects.exists()


def test_beats_entry_scores_every_unit(
    manager: StaffUser, outsider: StaffUser, worker: Path, queue: str
) -> None:
    for served_by in (manager, outsider):
        CustomerFactory(manager=served_by)
    scheduler = Scheduler(app=app, lazy=True)
    scheduler.setup_schedule()
    entry = scheduler.schedule[NIGHTLY]
    entry.options = {**(entry.options or {}), "queue": queue}
    scheduler.apply_async(entry, advance=False)
    units = {manager.unit_id, outsider.unit_id}
    # What the worker asks for itself goes to the usual queue: the tasks are run from the outbox.
    wait_for(lambda: worker.read_text().count("succeeded") >= 1, RUN_SECONDS, worker)
    for unit in units:
        outbox.enqueue("retention.tasks.flag_churn_risk_of_unit", unit_id=unit, as_of=None)
    wait_for(lambda: RiskRun.objects.filter(unit__in=units).count() == 2, RUN_SECONDS, worker)
