"""The nearest deadline of a complaint, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy

from complaints.models import State

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


CLOSED, TO_BE_CLOSED = gettext_lazy("Closed"), gettext_lazy("To be closed")
RESPONSE, RESOLUTION = gettext_lazy("First response"), gettext_lazy("Resolution")
BY_LAW = gettext_lazy("By law")


@dataclass(frozen=True)
class Left:
    """The nearest deadline of a complaint in words; ``at`` None: its clock stands still."""

    label: StrOrPromise
    at: datetime | None
    is_over: bool = False


def left_of(complaint: Any, now: datetime) -> Left:
    """Return which deadline of a complaint, or of a row with its columns, is next, and if past."""
    if complaint.state == State.CLOSED:
        return Left(CLOSED, None)
    if complaint.state == State.RESOLVED:
        return Left(TO_BE_CLOSED, None)
    at = complaint.due_at
    if at == complaint.resolution_due_at:
        label = RESOLUTION
    else:
        label = RESPONSE if at == complaint.response_due_at else BY_LAW
    return Left(label, at, at < now)
