"""What tasks of the outbox do: letters and the like, in the test's own process."""

from __future__ import annotations

from celery import current_app

from core import clock
from core.models import OutboxTask


def run_outbox(task: str) -> int:
    """Run what waits in the outbox for ``task``, as a worker would; return how many there were."""
    waiting = OutboxTask.objects.filter(task=task, sent_at=None).order_by("created_at")
    for row in waiting:
        current_app.tasks[task].apply(kwargs=row.kwargs, throw=True)
        OutboxTask.objects.filter(pk=row.pk).update(sent_at=clock.now())
    return len(waiting)


def send_letters() -> int:
    """Send the letters with a link for a new password that were asked for."""
    return run_outbox("staff.tasks.send_reset_letter")
