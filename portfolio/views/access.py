"""Who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from staff.models import StaffUser

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


def person_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return who is signed in; the sign-in guard lets nobody else through."""
    if not isinstance(user, StaffUser):
        raise Http404
    return user
