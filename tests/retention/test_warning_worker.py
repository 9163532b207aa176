"""An event becomes a warning within the minute through a real broker, worker and database."""

from __future__ import annotations

from pathlib import Path

import pytest
from celery.beat import Scheduler

from contacts.models import CadenceFlag
from core import clock, outbox
from core.models import OutboxTask
from retention.models import ChurnEvent, ChurnWarning, RiskRun
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.workers import RUN_SECONDS, queue, wait_for, worker
from vipcrm.celery import app

__all__ = ["queue", "worker"]

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

NIGHTLY = "score customers and warn of those who may leave"


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
    asked = OutboxTask.objects.filter(task="retention.tasks.flag_churn_risk_of_unit")
    wait_for(lambda: asked.count() == len(units), RUN_SECONDS, worker)
    assert {task.kwargs["unit_id"] for task in asked} == units
    # What the worker asked for went to the usual queue, where nobody listens: the very same tasks
    # are handed to it here, none that the test has made up.
    for task in asked:
        app.tasks[task.task].apply_async(kwargs=task.kwargs)
    wait_for(lambda: RiskRun.objects.filter(unit__in=units).count() == 2, RUN_SECONDS, worker)
