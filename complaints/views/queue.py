"""The queue of complaints, with the time that is left, and what one was told."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints.forms.lists import ALL, OPEN, ComplaintFilterForm
from complaints.models import Complaint, State
from complaints.querysets import ComplaintQuerySet
from complaints.services.notices import put_away, told_to
from complaints.views.rows import RowPainter
from complaints.views.shared import categories_for, reader_of
from core import clock
from core.htmx import answer, go, next_of
from core.ids import ids_in
from core.markup import joined
from core.pagination import PAGE_SIZE, counted_page
from staff.models import StaffUser, Unit

MOST_NOTICES = 5
SMALL_LIST = 100
"""So many open ones are counted; beyond, the page says so many and more. Of all, one page."""


@require_safe
def complaint_list(request: HttpRequest) -> HttpResponse:
    """Show the complaints within the person's scope: the open ones by the nearest deadline."""
    user = reader_of(request.user)
    now = clock.now()
    units = Unit.objects.visible_to(user) if user.scope.unit_path or user.is_head_office else None
    form = ComplaintFilterForm(request.GET, categories=categories_for(user), units=units)
    rows = Complaint.objects.visible_to(user)
    rows = _narrowed(rows, form, user, now) if form.is_valid() else rows.none()
    is_open = form.cleaned_data.get("state") not in (ALL, State.CLOSED)
    most = SMALL_LIST if is_open else PAGE_SIZE
    page, count = counted_page(
        rows,
        ComplaintQuerySet.for_row,
        order=["due_at", "pk"] if is_open else ["-received_at", "-pk"],
        most=most,
        cursor=request.GET.get("cursor"),
    )
    notices = told_to(user, most=MOST_NOTICES + 1)
    handler = form.cleaned_data.get("handler") or form.cleaned_data.get("manager") or 0
    painter = RowPainter(now)
    context = {
        "form": form,
        "page": page,
        "rows": joined(painter.row(complaint) for complaint in page.rows),
        "count": count,
        "most": most,
        "now": now,
        "notices": notices[:MOST_NOTICES],
        "more_notices": len(notices) > MOST_NOTICES,
        "may_register": bool(user.scope.manager_ids) or user.scope.unit_path is not None,
        "person": StaffUser.objects.visible_to(user).filter(pk=handler).first()
        if handler
        else None,
    }
    return answer(request, "complaints/_complaint_list.html", context)


@require_POST
def notices_seen(request: HttpRequest) -> HttpResponse:
    """Put away what the person was told."""
    user = reader_of(request.user)
    chosen = ids_in(request.POST.getlist("notice"))
    put_away(actor=user, notices=chosen[:MOST_NOTICES])
    return go(request, next_of(request) or reverse("complaints:complaint_list"), _("Noted."))


def _narrowed(
    rows: ComplaintQuerySet, form: ComplaintFilterForm, user: StaffUser, now: datetime
) -> ComplaintQuerySet:
    given = form.cleaned_data
    wanted = {"tier": given["tier"], "manager": given["manager"], "handler": given["handler"]}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    if given["category"] is not None:
        rows = rows.filter(category__path__startswith=given["category"].path)
    if given.get("unit") is not None:
        rows = rows.within_unit(given["unit"].path)
    return _by_time(_by_state(rows, given["state"]), given["time"], given["whose"], user, now)


def _by_state(rows: ComplaintQuerySet, state: str) -> ComplaintQuerySet:
    if state == OPEN:
        return rows.open()
    return rows if state == ALL else rows.filter(state=state)


def _by_time(
    rows: ComplaintQuerySet, time: str, whose: str, user: StaffUser, now: datetime
) -> ComplaintQuerySet:
    if time == "overdue":
        rows = rows.overdue(now)
    elif time == "appeal":
        rows = rows.filter(is_appeal=True)
    if whose == "mine":
        return rows.handled_by(user.scope.handles_for or {user.pk})
    return rows.filter(handler=None) if whose == "nobody" else rows
