"""Pages of the staff app: own details, and who stands in for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from allauth.account import views as account
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from core import clock
from core.pagination import keyset_page
from staff import services
from staff.forms import CoverForm
from staff.models import Cover, OpenSession, Role, StaffUser
from staff.rules import day_strip

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

STRIP_DAYS = 14
SUGGESTIONS = 20


@require_GET
def staff_profile(request: HttpRequest) -> HttpResponse:
    """Show the person's own details, language, and how they sign in."""
    return render(request, "staff/staff_profile.html")


@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask, then sign out; the browser forgets the pages it has kept to go back to."""
    response: HttpResponse = account.logout(request)
    if request.method == "POST":
        response["Clear-Site-Data"] = '"cache"'
    return response


# --- Sessions ------------------------------------------------------------------------------------


@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    """Show where the person is signed in, this browser first."""
    rows = OpenSession.objects.visible_to(request.user).open().order_by("-last_seen_at")
    here = request.session.session_key
    sessions = sorted(rows, key=lambda one: one.session_key != here)
    context = {
        "sessions": sessions,
        "here": here,
        "others": len(sessions) > 1,
        "idle_minutes": settings.SESSION_IDLE_MINUTES,
    }
    return render(request, "staff/session_list.html", context)


@require_POST
def session_end(request: HttpRequest, reference: str) -> HttpResponse:
    """End one of the person's other sessions."""
    user = _person_of(request.user)
    rows = OpenSession.objects.editable_by(user).exclude(session_key=request.session.session_key)
    # Compared here: the reference is made of the key, which no page shows.
    session = next((one for one in rows.open() if one.reference == reference), None)
    if session is None:
        messages.info(request, _("That session has ended already."))
    elif services.end_session(actor=user, session=session):
        messages.success(request, _("The session has ended."))
    return redirect("staff:session_list")


@require_POST
def session_end_others(request: HttpRequest) -> HttpResponse:
    """End all of the person's sessions but this one."""
    user = _person_of(request.user)
    here = request.session.session_key or ""
    ended = services.end_sessions(actor=user, user=user, besides=here)
    text = ngettext("%(count)s session ended.", "%(count)s sessions ended.", ended)
    messages.success(request, text % {"count": ended})
    return redirect("staff:session_list")


# --- Covers --------------------------------------------------------------------------------------


@require_GET
def cover_list(request: HttpRequest) -> HttpResponse:
    """Show who stands in for whom today, from later days on, and who did."""
    user = _one_of(request.user, Role.MANAGER, Role.SUPERVISOR, Role.HEAD_OFFICE)
    today = clock.today(user.time_zone)
    covers = Cover.objects.visible_to(user).with_people()
    standing = list(covers.standing().filter(ends_on__gte=today).order_by("starts_on", "pk"))
    past = keyset_page(
        covers.over(today), order=("-ends_on", "-pk"), cursor=request.GET.get("cursor")
    )
    return render(
        request,
        "staff/cover_list.html",
        {
            "today": today,
            "now": _with_next([cover for cover in standing if cover.starts_on <= today]),
            "coming": [cover for cover in standing if cover.starts_on > today],
            "past": past,
            "days": [today + timedelta(days=n) for n in range(STRIP_DAYS)],
            "strip": _strip(standing, today),
            "may_arrange": user.is_supervisor,
        },
    )


@require_http_methods(["GET", "POST"])
def cover_create(request: HttpRequest) -> HttpResponse:
    """Arrange a cover."""
    user = _one_of(request.user, Role.SUPERVISOR)
    form = CoverForm(request.POST or None, viewer=user, initial=_initial(request, user))
    if request.method == "POST" and form.is_valid():
        try:
            cover = services.arrange_cover(actor=user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(
                request,
                _("%(stand_in)s stands in for %(manager)s.")
                % {"stand_in": cover.stand_in.name, "manager": cover.manager.name},
            )
            return redirect("staff:cover_list")
    status = 422 if form.errors else 200
    return render(request, "staff/cover_create.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def cover_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether a cover should end, then end it."""
    user = _one_of(request.user, Role.SUPERVISOR)
    cover = get_object_or_404(Cover.objects.editable_by(user).with_people(), pk=pk)
    if request.method == "POST":
        services.end_cover(actor=user, cover=cover)
        messages.success(request, _("The cover has ended."))
        return redirect("staff:cover_list")
    context = {"cover": cover, "has_begun": cover.starts_on < clock.today(cover.manager.time_zone)}
    return render(request, "staff/cover_end.html", context)


@require_GET
def staff_search(request: HttpRequest) -> HttpResponse:
    """Suggest people of the supervisor's units: managers to cover, or who may stand in."""
    user = _one_of(request.user, Role.SUPERVISOR)
    people = StaffUser.objects.visible_to(user).active().standing_in()
    text = request.GET.get("stand_in", "")
    if "manager" in request.GET:
        people, text = people.coverable(), request.GET["manager"]
    found = people.named(text).select_related("unit").order_by("name", "staff_number")
    return render(request, "staff/_staff_options.html", {"people": found[:SUGGESTIONS]})


def _person_of(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return who is signed in; the middleware lets nobody else come this far."""
    return _one_of(user, *Role)


def _one_of(user: StaffUser | AnonymousUser, *roles: Role) -> StaffUser:
    """Return the person, or answer as if the page were not there."""
    if not isinstance(user, StaffUser) or user.role not in roles:
        raise Http404
    return user


def _initial(request: HttpRequest, user: StaffUser) -> dict[str, object]:
    return {
        "manager": request.GET.get("manager", ""),
        "starts_on": clock.today(user.time_zone),
    }


@dataclass(frozen=True)
class StripRow:
    """One manager's next days: stretches with a stand-in, or without."""

    manager: StaffUser
    stretches: list[tuple[int, StaffUser | None]]


def _strip(covers: list[Cover], first: date) -> list[StripRow]:
    """The next days as rows of stretches, one row a covered manager."""
    of_manager: dict[StaffUser, list[Cover]] = {}
    for cover in covers:
        if cover.starts_on < first + timedelta(days=STRIP_DAYS):
            of_manager.setdefault(cover.manager, []).append(cover)
    people = {cover.stand_in_id: cover.stand_in for cover in covers}
    return [
        StripRow(
            manager,
            [
                (stretch.days, people[stretch.stand_in] if stretch.stand_in else None)
                for stretch in day_strip([c.span for c in own], first, STRIP_DAYS)
            ],
        )
        for manager, own in of_manager.items()
    ]


def _with_next(covers: list[Cover]) -> list[tuple[Cover, Cover | None]]:
    """Each cover with the one that passes it on: a stand-in may be covered too."""
    of_manager = {cover.manager_id: cover for cover in covers}
    return [(cover, of_manager.get(cover.stand_in_id)) for cover in covers]
