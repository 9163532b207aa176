"""What the pages of complaints share: who asks, which complaint, and how to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from complaints.models import Category, Complaint
from customers.models import Customer
from staff.models import Role, StaffUser

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

READERS = (Role.MANAGER, Role.SUPERVISOR, Role.COMPLAINT_HANDLER, Role.HEAD_OFFICE)
COMPLAINT_ROWS = ("customer__unit", "customer__manager", "unit", "handler", "category__parent")


def person_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return who is signed in; the sign-in guard lets nobody else through."""
    if not isinstance(user, StaffUser):
        raise Http404
    return user


def reader_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return the person where the role sees complaints; for others nothing is here."""
    person = person_of(user)
    if person.role not in READERS:
        raise Http404
    return person


def writer_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return the person where the role has a part in complaints; head office only reads."""
    person = reader_of(user)
    if person.is_head_office:
        raise Http404
    return person


def visible_complaint(request: HttpRequest, pk: int) -> Complaint:
    """Return the complaint with its people, where the person sees it."""
    seen = Complaint.objects.visible_to(reader_of(request.user))
    rows = seen.select_related(*COMPLAINT_ROWS, "manager", "registered_by", "merged_into")
    return get_object_or_404(rows, pk=pk)


def editable_complaint(request: HttpRequest, pk: int) -> Complaint:
    """Return the complaint where the person moves it."""
    found = Complaint.objects.editable_by(writer_of(request.user))
    return get_object_or_404(found.select_related(*COMPLAINT_ROWS), pk=pk)


def commentable_complaint(request: HttpRequest, pk: int) -> Complaint:
    """Return the complaint where the person has a part in it: may add remarks and files."""
    seen = Complaint.objects.visible_to(writer_of(request.user))
    return get_object_or_404(seen.select_related(*COMPLAINT_ROWS), pk=pk)


def served_customer(request: HttpRequest, pk: int) -> Customer:
    """Return the customer with the unit, where the person may register what they complain of."""
    found = Customer.objects.editable_by(person_of(request.user))
    return get_object_or_404(found.select_related("unit", "manager"), pk=pk)


def categories_for(user: StaffUser) -> Any:
    """Return the categories that can be chosen, in the order of the tree."""
    return Category.objects.visible_to(user).in_use().in_tree_order()
