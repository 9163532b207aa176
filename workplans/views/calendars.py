"""When a manager works, and the calendar feed of the plans."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import languages
from core.forms import add_refusal
from staff.models import StaffUser
from workplans.forms.plans import HoursForm
from workplans.models import CalendarFeed
from workplans.services.feeds import feed_of, make_feed, revoke_feed
from workplans.services.hours import hours_of, set_hours
from workplans.views.answers import address_of, go
from workplans.views.shared import manager_of

FEED_SECONDS = 900
"""So long a calendar program may keep what it read."""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def plan_hours(request: HttpRequest) -> HttpResponse:
    """Show and set the manager's working hours; beside them the calendar feed."""
    user = manager_of(request.user)
    form = HoursForm(request.POST or None, initial=_entered(user))
    if request.method == "POST" and form.is_valid():
        try:
            set_hours(actor=user, **form.cleaned_data)
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            text = _("Saved. The next draft keeps to these hours.")
            return go(request, reverse("workplans:plan_hours"), text)
    return _page(request, user, form, status=422 if form.errors else 200)


@require_POST
@never_cache
def plan_feed_renew(request: HttpRequest) -> HttpResponse:
    """Make a new address of the calendar feed and show it once; an old one ends."""
    user = manager_of(request.user)
    key = make_feed(actor=user)
    address = request.build_absolute_uri(reverse("workplans:plan_feed", args=[key]))
    return _page(request, user, HoursForm(initial=_entered(user)), address=address)


@require_POST
def plan_feed_revoke(request: HttpRequest) -> HttpResponse:
    """End the address of the calendar feed."""
    revoke_feed(actor=manager_of(request.user))
    text = _("The address has ended. Calendars that used it are told so.")
    return go(request, reverse("workplans:plan_hours"), text)


@login_not_required
@require_safe
@cache_control(private=True, max_age=FEED_SECONDS)
def plan_feed(request: HttpRequest, key: str) -> HttpResponse:
    """Answer a calendar program that knows the secret address; to others nothing is here."""
    found = feed_of(
        key,
        address=lambda plan: request.build_absolute_uri(address_of(plan)),
        language=languages.asked_by(request),
    )
    if found is None:
        return HttpResponse(status=404, content_type="text/plain")
    response = HttpResponse(found, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="plan.ics"'
    response["X-Robots-Tag"] = "noindex"
    return response


def _entered(user: StaffUser) -> dict[str, Any]:
    hours = hours_of(user)
    return {
        "weekdays": hours.weekdays,
        "starts_at": hours.starts_at,
        "ends_at": hours.ends_at,
        "break_minutes": hours.break_minutes,
    }


def _page(
    request: HttpRequest, user: StaffUser, form: HoursForm, *, address: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "feed": CalendarFeed.objects.visible_to(user).first(),
        "address": address,
        "webcal": address.replace("https://", "webcal://", 1).replace("http://", "webcal://", 1),
    }
    return render(request, "workplans/plan_hours.html", context, status=status)
