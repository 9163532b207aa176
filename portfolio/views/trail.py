"""The audit trail, and the monthly access report of a unit."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core import clock
from core.htmx import is_partial
from core.sealed import is_sealed, seal_posted
from portfolio.forms import MonthForm, TrailFilterForm
from portfolio.services.access_report import load_access_report
from portfolio.services.trail import ROLES_THAT_READ, load_trail, reads_customers
from portfolio.views.access import person_of
from staff.models import Role, StaffUser, Unit

FIRST_MONTH = date(2000, 1, 1)
"""Nothing is older; and the calendar's own first month has no month before it."""

MOST_UNITS = 100
"""More units right below one are not offered by name."""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Show who did what, newest first, narrowed by person, customer, kind and days.

    The form is posted, so that no phone number stands in an address.
    """
    user = person_of(request.user)
    if user.role not in ROLES_THAT_READ:
        raise Http404
    if request.method == "POST":
        query = request.POST.copy()
        query.pop("csrfmiddlewaretoken", None)
        seal_posted(query, "customer", by=user.pk)
        return redirect(f"{request.path}?{query.urlencode()}")
    form = TrailFilterForm(request.GET, user=user)
    context = {
        "form": form,
        "customer_key": customer if is_sealed(customer := request.GET.get("customer", "")) else "",
        "trail": load_trail(user, form.wanted(), request.GET.get("cursor")),
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
        "reads_customers": reads_customers(user),
        "has_report": user.role in (Role.SUPERVISOR, Role.HEAD_OFFICE),
    }
    template = "portfolio/_audit_trail.html" if is_partial(request) else None
    return render(request, template or "portfolio/audit_trail.html", context)


@require_safe
@never_cache
def access_report(request: HttpRequest) -> HttpResponse:
    """Show who saw whole numbers, imported and changed what in a month, in a unit and below."""
    user = person_of(request.user)
    if user.role not in (Role.SUPERVISOR, Role.HEAD_OFFICE):
        raise Http404
    unit = _unit_of(request, user)
    this_month = clock.today(unit.time_zone).replace(day=1)
    form = MonthForm(request.GET)
    form.is_valid()
    month = form.cleaned_data.get("month") or this_month
    report = load_access_report(user, unit, max(FIRST_MONTH, min(month, this_month)))
    context = {
        "form": form,
        "report": report,
        "this_month": this_month,
        "earlier": (report.first - timedelta(days=1)) if report.first > FIRST_MONTH else None,
        "later": report.last + timedelta(days=1) if report.first < this_month else None,
        "units": Unit.objects.visible_to(user).filter(parent=unit).order_by("name")[:MOST_UNITS],
        "above": Unit.objects.visible_to(user).filter(children=unit).first(),
    }
    return render(request, "portfolio/access_report.html", context)


def _unit_of(request: HttpRequest, user: StaffUser) -> Unit:
    """The unit asked for, else the person's own, else the first at the top of the tree."""
    units = Unit.objects.visible_to(user)
    wanted = request.GET.get("unit", "")
    if wanted:
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
            raise Http404
        return get_object_or_404(units, pk=int(wanted))
    top = user.unit or units.filter(parent=None).order_by("full_name").first()
    if top is None:
        raise Http404
    return top
