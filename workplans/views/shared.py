"""What the pages of workplans share: who asks, and how to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from core.htmx import is_partial, trigger
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


def answer(
    request: HttpRequest, partial: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Answer htmx with the partial; anybody else with the whole page that has the view's name."""
    in_part = is_partial(request)
    match = request.resolver_match
    template = partial if in_part or match is None else f"workplans/{match.url_name}.html"
    return render(request, template, {**context, "in_part": in_part}, status=status)


def go(request: HttpRequest, url: str, text: str = "", level: str = "success") -> HttpResponse:
    """Lead to another page of ours, saying there what was done."""
    if text:
        messages.add_message(request, getattr(messages, level.upper()), text)
    if not is_partial(request):
        return redirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response


def done(request: HttpRequest, url: str, text: str, event: str) -> HttpResponse:
    """Say that it is done: to htmx by events that close the drawer, else on the next page.

    ``url``: where to go without scripts, unless the form says otherwise in ``next``.
    """
    if not is_partial(request):
        messages.success(request, text)
        return redirect(next_of(request) or url)
    toast = {"text": text, "level": "success"}
    return trigger(HttpResponse(status=204), toast=toast, close_drawer={}, **{event: {}})


def next_of(request: HttpRequest) -> str:
    """Return where the page that holds the form wants to go afterwards; empty where nowhere."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if is_ours else ""
