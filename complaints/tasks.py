"""Jobs of the complaints app."""

from __future__ import annotations

from celery import shared_task

from complaints.services import notices, promises, requests, voided


@shared_task(name="complaints.tasks.tell_due")
def tell_due() -> int:
    """Tell who is to be told of complaints that run out of time. Safe twice, side by side.

    First the clocks are put right of which the answer was voided.
    """
    voided.take_back_answers()
    return notices.tell_due()


@shared_task(name="complaints.tasks.settle_open")
def settle_open() -> int:
    """Put clocks of open complaints right that are not as promised. Safe twice, side by side."""
    return promises.settle_open()


@shared_task(name="complaints.tasks.remind_of_requests")
def remind_of_requests() -> int:
    """Remind of promises, mark what is late, escalate it. Safe twice, side by side."""
    return sum(requests.remind_and_escalate().values())
