"""Findings: written during an inspection, answered by the manager, settled by the supervisor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.forms import add_refusal
from core.htmx import answer, done, go, is_partial, refuse
from core.ids import id_in
from core.pagination import keyset_page
from staff.models import StaffUser, Unit
from workplans.forms.findings import AnswerForm, FindingForm, NoteForm
from workplans.forms.inspections import FindingFilterForm
from workplans.models import Finding, InspectedItem, Inspection
from workplans.querysets import FindingQuerySet
from workplans.services import findings
from workplans.views.shared import person_of, reader_of, supervisor_of

FINDING_ROWS = (
    "inspection__manager__unit",
    "inspection__unit",
    "item",
    "made_by",
    "closed_by",
)


UNDO_OFFERED = timedelta(days=1)
"""So long the list offers to undo a decision."""


@require_http_methods(["GET", "HEAD", "POST"])
def finding_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what was found, of the whole or of one item, then keep it."""
    user = supervisor_of(request.user)
    rows = Inspection.objects.editable_by(user).select_related("manager", "unit")
    inspection = get_object_or_404(rows, pk=pk)
    item = _item_in(request, user, inspection)
    usual = findings.usual_due_day(clock.today(inspection.unit.time_zone))
    form = FindingForm(request.POST or None, due_on=usual)
    if request.method == "POST" and form.is_valid():
        try:
            findings.add_finding(actor=user, inspection=inspection, item=item, **form.cleaned_data)
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            address = reverse("workplans:inspection_detail", args=[pk])
            return done(request, address, _("The finding is noted."), "findingChanged")
    context = {"inspection": inspection, "item": item, "form": form}
    status = 422 if form.errors else 200
    return answer(request, "workplans/_finding_drawer.html", context, status=status)


def _item_in(request: HttpRequest, user: StaffUser, inspection: Inspection) -> InspectedItem | None:
    number = id_in(request.POST.get("item") or request.GET.get("item"))
    if number is None:
        return None
    return InspectedItem.objects.visible_to(user).filter(inspection=inspection, pk=number).first()


@require_safe
def finding_list(request: HttpRequest) -> HttpResponse:
    """Show the person's findings to answer; to supervisors those of the unit to settle."""
    return answer(request, "workplans/_finding_list.html", _list_context(request))


def _list_context(request: HttpRequest) -> dict[str, Any]:
    user = reader_of(request.user)
    units = None if user.is_manager else Unit.objects.visible_to(user)
    form = FindingFilterForm(request.GET, units=units)
    today = clock.today(user.time_zone)
    rows = Finding.objects.visible_to(user).told()
    rows = _filtered(rows, form, today) if form.is_valid() else rows.none()
    is_settled = form.cleaned_data.get("state") == "settled"
    manager = form.cleaned_data.get("manager") or 0
    page = keyset_page(
        rows.select_related(*FINDING_ROWS),
        order=["-closed_at", "-pk"] if is_settled else ["due_on", "pk"],
        cursor=request.GET.get("cursor"),
    )
    return {
        "form": form,
        "page": page,
        "undoable": _undoable(page.rows) if user.is_supervisor else set(),
        "today": today,
        "zone": clock.zone_info(user.time_zone),
        "manager": StaffUser.objects.visible_to(user).filter(pk=manager).first(),
        "may_answer": user.is_manager,
        "may_settle": user.is_supervisor,
    }


def _undoable(rows: Sequence[Finding]) -> set[int]:
    """Which offer to be undone: settled or asked about again within a day, not answered since."""
    since = clock.now() - UNDO_OFFERED
    return {
        row.pk
        for row in rows
        if (row.closed_at is not None and row.closed_at > since)
        or (row.wants_answer and row.reopened_at is not None and row.reopened_at > since)
    }


def _filtered(rows: FindingQuerySet, form: FindingFilterForm, today: Any) -> FindingQuerySet:
    given = form.cleaned_data
    of_state = {
        "": rows.open,
        "waits": rows.wanting_answer,
        "overdue": lambda: rows.overdue(today),
        "answered": rows.answered,
        "settled": rows.settled,
    }
    rows = of_state[given["state"]]()
    if given.get("unit") is not None:
        rows = rows.filter(inspection__manager__unit__path__startswith=given["unit"].path)
    if given["manager"]:
        rows = rows.filter(inspection__manager=given["manager"])
    return rows


@require_POST
def finding_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the manager's answer."""
    user = person_of(request.user)
    finding = get_object_or_404(Finding.objects.answerable_by(user), pk=pk)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            findings.answer_finding(actor=user, finding=finding, **form.cleaned_data)
        except ValidationError as refusal:
            add_refusal(form, refusal)
    if form.is_valid():
        return _again(request, _("Your answer went to your supervisor."))
    return _refused(request, form)


@require_POST
def finding_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle a finding, or ask the manager again (``again``)."""
    user = supervisor_of(request.user)
    finding = get_object_or_404(Finding.objects.editable_by(user), pk=pk)
    form = NoteForm(request.POST)
    asks_again = bool(request.POST.get("again"))
    change = findings.reopen_finding if asks_again else findings.settle_finding
    if form.is_valid():
        try:
            change(actor=user, finding=finding, **form.cleaned_data)
        except ValidationError as refusal:
            add_refusal(form, refusal)
    if form.is_valid():
        text = _("The manager is asked again.") if asks_again else _("The finding is settled.")
        return _again(request, text, undo_url=reverse("workplans:finding_undo", args=[pk]))
    return _refused(request, form)


@require_POST
def finding_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back that a finding was settled or asked about again."""
    user = supervisor_of(request.user)
    finding = get_object_or_404(Finding.objects.editable_by(user), pk=pk)
    try:
        findings.undo_decision(actor=user, finding=finding)
    except ValidationError as refusal:
        url = reverse("workplans:finding_list")
        return refuse(request, url, " ".join(refusal.messages), "findingChanged")
    return _again(request, _("The finding is as it was before."))


def _again(request: HttpRequest, text: str, undo_url: str = "") -> HttpResponse:
    """Say that it is done; the list that stands open fetches itself anew."""
    url = reverse("workplans:finding_list")
    return done(request, url, text, "findingChanged", undo_url)


def _refused(request: HttpRequest, form: Form) -> HttpResponse:
    """Say what is wrong beside the finding, whose form stays as it was typed."""
    words = " ".join(str(error) for errors in form.errors.values() for error in errors)
    if not is_partial(request):
        return go(request, reverse("workplans:finding_list"), words, "error")
    return render(request, "workplans/_finding_refused.html", {"words": words}, status=422)
