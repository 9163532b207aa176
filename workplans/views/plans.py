"""A manager's plans: the home of them, and the page of one (article 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.forms import add_refusal
from core.htmx import answer, is_partial
from core.pagination import keyset_page
from staff.models import StaffUser
from workplans.forms.plans import DecisionForm, NoteForm, OpenForm, TargetsForm
from workplans.models import Lapse, WorkPlan
from workplans.models.plans import PlanKind
from workplans.rules.calendar import Period, next_period, period_of
from workplans.rules.calendar import PlanKind as KindCode
from workplans.services import plans
from workplans.services.drafting import Drafted, draft_plan, suggest_targets
from workplans.services.home import glances_of
from workplans.services.planned import load_plan
from workplans.views.answers import address_of, changed, go, refused
from workplans.views.cards import days_of, item_ids, means_of, weeks_of
from workplans.views.shared import manager_of, reader_of

PLAN_ROWS = ("manager__unit", "decided_by")
NEXT_MONTH_FROM, NEXT_YEAR_FROM = timedelta(days=10), timedelta(days=31)
"""So long before it begins, a month or a year is offered to plan."""

EARLIER_ROWS = 12


# --- Home ---------------------------------------------------------------------------------------


@require_safe
@never_cache
def plan_home(request: HttpRequest) -> HttpResponse:
    """Show the manager's plans of now and next: state, deadline, plan against fact, what lacks."""
    user = manager_of(request.user)
    today = clock.today(user.time_zone)
    mine = WorkPlan.objects.editable_by(user)
    earlier = mine.filter(ends_on__lt=today)
    context = {
        "glances": glances_of(user, periods_now(today)),
        "lapses": Lapse.objects.visible_to(user).open().plans().filter(manager=user).oldest_first(),
        "page": keyset_page(
            earlier,
            order=["-starts_on", "-pk"],
            cursor=request.GET.get("cursor"),
            size=EARLIER_ROWS,
        ),
        "today": today,
        "now": clock.now(),
    }
    return render(request, "workplans/plan_home.html", context)


def periods_now(today: date) -> list[Period]:
    """Return the periods to plan: this and next week, this month, this year; the next in time."""
    week = period_of(KindCode.WEEK, today)
    month, year = period_of(KindCode.MONTH, today), period_of(KindCode.YEAR, today)
    found = [week, next_period(week), month]
    if month.ends_on - today < NEXT_MONTH_FROM:
        found.append(next_period(month))
    found.append(year)
    if year.ends_on - today < NEXT_YEAR_FROM:
        found.append(next_period(year))
    return found


@require_POST
def plan_open(request: HttpRequest) -> HttpResponse:
    """Open the manager's plan of a period, made where it is not there; drafted where wanted."""
    user = manager_of(request.user)
    form = OpenForm(request.POST)
    home = reverse("workplans:plan_home")
    if not form.is_valid():
        return go(request, home, _("Choose the period again."), "error")
    given = form.cleaned_data
    try:
        plan = plans.open_plan(actor=user, kind=given["kind"], day=given["day"])
    except ValidationError as refusal:
        return go(request, home, " ".join(refusal.messages), "error")
    if not given["draft"]:
        return go(request, address_of(plan))
    try:
        drafted = draft_plan(actor=user, plan=plan)
    except ValidationError as refusal:
        return go(request, address_of(plan), " ".join(refusal.messages), "error")
    return go(request, address_of(plan), " ".join(words_of(drafted, plan)))


# --- One plan -----------------------------------------------------------------------------------


