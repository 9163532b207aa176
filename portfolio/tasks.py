"""Jobs of the portfolio app."""

from __future__ import annotations

from celery import shared_task

from portfolio.services import reassignment


@shared_task(name="portfolio.tasks.apply_reassignments")
def apply_reassignments() -> int:
    """Put the handovers in force whose day has come. Safe to run twice and side by side."""
    return reassignment.apply_due_reassignments()
