"""Jobs of the complaints app."""

from __future__ import annotations

from celery import shared_task

from complaints.services import notices, requests, voided


@shared_task(name="complaints.tasks.tell_due")
def tell_due() -> int:
    """Tell who is to be told of complaints that run out of time. Safe twice, side by side.

    First the clocks are put right of which the answer was voided.
    """
    voided.take_back_answers()
    return notices.tell_due()


@shared_task(name="complaints.tasks.remind_of_requests")
def remind_of_requests() -> int:
    """Remind of promises, mark what is late, escalate it. Safe twice, side by side."""
    return sum(requests.remind_and_escalate().values())
