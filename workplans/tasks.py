"""Jobs of the workplans app."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from celery import shared_task

from workplans.services import lapses, signals


@shared_task(name="workplans.tasks.flag_lapses")
def flag_lapses() -> dict[str, int]:
    """Flag the plans and logs that were not handed in in time. Safe twice, side by side."""
    return asdict(lapses.flag_lapses())


@shared_task(name="workplans.tasks.find_signals")
def find_signals(as_of: str | None = None) -> dict[str, int]:
    """Look for signs of careless records (``as_of``: ISO date). Safe twice, side by side."""
    return asdict(signals.find_signals(as_of=date.fromisoformat(as_of) if as_of else None))
