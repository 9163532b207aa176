"""Jobs of the staff app: letters with a link for a new password, and sessions that are over."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from celery import shared_task

from staff import services
from staff.models import StaffUser

logger = logging.getLogger(__name__)

# A mail server that is away for a moment, or for some hours; a link is good for a day.
TRIES = 8
FIRST_WAIT_SECONDS = 30


@shared_task(
    name="staff.tasks.send_reset_letter",
    autoretry_for=(SMTPException, OSError),
    max_retries=TRIES,
    retry_backoff=FIRST_WAIT_SECONDS,
    retry_backoff_max=2 * 3600,
)
def send_reset_letter(**wanted: Any) -> bool:
    """Send the letter of one request, if the person is still here. Safe to run twice.

    ``user_id``: None where nobody has the address that was typed. The other arguments are those of
    the service.
    """
    user_id = wanted.pop("user_id")
    if user_id is None:
        return False
    user = StaffUser.objects.people().active().filter(pk=user_id).exclude(email="").first()
    return user is not None and services.send_reset_letter(user=user, **wanted)


@shared_task(name="staff.tasks.remove_sessions_over")
def remove_sessions_over() -> int:
    """Remove sessions whose time is over. Safe to run twice and side by side."""
    return services.remove_sessions_over()
