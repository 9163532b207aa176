"""Jobs of the complaints app."""

from __future__ import annotations

from celery import shared_task

from complaints.services import notices


@shared_task(name="complaints.tasks.tell_due")
def tell_due() -> int:
    """Tell who is to be told of complaints that run out of time. Safe twice, side by side."""
    return notices.tell_due()
