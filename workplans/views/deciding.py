"""A supervisor's queue of plans, and the word on one of them (articles 4 and 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.htmx import answer, is_partial, trigger
from core.pagination import keyset_page
from staff.models import StaffUser, Unit
from workplans.forms.plans import DecisionForm, QueueFilterForm
from workplans.models import Lapse, PlanItem, WorkPlan
from workplans.querysets import LapseQuerySet, WorkPlanQuerySet
from workplans.rules.calendar import PlanKind as KindCode
from workplans.rules.calendar import period_of
from workplans.services import plans
from workplans.views.answers import go
from workplans.views.plans import PLAN_ROWS, sheet_context
from workplans.views.shared import overseer_of, person_of

SHOWN_LAPSES = 12
"""So many who are missing stand above the queue; the filter shows all."""


@require_safe
@never_cache
def plan_queue(request: HttpRequest) -> HttpResponse:
    """Show the plans of the units: those that wait, the oldest first; and who is missing."""
    user = overseer_of(request.user)
    form = QueueFilterForm(request.GET, units=Unit.objects.visible_to(user))
    given = form.cleaned_data if form.is_valid() else None
    state = given["state"] if given else ""
    seen, lapses = WorkPlan.objects.visible_to(user), Lapse.objects.visible_to(user).plans()
    if given is None:
        seen, lapses = seen.none(), lapses.none()
    else:
        seen, lapses = _narrowed(seen, given), _narrowed_lapses(lapses, given)
    missing = lapses.open().select_related("manager__unit")
    cursor = request.GET.get("cursor")
    manager = (given or {}).get("manager") or 0
    context: dict[str, Any] = {
        "form": form,
        "state": state,
        "now": clock.now(),
        "manager": StaffUser.objects.visible_to(user).filter(pk=manager).first(),
        "may_decide": user.scope.unit_path is not None,
    }
    if state == "missing":
        context["page"] = keyset_page(missing, order=["due_at", "pk"], cursor=cursor)
    else:
        context["page"] = page = _plans(seen, state, cursor)
        context["rows"] = _with_counts(user, page.rows)
        if not state and not cursor:
            first = list(missing.oldest_first()[: SHOWN_LAPSES + 1])
            context["missing"] = first[:SHOWN_LAPSES]
            context["more_missing"] = len(first) > SHOWN_LAPSES
    return answer(request, "workplans/_plan_queue.html", context)


@dataclass(frozen=True)
class Counts:
    """What a plan holds: items, those for customers, those face to face, those drafted."""

    items: int = 0
    customers: int = 0
    visits: int = 0
    drafted: int = 0


def _plans(seen: WorkPlanQuerySet, state: str, cursor: str | None) -> Any:
    rows = seen.select_related(*PLAN_ROWS)
    if not state:
        return keyset_page(rows.waiting(), order=["submitted_at", "pk"], cursor=cursor)
    if state == "late":
        rows = rows.filter(is_late=True)
    elif state != "all":
        rows = rows.filter(state=state)
    return keyset_page(rows, order=["-starts_on", "-pk"], cursor=cursor)


def _with_counts(user: StaffUser, rows: list[WorkPlan]) -> list[tuple[WorkPlan, Counts, bool]]:
    """Each plan with its counts, and whether the person decides it. Two statements."""
    ids = [plan.pk for plan in rows]
    deciding = WorkPlan.objects.decidable_by(user).waiting().filter(pk__in=ids)
    mine = set(deciding.values_list("pk", flat=True))
    items = PlanItem.objects.visible_to(user).standing().filter(plan__in=ids).order_by()
    counted = items.values("plan_id").annotate(
        n=Count("pk"),
        customers=Count("customer", distinct=True),
        visits=Count("pk", filter=Q(needs_visit=True)),
        drafted=Count("pk", filter=Q(origin=PlanItem.Origin.DRAFTED)),
    )
    columns = ("plan_id", "n", "customers", "visits", "drafted")
    found = {plan: Counts(*numbers) for plan, *numbers in counted.values_list(*columns)}
    return [(plan, found.get(plan.pk, Counts()), plan.pk in mine) for plan in rows]


def _narrowed(rows: WorkPlanQuerySet, given: dict[str, Any]) -> WorkPlanQuerySet:
    if given["kind"]:
        rows = rows.filter(kind=given["kind"])
    if given["day"]:
        rows = rows.holding(given["day"])
    if given["unit"] is not None:
        rows = rows.filter(manager__unit__path__startswith=given["unit"].path)
    return rows.filter(manager=given["manager"]) if given["manager"] else rows


def _narrowed_lapses(rows: LapseQuerySet, given: dict[str, Any]) -> LapseQuerySet:
    if given["kind"]:
        rows = rows.filter(subject=given["kind"])
    if given["day"]:
        rows = rows.filter(_holding(given["day"]))
    if given["unit"] is not None:
        rows = rows.filter(manager__unit__path__startswith=given["unit"].path)
    return rows.filter(manager=given["manager"]) if given["manager"] else rows


def _holding(day: date) -> Q:
    """The condition on a lapse that its plan's period holds ``day``."""
    found = Q(pk__in=[])
    for kind in KindCode:
        found |= Q(subject=kind.value, starts_on=period_of(kind, day).starts_on)
    return found


@require_POST
def plan_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve a plan, or return it with comments; what was typed stays where it is refused."""
    user = person_of(request.user)
    rows = WorkPlan.objects.decidable_by(user).select_related(*PLAN_ROWS)
    plan = get_object_or_404(rows, pk=pk)
    seen = PlanItem.objects.visible_to(user).standing().filter(plan=plan)
    form = DecisionForm(request.POST, item_ids=seen.values_list("pk", flat=True))
    refusals: list[str] = []
    if form.is_valid():
        try:
            return _decided(request, user, plan, form)
        except ValidationError as refusal:
            refusals = list(refusal.messages)
    if is_partial(request):
        words = refusals or [str(text) for errors in form.errors.values() for text in errors]
        toast = {"text": " ".join(words), "level": "danger"}
        return trigger(HttpResponse(status=422), toast=toast)
    context = sheet_context(request, user, plan, decision=request.POST.dict())
    context["refusals"] = refusals
    return render(request, "workplans/plan_detail.html", context, status=422)


def _decided(
    request: HttpRequest, user: StaffUser, plan: WorkPlan, form: DecisionForm
) -> HttpResponse:
    given, name = form.cleaned_data, {"name": plan.manager.name}
    if given["decision"] == "approve":
        plans.approve_plan(actor=user, plan=plan, note=given["note"])
        text = _("Approved: the plan of %(name)s.") % name
    else:
        plans.return_plan(actor=user, plan=plan, note=given["note"], remarks=form.remarks())
        text = _("Returned: the plan of %(name)s.") % name
    if is_partial(request):
        toast = {"text": text, "level": "success"}
        return trigger(HttpResponse(status=204), toast=toast, planChanged={})
    return go(request, reverse("workplans:plan_queue"), text)
