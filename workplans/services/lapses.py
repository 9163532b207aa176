"""Plans and logs that were not handed in in time (articles 4 to 6)."""

from __future__ import annotations

from datetime import date, datetime

from workplans.models import Lapse


def close_lapse(*, manager_id: int, subject: Lapse.Subject, starts_on: date, at: datetime) -> None:
    """Close the open lapse of what is handed in at ``at``; it stays as late. Safe to run twice.

    The caller's change carries the audit entry and the transaction.
    """
    Lapse.objects.open().filter(manager=manager_id, subject=subject, starts_on=starts_on).update(
        closed_at=at, close_reason=Lapse.CloseReason.HANDED_IN
    )


def reopen_lapse(*, manager_id: int, subject: Lapse.Subject, starts_on: date) -> None:
    """Open the lapse again of what was handed in and taken back. Safe to run twice.

    The caller's change carries the audit entry and the transaction.
    """
    Lapse.objects.filter(
        manager=manager_id,
        subject=subject,
        starts_on=starts_on,
        close_reason=Lapse.CloseReason.HANDED_IN,
    ).update(closed_at=None, close_reason="")
