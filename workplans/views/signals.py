"""The list of records that look odd, each with why."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import clock
from core.pagination import keyset_page
from staff.models import StaffUser, Unit
from workplans.forms.signals import SignalFilterForm
from workplans.models import RecordSignal
from workplans.services.signal_words import explain
from workplans.views.shared import overseer_of

SIGNAL_ROWS = ("record__customer", "person__unit")


@require_safe
def signal_list(request: HttpRequest) -> HttpResponse:
    """Show the signs of the person's units, the newest first, each explained."""
    user = overseer_of(request.user)
    form = SignalFilterForm(request.GET, units=Unit.objects.visible_to(user))
    rows = RecordSignal.objects.visible_to(user)
    rows = _filtered(rows, form) if form.is_valid() else rows.none()
    page = keyset_page(
        rows.select_related(*SIGNAL_ROWS),
        order=["-happened_on", "-pk"],
        cursor=request.GET.get("cursor"),
    )
    zone = clock.zone_info(user.time_zone)
    manager = form.cleaned_data.get("manager") or 0
    context = {
        "form": form,
        "page": page,
        "shown": [(signal, explain(signal, zone)) for signal in page.rows],
        "zone": zone,
        "manager": StaffUser.objects.visible_to(user).filter(pk=manager).first(),
        "may_inspect": user.is_supervisor,
    }
    return render(request, "workplans/signal_list.html", context)


def _filtered(rows: Any, form: SignalFilterForm) -> Any:
    given = form.cleaned_data
    lookups = {
        "kind": given["kind"],
        "happened_on__gte": given["since"],
        "happened_on__lte": given["until"],
        "person": given["manager"],
    }
    rows = rows.filter(**{name: value for name, value in lookups.items() if value})
    if given.get("unit") is not None:
        rows = rows.filter(person__unit__path__startswith=given["unit"].path)
    return rows
