"""The sessions in which people are signed in: ending one, all, and clearing what is over."""

from __future__ import annotations

import logging

from django.db import transaction

from core import audit, clock
from staff.models import OpenSession, StaffUser

logger = logging.getLogger(__name__)


@transaction.atomic
def end_session(*, actor: StaffUser, session: OpenSession) -> bool:
    """End one session; whoever sits there is signed out at the next click.

    Says whether it was still open. Safe to run twice: the second time nothing is left to end.
    """
    ended, _rows = OpenSession.objects.filter(pk=session.pk).delete()
    if not ended or session.account is None:
        return False
    audit.record(
        actor=actor,
        verb="staff.session_ended",
        obj=session.account,
        changes={"ip": [session.address, None], "browser": [session.browser, None]},
    )
    logger.info("%s ended a session of %s.", actor.staff_number, session.account.staff_number)
    return True


@transaction.atomic
def end_sessions(*, actor: StaffUser, user: StaffUser, besides: str = "") -> int:
    """End all sessions of ``user`` but the one with the key ``besides``; return how many.

    Safe to run twice: the second time nothing is left to end.
    """
    rows = OpenSession.objects.filter(account=user).exclude(session_key=besides)
    ended = rows.open().count()
    rows.delete()
    if ended:
        audit.record(
            actor=actor,
            verb="staff.sessions_ended",
            obj=user,
            changes={"sessions": [ended, 0]},
        )
        logger.info("%s ended %s sessions of %s.", actor.staff_number, ended, user.staff_number)
    return ended


def remove_sessions_over() -> int:
    """Remove the rows of sessions whose time is over; return how many. Safe to run twice."""
    removed, _rows = OpenSession.objects.filter(expire_date__lt=clock.now()).delete()
    return removed
