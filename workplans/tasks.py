"""Jobs of the workplans app."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from celery import shared_task

from workplans.services import signals


@shared_task(name="workplans.tasks.find_signals")
def find_signals(as_of: str | None = None) -> dict[str, int]:
    """Look for signs of careless records (``as_of``: ISO date). Safe twice, side by side."""
    return asdict(signals.find_signals(as_of=date.fromisoformat(as_of) if as_of else None))
