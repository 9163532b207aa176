"""Jobs of the core: the outbox catches up."""

from __future__ import annotations

from celery import shared_task

from core import outbox


@shared_task(name="core.tasks.relay_outbox")
def relay_outbox() -> int:
    """Send what waits in the outbox. Safe to run twice and side by side."""
    return outbox.relay()
