"""Who asks, and of which year and unit: what the pages of departures and goals share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from core.ids import id_in
from customers.querysets import serves_anybody
from staff.models import StaffUser, Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from staff.querysets import UnitQuerySet


def person_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return who is signed in; the sign-in guard lets nobody else through."""
    if not isinstance(user, StaffUser):
        raise Http404
    return user


def reader_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return the person where they see customers; for others nothing is here."""
    person = person_of(user)
    if not serves_anybody(person.scope):
        raise Http404
    return person


def supervisor_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return the supervisor who asks; for everybody else the page is not there."""
    person = person_of(user)
    if person.scope.unit_path is None:
        raise Http404
    return person


def setter_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return who sets what holds for all: head office and administrators."""
    person = person_of(user)
    if not ((person.is_head_office or person.is_administrator) and person.is_active):
        raise Http404
    return person


def units_of(user: StaffUser) -> UnitQuerySet | None:
    """Return the units to choose from; None for a manager, who has none to choose."""
    has_units = user.scope.everything or user.scope.unit_path is not None
    return Unit.objects.visible_to(user).order_by("full_name") if has_units else None


def top_of(request: HttpRequest, user: StaffUser) -> tuple[Unit | None, list[Unit]]:
    """Return the unit asked for, else the person's own or the only top one; and those above it.

    None: all the company, or, for a manager, just the customers served.
    """
    units = units_of(user)
    if units is None:
        return None, []
    wanted = request.GET.get("unit", "")
    if wanted:
        top: Unit | None = get_object_or_404(units, pk=id_in(wanted))
    elif user.is_supervisor:
        top = user.unit
    else:
        roots = list(units.filter(parent=None)[:2])
        top = roots[0] if len(roots) == 1 else None
    if top is None:
        return None, []
    ids = [int(part) for part in top.path.strip("/").split("/")[:-1]]
    return top, list(units.filter(pk__in=ids).order_by("path")) if ids else []


def year_of(request: HttpRequest, this_year: int) -> int:
    """Return the year asked for, else this one; what is no year is not found."""
    wanted = request.GET.get("year", "")
    if not wanted:
        return this_year
    year = id_in(wanted)
    if year is None or not 2000 <= year <= 2100:
        raise Http404
    return year
