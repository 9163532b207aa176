"""A supervisor's queue of plans, and the word on one of them (articles 4 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.htmx import answer, done, is_partial, refuse, trigger
from core.ids import ids_in
from core.pagination import keyset_page
from staff.models import StaffUser, Unit
from workplans.forms.plans import LONGEST_REMARK, DecisionForm, ManyForm, QueueFilterForm
from workplans.models import Lapse, PlanItem, WorkPlan
from workplans.querysets import LapseQuerySet, WorkPlanQuerySet
from workplans.rules.calendar import PlanKind as KindCode
from workplans.rules.calendar import period_of
from workplans.services import plans
from workplans.views.answers import go
from workplans.views.plans import PLAN_ROWS, sheet_context
from workplans.views.shared import overseer_of, person_of, supervisor_of

MOST_AT_ONCE = 100
"""So many plans are decided at once."""

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
        context["rows"] = rows = _with_counts(user, page.rows)
        context["decides_many"] = sum(row.may for row in rows) > 1
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


class QueueRow(NamedTuple):
    """A plan of the queue; whether the person decides it, or takes the decision back."""

    plan: WorkPlan
    counts: Counts
    may: bool
    undoes: bool


def _with_counts(user: StaffUser, rows: list[WorkPlan]) -> list[QueueRow]:
    """Each plan with its counts, and what the person may do with it. Two statements."""
    ids = [plan.pk for plan in rows]
    deciding = WorkPlan.objects.decidable_by(user).filter(pk__in=ids)
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
    return [
        QueueRow(
            plan=plan,
            counts=found.get(plan.pk, Counts()),
            may=plan.pk in mine and plan.state == WorkPlan.State.SUBMITTED,
            undoes=plan.pk in mine and plan.decided_at is not None and not plans.is_acted_on(plan),
        )
        for plan in rows
    ]


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
        undo = reverse("workplans:plan_undo", args=[plan.pk])
        toast = {"text": text, "level": "success", "undo_url": undo}
        return trigger(HttpResponse(status=204), toast=toast, planChanged={})
    return go(request, reverse("workplans:plan_queue"), text)


@require_POST
def plan_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a decision back, until the manager has acted on it."""
    user = person_of(request.user)
    plan = get_object_or_404(WorkPlan.objects.decidable_by(user).select_related(*PLAN_ROWS), pk=pk)
    url = reverse("workplans:plan_queue")
    try:
        plans.undo_decision(actor=user, plan=plan)
    except ValidationError as refusal:
        return refuse(request, url, " ".join(refusal.messages), "planChanged")
    text = _("The plan of %(name)s waits again.") % {"name": plan.manager.name}
    return done(request, url, text, "planChanged")


# --- Several at once ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What became of one of several plans: done, or refused in words."""

    plan: WorkPlan
    is_done: bool
    words: str


@require_POST
def plan_decide_many(request: HttpRequest) -> HttpResponse:
    """Approve the ticked plans, or return them with a word each or one for all; say each result."""
    user = supervisor_of(request.user)
    ids = ids_in(request.POST.getlist("plan"))
    rows = WorkPlan.objects.decidable_by(user).select_related(*PLAN_ROWS)
    found = list(rows.filter(pk__in=ids[:MOST_AT_ONCE]).order_by("submitted_at", "pk"))
    form = ManyForm(request.POST)
    url = reverse("workplans:plan_queue")
    if not found:
        return refuse(request, url, _("Tick the plans first."), "noPlan")
    if not form.is_valid():
        return refuse(request, url, _("Choose to approve or to return."), "noPlan")
    results = [_result(user, plan, form.cleaned_data, request.POST) for plan in found]
    context = {"results": results, "decision": form.cleaned_data["decision"]}
    return render(request, "workplans/plan_decide_many.html", context)


def _result(
    user: StaffUser, plan: WorkPlan, given: dict[str, Any], sent: Mapping[str, str]
) -> Result:
    own_word = sent.get(f"note_{plan.pk}", "").strip()[:LONGEST_REMARK]
    note = own_word or given["note"]
    if plan.state != WorkPlan.State.SUBMITTED:
        state = {"state": plan.get_state_display()}
        words = _("It does not wait any more: %(state)s.") % state
        return Result(plan, is_done=False, words=words)
    try:
        if given["decision"] == "approve":
            plans.approve_plan(actor=user, plan=plan, note=note)
        else:
            plans.return_plan(actor=user, plan=plan, note=note)
    except ValidationError as refusal:
        return Result(plan, is_done=False, words=" ".join(refusal.messages))
    except PermissionDenied:
        # Those before it are decided already: the page has to say so.
        return Result(plan, is_done=False, words=_("The manager is not of your units any more."))
    done_words = _("Approved") if given["decision"] == "approve" else _("Returned")
    return Result(plan, is_done=True, words=done_words)
