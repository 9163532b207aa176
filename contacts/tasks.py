"""Jobs of the contacts app."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from celery import shared_task

from contacts.services import calls, flags, missed_calls, verification


@shared_task(name="contacts.tasks.flag_overdue")
def flag_overdue(as_of: str | None = None) -> dict[str, int]:
    """Open, close and escalate cadence flags (``as_of``: ISO date). Safe twice, side by side."""
    changes = flags.flag_overdue(as_of=date.fromisoformat(as_of) if as_of else None)
    return asdict(changes)


@shared_task(name="contacts.tasks.judge_anew")
def judge_anew() -> int:
    """Set right which records count as contacts. Safe twice, side by side."""
    return verification.judge_anew()


@shared_task(name="contacts.tasks.escalate_missed_calls")
def escalate_missed_calls() -> int:
    """Escalate the missed calls that are over their time. Safe twice, side by side."""
    return missed_calls.escalate_missed_calls()


@shared_task(name="contacts.tasks.explain_calls")
def explain_calls() -> int:
    """Find the customers of calls whose number has become known. Safe twice, side by side."""
    return calls.explain_recent_calls()
