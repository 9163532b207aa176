"""Inspections: their list with coverage and plan, opened, closed, and what came out."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.models import ContactRecord
from core import clock
from core.forms import add_refusal
from core.htmx import go
from core.ids import id_in
from core.pagination import keyset_page
from staff.models import StaffUser, Unit
from staff.querysets import StaffQuerySet
from workplans.forms.inspections import (
    ConclusionForm,
    InspectionFilterForm,
    InspectionForm,
    PlanLineForm,
)
from workplans.models import (
    Finding,
    InspectedItem,
    Inspection,
    InspectionPlan,
    InspectionPlanLine,
)
from workplans.services import inspection_plans
from workplans.services.inspections import close_inspection, figures_of, open_inspection
from workplans.views.shared import overseer_of, supervisor_of

MOST_WAITING = 20
"""So many who were not inspected are named, the most wanted first."""

VERDICT_COUNTS = {
    "drawn": Count("items", distinct=True),
    "judged": Count("items", filter=~Q(items__verdict=""), distinct=True),
    "genuine": Count("items", filter=Q(items__verdict="genuine"), distinct=True),
    "found": Count("findings", distinct=True),
}


# --- The list -----------------------------------------------------------------------------------


@require_safe
def inspection_list(request: HttpRequest) -> HttpResponse:
    """Show who was inspected and who was not, this month's plan, and the inspections."""
    user = overseer_of(request.user)
    form = InspectionFilterForm(request.GET, units=Unit.objects.visible_to(user))
    rows = Inspection.objects.visible_to(user)
    rows = _filtered(rows, form) if form.is_valid() else rows.none()
    rows = rows.select_related("manager", "unit", "inspector").annotate(**VERDICT_COUNTS)
    today = clock.today(user.time_zone)
    unit = form.cleaned_data.get("unit")
    coverage = inspection_plans.coverage_of(user, today, unit=unit)
    manager = form.cleaned_data.get("manager") or 0
    context = {
        "form": form,
        "page": keyset_page(rows, order=["-opened_at", "-pk"], cursor=request.GET.get("cursor")),
        "coverage": coverage,
        "waiting": coverage.waiting[:MOST_WAITING],
        "waiting_more": max(0, len(coverage.waiting) - MOST_WAITING),
        "manager": StaffUser.objects.visible_to(user).filter(pk=manager).first(),
        "today": today,
        **_plan_of(user, today),
    }
    return render(request, "workplans/inspection_list.html", context)


def _filtered(rows: Any, form: InspectionFilterForm) -> Any:
    given = form.cleaned_data
    if given["state"]:
        rows = rows.open() if given["state"] == "open" else rows.closed()
    if given.get("unit") is not None:
        rows = rows.filter(manager__unit__path__startswith=given["unit"].path)
    if given["manager"]:
        rows = rows.filter(manager=given["manager"])
    return rows


def _plan_of(user: StaffUser, today: date) -> dict[str, Any]:
    """The plan of this month of the supervisor's unit, and who of it was inspected since."""
    if not user.is_supervisor:
        return {"plan": None, "lines": [], "may_plan": False}
    month = today.replace(day=1)
    plan = InspectionPlan.objects.visible_to(user).filter(unit=user.unit, month=month).first()
    lines: list[InspectionPlanLine] = []
    if plan is not None:
        lines = list(
            InspectionPlanLine.objects.visible_to(user)
            .filter(plan=plan)
            .select_related("manager__unit")
        )
    since = clock.start_of_day(month, user.time_zone)
    done = Inspection.objects.visible_to(user).closed().filter(closed_at__gte=since)
    return {
        "plan": plan,
        "lines": lines,
        "done": set(done.values_list("manager", flat=True)) if lines else set(),
        "may_plan": True,
        "managers": list(_managers(user)) if plan is not None else [],
    }


def _managers(user: StaffUser) -> StaffQuerySet:
    return StaffUser.objects.visible_to(user).active().managers().exclude(pk=user.pk)


# --- Opening ------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def inspection_open(request: HttpRequest) -> HttpResponse:
    """Ask whom to inspect and which days, then draw, and begin to walk."""
    user = supervisor_of(request.user)
    form = InspectionForm(
        request.POST or None,
        managers=_managers(user),
        today=clock.today(user.time_zone),
        wanted=_wanted(request),
    )
    if request.method == "POST" and form.is_valid():
        try:
            inspection = open_inspection(actor=user, **form.cleaned_data)
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("workplans:inspection_walk", inspection.pk)
    status = 422 if form.is_bound else 200
    return render(request, "workplans/inspection_open.html", {"form": form}, status=status)