@require_safe
@never_cache
def plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a plan: its days and items, targets, plan against fact, what was said and changed."""
    user = reader_of(request.user)
    context = sheet_context(request, user, visible_plan(user, pk))
    template = "_plan_sheet" if is_partial(request) else "plan_detail"
    return render(request, f"workplans/{template}.html", context)


def visible_plan(user: StaffUser, pk: int) -> WorkPlan:
    """Return the plan with its manager, where the person sees it."""
    seen = WorkPlan.objects.visible_to(user).select_related(*PLAN_ROWS)
    return get_object_or_404(seen, pk=pk)


def own_plan(request: HttpRequest, pk: int) -> tuple[StaffUser, WorkPlan]:
    """Return the manager who asks and their own plan; for everybody else it is not there."""
    user = manager_of(request.user)
    mine = WorkPlan.objects.editable_by(user).select_related(*PLAN_ROWS)
    return user, get_object_or_404(mine, pk=pk)


@dataclass(frozen=True)
class Rights:
    """What the reader may do with a plan as it stands.

    ``writes``: draft, targets, note, hand in. ``items``: add, change and move them. ``undoes``:
    take the decision back, which nobody acted on yet.
    """

    is_own: bool
    writes: bool
    items: bool
    takes_back: bool
    decides: bool
    undoes: bool


def rights_of(user: StaffUser, plan: WorkPlan, today: date) -> Rights:
    """Return what ``user`` may do with ``plan``. At most one statement."""
    is_own = user.is_manager and plan.manager_id == user.pk
    waits = plan.state == WorkPlan.State.SUBMITTED
    over = plan.ends_on < today
    is_decided = plan.decided_at is not None and not plans.is_acted_on(plan)
    may_decide = (
        not is_own
        and (waits or is_decided)
        and WorkPlan.objects.decidable_by(user).filter(pk=plan.pk).exists()
    )
    return Rights(
        is_own=is_own,
        writes=is_own and plan.is_open,
        items=is_own and (plan.is_open or (plan.state == WorkPlan.State.APPROVED and not over)),
        takes_back=is_own and waits,
        decides=waits and may_decide,
        undoes=is_decided and may_decide,
    )


def sheet_context(
    request: HttpRequest,
    user: StaffUser,
    plan: WorkPlan,
    *,
    decision: dict[str, Any] | None = None,
    drafted: Drafted | None = None,
) -> dict[str, Any]:
    """Return what the page of ``plan`` shows. ``decision``: what was sent of the supervisor's word.

    A constant number of statements.
    """
    today = clock.today(plan.manager.time_zone)
    rights = rights_of(user, plan, today)
    sheet = load_plan(user, plan)
    form = DecisionForm(decision, item_ids=item_ids(sheet)) if rights.decides else None
    days = days_of(sheet, means_of(user, plan), today=today, may_tick=rights.is_own, form=form)
    as_list = plan.kind != PlanKind.WEEK or rights.decides or request.GET.get("show") == "list"
    return {
        "plan": plan,
        "sheet": sheet,
        "rights": rights,
        "form": form,
        "days": days,
        "weeks": weeks_of(days) if as_list else [],
        "as_list": as_list,
        "today": today,
        "now": clock.now(),
        "zone": clock.zone_info(plan.manager.time_zone),
        "minutes": sum(shown.day.planned_minutes for shown in days),
        "capacity": sum(shown.day.capacity_minutes for shown in days),
        "drafted": words_of(drafted, plan) if drafted is not None else [],
        "in_part": is_partial(request),
    }


def words_of(drafted: Drafted, plan: WorkPlan) -> list[str]:
    """Return what a draft did, in words."""
    values = {"number": drafted.added}
    if plan.kind == PlanKind.YEAR:
        text = ngettext("%(number)d target was set.", "%(number)d targets were set.", drafted.added)
    else:
        text = ngettext("%(number)d item was added.", "%(number)d items were added.", drafted.added)
    found = [text % values if drafted.added else _("Nothing was to be added.")]
    if drafted.left_over:
        left = ngettext(
            "%(number)d did not fit into the working hours.",
            "%(number)d did not fit into the working hours.",
            drafted.left_over,
        )
        found.append(left % {"number": drafted.left_over})
    return found


@require_POST
def plan_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill the plan from what is due, and say how much was added and what did not fit."""
    user, plan = own_plan(request, pk)
    try:
        drafted = draft_plan(actor=user, plan=plan)
    except ValidationError as refusal:
        return refused(request, plan, refusal)
    if not is_partial(request):
        return go(request, address_of(plan), " ".join(words_of(drafted, plan)))
    context = sheet_context(request, user, visible_plan(user, pk), drafted=drafted)
    return render(request, "workplans/_plan_sheet.html", context)


@require_POST
def plan_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the plan in."""
    user, plan = own_plan(request, pk)
    try:
        plan = plans.submit_plan(actor=user, plan=plan)
    except ValidationError as refusal:
        return refused(request, plan, refusal)
    text = _("Submitted. The supervisor approves it or returns it with comments.")
    return go(request, address_of(plan), text)


@require_POST
def plan_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a submitted plan back to write on."""
    user, plan = own_plan(request, pk)
    try:
        plans.take_back_plan(actor=user, plan=plan)
    except ValidationError as refusal:
        return refused(request, plan, refusal)
    return go(request, address_of(plan), _("Taken back. Submit it again when it is ready."))


@require_http_methods(["GET", "HEAD", "POST"])
def plan_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what matters in the period, and keep it."""
    user, plan = own_plan(request, pk)
    form = NoteForm(request.POST or None, initial={"note": plan.note})
    if request.method == "POST" and form.is_valid():
        try:
            plans.set_note(actor=user, plan=plan, note=form.cleaned_data["note"])
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return changed(request, plan, _("Saved."))
    context = {"plan": plan, "form": form}
    status = 422 if form.errors else 200
    return answer(request, "workplans/_plan_note_drawer.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_targets(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the plan's targets, with what the plan above asks for, and set them."""
    user, plan = own_plan(request, pk)
    known = dict(plan.targets.values_list("kind", "value"))
    form = TargetsForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            plans.set_targets(actor=user, plan=plan, values=form.values())
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return changed(request, plan, _("The targets are set."))
    suggested = suggest_targets(plan)
    context = {
        "plan": plan,
        "form": form,
        "rows": [(field, suggested.get(field.name, 0)) for field in form],
    }
    status = 422 if form.errors else 200
    return answer(request, "workplans/_plan_targets_drawer.html", context, status=status)
