"""Jobs of the retention app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from celery import shared_task

from retention.services import events, goals, scoring, warnings
from staff.models import StaffUser


@shared_task(name="retention.tasks.flag_churn_risk")
def flag_churn_risk(as_of: str | None = None) -> int:
    """Ask for one scoring task a unit (``as_of``: ISO date). Safe twice, side by side."""
    return scoring.fan_out(as_of=date.fromisoformat(as_of) if as_of else None)


@shared_task(name="retention.tasks.flag_churn_risk_of_unit")
def flag_churn_risk_of_unit(unit_id: int, as_of: str | None = None) -> dict[str, int]:
    """Score one unit's customers and settle its warnings. Safe twice, side by side."""
    day = date.fromisoformat(as_of) if as_of else None
    return asdict(scoring.flag_unit(unit_id=unit_id, as_of=day))


@shared_task(name="retention.tasks.judge_churn_events")
def judge_churn_events(event_ids: Sequence[int]) -> int:
    """Open or update the warnings of these events. Safe twice, side by side."""
    return warnings.judge_events(event_ids=event_ids)


@shared_task(name="retention.tasks.take_competitor_mentions")
def take_competitor_mentions() -> int:
    """Make events of contacts that mention a competitor. Safe twice, side by side."""
    return events.take_competitor_mentions()


@shared_task(name="retention.tasks.escalate_warnings")
def escalate_warnings() -> int:
    """Escalate the warnings that were not followed up in time. Safe twice, side by side."""
    return warnings.escalate_overdue()


@shared_task(name="retention.tasks.freeze_base_of_the_year")
def freeze_base_of_the_year() -> int | None:
    """Freeze the base of a year that has just begun. Safe twice, side by side."""
    base = goals.freeze_base_of_the_year()
    return base.members if base is not None else None


@shared_task(name="retention.tasks.freeze_base")
def freeze_base(year: int, actor_id: int | None = None) -> int | None:
    """Freeze or rebuild the base of ``year`` for a person. Safe twice, side by side."""
    actor = StaffUser.objects.filter(pk=actor_id).first()
    return goals.freeze_base(year=year, actor=actor).members
