"""What the pages of retention share: who asks, for which customer, and how to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from customers.models import Customer
from staff.models import Role, StaffUser

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
    if person.role not in (Role.MANAGER, Role.SUPERVISOR, Role.HEAD_OFFICE):
        raise Http404
    return person


def visible_customer(request: HttpRequest, pk: int) -> Customer:
    """Return the customer with unit and manager, where the person sees them."""
    found = Customer.objects.visible_to(reader_of(request.user))
    return get_object_or_404(found.select_related("unit", "manager"), pk=pk)


def editable_customer(request: HttpRequest, pk: int) -> Customer:
    """Return the customer with unit and manager, where the person may change them."""
    found = Customer.objects.editable_by(person_of(request.user))
    return get_object_or_404(found.select_related("unit", "manager"), pk=pk)
