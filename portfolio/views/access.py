"""Who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from customers.querysets import serves_anybody
from staff.models import ROLES_THAT_READ_LISTS, StaffUser

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


def person_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return who is signed in; the sign-in guard lets nobody else through."""
    if not isinstance(user, StaffUser):
        raise Http404
    return user


def reader_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return the person where the role sees customers; for others nothing is here."""
    person = person_of(user)
    if not serves_anybody(person.scope) or person.role not in ROLES_THAT_READ_LISTS:
        raise Http404
    return person


def supervisor_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return the supervisor who asks; for everybody else the page is not there."""
    person = person_of(user)
    if person.scope.unit_path is None:
        raise Http404
    return person
