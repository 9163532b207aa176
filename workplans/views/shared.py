"""What the pages of workplans share: who asks, and how to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from customers.querysets import serves_anybody
from staff.models import Role, StaffUser, Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from staff.querysets import UnitQuerySet


def person_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return who is signed in; the sign-in guard lets nobody else through."""
    if not isinstance(user, StaffUser):
        raise Http404
    return user


def reader_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return the person where the role has to do with plans; for others nothing is here."""
    person = person_of(user)
    if person.role not in (Role.MANAGER, Role.SUPERVISOR, Role.HEAD_OFFICE):
        raise Http404
    return person


def manager_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return the customer manager who asks; for everybody else the page is not there."""
    person = person_of(user)
    if not person.is_manager or not serves_anybody(person.scope):
        raise Http404
    return person


def overseer_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return the supervisor or head office; for everybody else the page is not there."""
    person = person_of(user)
    if person.scope.unit_path is None and not person.scope.everything:
        raise Http404
    return person


def supervisor_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return the supervisor who asks; for everybody else the page is not there."""
    person = person_of(user)
    if person.scope.unit_path is None:
        raise Http404
    return person


def units_of(user: StaffUser) -> UnitQuerySet:
    """Return the units to choose from."""
    return Unit.objects.visible_to(user).order_by("full_name")
