"""What the pages of the contacts app share: who asks, for which customer, and how to answer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import Snooze
from core import clock
from core.htmx import is_partial, next_of, own_address, trigger
from customers.models import Customer
from staff.models import Role, StaffUser

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

ROWS = frozenset(Snooze.Subject.values)


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


def editable_customer(request: HttpRequest, pk: int) -> Customer:
    """Return the customer with its unit, where the person may change it."""
    found = Customer.objects.editable_by(person_of(request.user)).select_related("unit")
    return get_object_or_404(found, pk=pk)


def today_of(customer: Customer) -> date:
    """Return today's date in the customer's unit."""
    return clock.today(customer.unit.time_zone)


def row_of(data: QueryDict) -> str:
    """Return which row of My day a form was opened from; the contact's where none is named."""
    row = data.get("row") or data.get("subject") or ""
    return row if row in ROWS else Snooze.Subject.CONTACT.value


def then_of(request: HttpRequest) -> str:
    """Return what a page of ours wants opened once a contact was made: an address of ours or ""."""
    return own_address(request, "then")


def also_of(request: HttpRequest) -> str:
    """Return who takes what else the log drawer was filled in with: an address of ours or "".

    A higher app's line in the drawer brings its address in ``also`` and its own fields, whose names
    begin with ``also_``. It is filled in where ``also_what`` says something.
    """
    is_filled = bool(request.POST.get("also_what", "").strip())
    return own_address(request, "also") if is_filled else ""


def typed_also(request: HttpRequest) -> str:
    """Return what was typed in the higher app's line, as a query string: it comes back with it."""
    return urlencode(
        {name: text for name, text in request.POST.items() if name.startswith("also_")}
    )


def coming_days(today: date) -> list[tuple[str, date]]:
    """Return the days that are offered as buttons, with their words."""
    return [
        (_("Tomorrow"), today + timedelta(days=1)),
        (_("In 3 days"), today + timedelta(days=3)),
        (_("In a week"), today + timedelta(days=7)),
    ]


def done(
    request: HttpRequest, customer: Customer, text: str, event: str, undo_url: str = ""
) -> HttpResponse:
    """Say that it is done: to htmx by events that close the drawer, else on the next page."""
    if not is_partial(request):
        messages.success(request, text)
        return redirect(_where_next(request, customer))
    toast = {"text": text, "level": "success"}
    if undo_url:
        toast["undo_url"] = undo_url
    return trigger(HttpResponse(status=204), toast=toast, close_drawer={}, **{event: {}})


def _where_next(request: HttpRequest, customer: Customer) -> str:
    return next_of(request) or reverse("customers:customer_detail", args=[customer.pk])