def _wanted(request: HttpRequest) -> dict[str, Any]:
    manager = id_in(request.GET.get("manager"))
    return {} if manager is None else {"manager": manager}


# --- The result ---------------------------------------------------------------------------------


@require_safe
def inspection_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what came out: figures, items with their verdicts, findings."""
    user = overseer_of(request.user)
    inspection = _visible(user, pk)
    return render(request, "workplans/inspection_detail.html", _result(user, inspection))


@require_POST
def inspection_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an inspection; from now on the manager sees what was found."""
    user = supervisor_of(request.user)
    found = Inspection.objects.editable_by(user).select_related("manager", "unit", "inspector")
    inspection = get_object_or_404(found, pk=pk)
    form = ConclusionForm(request.POST)
    if form.is_valid():
        try:
            close_inspection(actor=user, inspection=inspection, **form.cleaned_data)
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            text = _("The inspection is closed. %(manager)s sees the findings from now on.")
            return go(request, _address(pk), text % {"manager": inspection.manager.name})
    context = {**_result(user, inspection), "form": form}
    return render(request, "workplans/inspection_detail.html", context, status=422)


def _visible(user: StaffUser, pk: int) -> Inspection:
    found = Inspection.objects.visible_to(user).select_related("manager", "unit", "inspector")
    return get_object_or_404(found, pk=pk)


def _result(user: StaffUser, inspection: Inspection) -> dict[str, Any]:
    items = list(
        InspectedItem.objects.visible_to(user)
        .filter(inspection=inspection)
        .select_related("record__customer", "plan", "log", "judged_by")
        .order_by("position")
    )
    ids = [item.record_id for item in items if item.record_id]
    seen = ContactRecord.objects.visible_to(user).filter(pk__in=ids)
    findings = Finding.objects.visible_to(user).filter(inspection=inspection)
    return {
        "inspection": inspection,
        "items": items,
        "seen": set(seen.values_list("pk", flat=True)),
        "findings": list(findings.select_related("item", "made_by", "closed_by")),
        "figures": figures_of(items),
        "zone": clock.zone_info(inspection.unit.time_zone),
        "today": clock.today(inspection.unit.time_zone),
        "form": ConclusionForm(),
        "may_edit": Inspection.objects.editable_by(user).filter(pk=inspection.pk).exists(),
    }


def _address(pk: int) -> str:
    return reverse("workplans:inspection_detail", args=[pk])


# --- The monthly plan ---------------------------------------------------------------------------


@require_POST
def inspection_plan_make(request: HttpRequest) -> HttpResponse:
    """Propose whom the supervisor's unit inspects this month."""
    user = supervisor_of(request.user)
    today = clock.today(user.time_zone)
    if user.unit is not None:
        inspection_plans.make_inspection_plan(actor=user, unit=user.unit, day=today)
    return go(request, _plan_address(), _("The plan of this month is made. Change what you like."))


@require_POST
def inspection_plan_line(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a manager into the plan, or on another day."""
    user = supervisor_of(request.user)
    plan = get_object_or_404(InspectionPlan.objects.editable_by(user), pk=pk)
    form = PlanLineForm(request.POST, managers=_managers(user))
    if not form.is_valid():
        text = _("Choose a manager and a day of this month.")
        return go(request, _plan_address(), text, "error")
    given = form.cleaned_data
    try:
        inspection_plans.plan_inspection(
            actor=user, plan=plan, manager=given["manager"], day=given["planned_on"]
        )
    except ValidationError as refusal:
        return go(request, _plan_address(), " ".join(refusal.messages), "error")
    return go(request, _plan_address(), _("The plan is changed."))


@require_POST
def inspection_plan_leave_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a manager out of the plan."""
    user = supervisor_of(request.user)
    line = get_object_or_404(InspectionPlanLine.objects.editable_by(user), pk=pk)
    inspection_plans.leave_out(actor=user, line=line)
    return go(request, _plan_address(), _("The plan is changed."))


def _plan_address() -> str:
    return reverse("workplans:inspection_list") + "#plan"
