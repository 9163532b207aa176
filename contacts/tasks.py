"""Jobs of the contacts app."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from celery import shared_task

from contacts.services import flags


@shared_task(name="contacts.tasks.flag_overdue")
def flag_overdue(as_of: str | None = None) -> dict[str, int]:
    """Open, close and escalate cadence flags (``as_of``: ISO date). Safe twice, side by side."""
    changes = flags.flag_overdue(as_of=date.fromisoformat(as_of) if as_of else None)
    return asdict(changes)
