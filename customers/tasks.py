"""Jobs of the customers app."""

from __future__ import annotations

from datetime import date

from celery import shared_task

from customers.services import clocks


@shared_task(name="customers.tasks.apply_standards")
def apply_standards(today: str) -> int:
    """Move the clocks for figures in force by ``today`` (ISO). Safe twice and side by side."""
    return clocks.apply_standards(today=date.fromisoformat(today))
