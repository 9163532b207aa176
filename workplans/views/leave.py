"""Leave: who is away and when, entered and called off by supervisors."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import clock
from core.forms import add_refusal
from core.htmx import answer
from core.pagination import keyset_page
from staff.models import StaffUser
from workplans.forms.leave import LeaveEndForm, LeaveForm
from workplans.models import Leave
from workplans.services.leave import call_off_leave, enter_leave
from workplans.views.shared import reader_of, supervisor_of

PEOPLE = ("manager__unit", "entered_by")


@require_safe
def leave_list(request: HttpRequest) -> HttpResponse:
    """Show the leave within the person's scope: what stands from today on, then the rest."""
    user = reader_of(request.user)
    today = clock.today(user.time_zone)
    rows = Leave.objects.visible_to(user).select_related(*PEOPLE)
    cursor = request.GET.get("cursor")
    standing = rows.standing().filter(ends_on__gte=today).order_by("starts_on", "pk")
    context = {
        "today": today,
        "standing": [] if cursor else list(standing[:200]),
        "page": keyset_page(rows.over(today), order=["-starts_on", "-pk"], cursor=cursor),
        "may_enter": user.is_supervisor,
    }
    return answer(request, "workplans/_leave_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def leave_create(request: HttpRequest) -> HttpResponse:
    """Enter leave of one of the supervisor's managers."""
    user = supervisor_of(request.user)
    people = StaffUser.objects.visible_to(user).managers().active().select_related("unit")
    initial = {"manager": request.GET.get("manager", ""), "starts_on": clock.today(user.time_zone)}
    form = LeaveForm(request.POST or None, people=people, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            leave = enter_leave(actor=user, **form.cleaned_data)
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            text = _("The leave of %(manager)s is entered.") % {"manager": leave.manager.name}
            messages.success(request, text)
            return redirect("workplans:leave_list")
    status = 422 if form.errors else 200
    return render(request, "workplans/leave_create.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def leave_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask since when somebody is back, then end the leave or call it off."""
    user = supervisor_of(request.user)
    rows = Leave.objects.editable_by(user).standing().select_related(*PEOPLE)
    leave = get_object_or_404(rows, pk=pk)
    form = LeaveEndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            call_off_leave(actor=user, leave=leave, back_on=form.cleaned_data["back_on"])
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Done. What is asked for again shows as missing."))
            return redirect("workplans:leave_list")
    status = 422 if form.errors else 200
    context = {"form": form, "leave": leave}
    return render(request, "workplans/leave_end.html", context, status=status)
