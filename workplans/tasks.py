"""Jobs of the workplans app."""

from __future__ import annotations

from dataclasses import asdict

from celery import shared_task

from workplans.services import lapses


@shared_task(name="workplans.tasks.flag_lapses")
def flag_lapses() -> dict[str, int]:
    """Flag the plans and logs that were not handed in in time. Safe twice, side by side."""
    return asdict(lapses.flag_lapses())
