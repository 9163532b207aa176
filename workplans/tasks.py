"""Jobs of the workplans app."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from celery import shared_task

from core import clock
from workplans.services import calendar, lapses, signals


@shared_task(name="workplans.tasks.fill_workdays")
def fill_workdays() -> int:
    """Fill the working calendar of this year and the next. Safe twice, side by side."""
    year = clock.today().year
    return calendar.fill_workdays(years=(year, year + 1))


@shared_task(name="workplans.tasks.flag_lapses")
def flag_lapses() -> dict[str, int]:
    """Flag the plans and logs that were not handed in in time. Safe twice, side by side."""
    return asdict(lapses.flag_lapses())


@shared_task(name="workplans.tasks.find_signals")
def find_signals(as_of: str | None = None) -> dict[str, int]:
    """Look for signs of careless records (``as_of``: ISO date). Safe twice, side by side."""
    return asdict(signals.find_signals(as_of=date.fromisoformat(as_of) if as_of else None))
