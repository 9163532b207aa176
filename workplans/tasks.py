"""Jobs of the workplans app."""

from __future__ import annotations

from celery import shared_task

from core import clock
from workplans.services import calendar


@shared_task(name="workplans.tasks.fill_workdays")
def fill_workdays() -> int:
    """Fill the working calendar of this year and the next. Safe twice, side by side."""
    year = clock.today().year
    return calendar.fill_workdays(years=(year, year + 1))
