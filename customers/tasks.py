"""Jobs of the customers app."""

from __future__ import annotations

from datetime import date

from celery import shared_task

from customers.services import clocks


@shared_task(name="customers.tasks.apply_standards")
def apply_standards(today: str | None = None) -> int:
    """Move the clocks for figures in force (by ``today``, ISO). Safe twice and side by side."""
    return clocks.apply_standards(today=date.fromisoformat(today) if today else None)


@shared_task(name="customers.tasks.refresh_clocks_of_unit")
def refresh_clocks_of_unit(unit_id: int) -> int:
    """Compute the due days of a unit's customers anew. Safe twice and side by side."""
    return clocks.refresh_clocks_of_unit(unit_id=unit_id)
