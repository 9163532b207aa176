"""The outbox: a change asks for background work; a dead broker only delays it."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from core import clock
from core.models import OutboxTask

logger = logging.getLogger(__name__)

GRACE = timedelta(seconds=30)
KEEP_SENT = timedelta(days=7)
RELAY_BATCH = 500


def enqueue(task: str, **kwargs: Any) -> OutboxTask:
    """Ask for the Celery task called ``task`` after the present transaction commits.

    ``kwargs`` are plain ids and ISO dates. The task may run more than once and must be safe so.
    """
    row = OutboxTask.objects.create(task=task, kwargs=kwargs)
    transaction.on_commit(partial(_send, row))
    return row


def relay() -> int:
    """Send what a dead broker or a killed process left behind; return how many were sent.

    May run twice and side by side: a task sent twice is a task run twice, which tasks allow.
    """
    now = clock.now()
    OutboxTask.objects.filter(sent_at__lt=now - KEEP_SENT).delete()
    waiting = OutboxTask.objects.filter(sent_at=None, created_at__lt=now - GRACE)
    return sum(_send(row) for row in waiting.order_by("created_at")[:RELAY_BATCH])


def _send(row: OutboxTask) -> bool:
    try:
        current_app.tasks[row.task].apply_async(kwargs=row.kwargs)
    except OperationalError as error:
        logger.warning("The broker is away; %s waits in the outbox: %s", row, error)
        return False
    OutboxTask.objects.filter(pk=row.pk).update(sent_at=clock.now())
    return True
