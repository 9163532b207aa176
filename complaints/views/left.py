"""The nearest deadline of a complaint, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from complaints.models import Complaint, State

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Left:
    """The nearest deadline of a complaint in words; ``at`` None: its clock stands still."""

    label: StrOrPromise
    at: datetime | None
    is_over: bool = False


def left_of(complaint: Complaint, now: datetime) -> Left:
    """Return which deadline of ``complaint`` is the nearest, and whether it is past."""
    if complaint.state == State.CLOSED:
        return Left(gettext_lazy("Closed"), None)
    if complaint.state == State.RESOLVED:
        return Left(gettext_lazy("To be closed"), None)
    at = complaint.due_at
    words = {
        complaint.response_due_at: gettext_lazy("First response"),
        complaint.resolution_due_at: gettext_lazy("Resolution"),
    }
    label = words.get(at, gettext_lazy("By law"))
    return Left(label, at, at < now)
