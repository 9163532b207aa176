"""A long export in real workers: one is killed among its rows, another writes the file once."""

from __future__ import annotations

import csv
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from core import clock
from core.models import AuditEntry
from customers.models import Customer, Tier
from exchange.models import Export
from exchange.services import exports
from exchange.tasks import write_export
from staff.models import StaffUser
from tests.exchange.exporting import allow

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

ROWS = 20_000
PATIENCE = 90


def wait_for(condition: Callable[[], bool], log: Path) -> None:
    """Look until ``condition`` holds; show the worker's log where it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"The worker did not do it in time:\n{log.read_text()}")
        time.sleep(0.02)


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Return a function that starts a worker of a queue, in a process of its own."""
    of = connection.settings_dict
    account = f"{of['USER']}:{of['PASSWORD']}@" if of["PASSWORD"] else f"{of['USER']}@"
    environment = os.environ | {
        # A worker is a real process of the product, which refuses the secret of the tests.
        "SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_SETTINGS_MODULE": "vipcrm.settings",
        "DATABASE_URL": f"postgresql://{account}{of['HOST']}:{of['PORT'] or 5432}/{of['NAME']}",
        "VIPCRM_VAR": str(tmp_path),
    }
    started: list[subprocess.Popen[bytes]] = []

    def start(queue: str) -> subprocess.Popen[bytes]:
        log = tmp_path / f"{queue}.log"
        command = [
            *(sys.executable, "-m", "celery", "--app", "vipcrm", "worker"),
            *("--pool", "solo", "--queues", queue, "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle"),
        ]
        with log.open("wb") as output:
            worker = subprocess.Popen(
                command, env=environment, cwd=settings.BASE_DIR, stdout=output, stderr=output
            )
        started.append(worker)
        wait_for(lambda: " ready." in log.read_text(), log)
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.wait(timeout=20)


def test_a_worker_killed_among_the_rows_loses_and_doubles_nothing(
    manager: StaffUser,
    start_worker: Callable[[str], subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    today = clock.today()
    Customer.objects.bulk_create(
        Customer(
            number=f"K{number:05d}",
            name="王芳",
            manager=manager,
            unit=manager.unit,
            tier=Tier.GOLD,
            vip_since=today,
            contact_due_on=today + timedelta(days=number % 30),
        )
        for number in range(ROWS)
    )
    asked = exports.request_export(
        actor=allow(manager),
        list_name="customers",
        file_format="csv",
        query="sort=number",
        columns=["name", "phone"],
    )
    export = asked.export
    first, second = (f"export-{os.getpid()}-{number}" for number in (1, 2))

    def state() -> tuple[str, int]:
        export.refresh_from_db()
        return export.state, export.rows_done

    worker = start_worker(first)
    write_export.apply_async(kwargs={"export_id": export.pk}, queue=first)
    wait_for(lambda: state()[1] > 0, tmp_path / f"{first}.log")
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=20)
    assert state()[0] == "writing"
    assert list((tmp_path / "media" / "exports-at-work").iterdir())

    Export.objects.filter(pk=export.pk).update(progress_at=clock.now() - timedelta(minutes=6))
    assert exports.resume_stalled_exports() == 1
    start_worker(second)
    for _twice in range(2):
        write_export.apply_async(kwargs={"export_id": export.pk}, queue=second)
    log = tmp_path / f"{second}.log"
    wait_for(lambda: state()[0] == "done", log)
    wait_for(lambda: log.read_text().count("succeeded") == 2, log)
    (file,) = (tmp_path / "media" / "exports").iterdir()
    with file.open(encoding="utf-8-sig", newline="") as stream:
        numbers = [row[1] for row in csv.reader(stream)][1:]
    assert numbers == [f"K{number:05d}" for number in range(ROWS)]
    assert not list((tmp_path / "media" / "exports-at-work").iterdir())
    assert AuditEntry.objects.filter(verb="export.made").count() == 1
