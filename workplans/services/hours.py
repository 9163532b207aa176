"""When a manager works, as the manager says (article 4)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import time

from django.core.exceptions import PermissionDenied
from django.db import transaction

from core import audit
from staff.models import StaffUser
from workplans.models import WorkingHours


def hours_of(manager: StaffUser) -> WorkingHours:
    """Return the manager's hours; the usual ones, not kept, where none were entered."""
    found = WorkingHours.objects.filter(manager=manager).first()
    return found or WorkingHours(manager=manager)


@transaction.atomic
def set_hours(
    *,
    actor: StaffUser,
    weekdays: Collection[int],
    starts_at: time,
    ends_at: time,
    break_minutes: int,
) -> WorkingHours:
    """Set the actor's weekdays (1 is Monday), hours and break in minutes.

    Raises PermissionDenied for who is no customer manager, ValidationError for no weekday or hours
    that end before they begin. Plans that are there stay as they are. Safe to run twice.
    """
    if not actor.is_manager:
        raise PermissionDenied
    hours = WorkingHours.objects.select_for_update().filter(manager=actor).first()
    hours = hours or WorkingHours(manager=actor)
    before = _entered(hours)
    hours.weekdays = sorted(weekdays)
    hours.starts_at, hours.ends_at = starts_at, ends_at
    hours.break_minutes = break_minutes
    changes = audit.difference(before, _entered(hours))
    if not changes:
        return hours
    hours.full_clean(exclude=["manager"], validate_unique=False)
    hours.save()
    audit.record(actor=actor, verb="working_hours.set", obj=hours, changes=changes)
    return hours


def _entered(hours: WorkingHours) -> dict[str, object]:
    return {
        "weekdays": " ".join(str(day) for day in hours.weekdays),
        "starts_at": f"{hours.starts_at:%H:%M}",
        "ends_at": f"{hours.ends_at:%H:%M}",
        "break_minutes": hours.break_minutes,
    }
