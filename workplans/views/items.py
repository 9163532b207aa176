"""The items of a manager's plan: added, changed, moved, taken out and brought back, ticked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contacts.rules import FACE_TO_FACE_CHANNELS
from core import clock
from core.forms import add_refusal
from core.htmx import answer
from customers.models import Channel, Customer
from customers.querysets import CustomerQuerySet
from customers.rules import normalised
from customers.services.lookups import asked_for
from staff.models import StaffUser
from workplans.forms.plans import ItemForm, MoveForm, TickForm, day_in, entered_in
from workplans.models import PlanItem, WorkPlan
from workplans.services import plans
from workplans.services.occasions import careful_with
from workplans.services.planned import Line, load_plan
from workplans.views.answers import changed, refused
from workplans.views.cards import ShownDay, days_of
from workplans.views.plans import own_plan
from workplans.views.shared import manager_of

SUGGESTIONS = 8
SHORTEST_SEARCH = 2
REMOVED = "plan_items_removed"
MOST_REMOVED = 5
"""So many items that were taken out a session remembers."""


# --- Added and changed --------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def plan_item_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for one more item, for a customer or as free text, and add it."""
    user, plan = own_plan(request, pk)
    customers = _customers(user)
    if request.method != "POST":
        return _drawer(request, plan, _first_form(request, plan, customers))
    form = ItemForm(request.POST, plan=plan, customers=customers)
    if form.is_valid():
        try:
            item = plans.add_item(
                actor=user,
                plan=plan,
                entry=form.entry(),
                submission_key=form.cleaned_data["submission_key"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return changed(request, plan, _("Added on %(day)s.") % {"day": _day(item)})
    return _drawer(request, plan, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_item_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an item to be changed, and change it."""
    user, item = _own_item(request, pk)
    customers = _customers(user)
    form = ItemForm(
        request.POST or None, plan=item.plan, customers=customers, initial=entered_in(item)
    )
    if request.method == "POST" and form.is_valid():
        try:
            plans.change_item(actor=user, item=item, entry=form.entry())
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return changed(request, item.plan, _("Saved."))
    status = 422 if form.errors else 200
    return _drawer(request, item.plan, form, item=item, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_customers(request: HttpRequest, pk: int) -> HttpResponse:
    """Suggest customers for an item while somebody types."""
    user, plan = own_plan(request, pk)
    asked = asked_for(request, user)
    text = asked.text
    found = _customers(user).matching(text, user).for_row().order_by("name", "pk")
    rows = list(found[: SUGGESTIONS + 1])
    context = {
        "plan": plan,
        "text": asked.shown,
        "refusal": asked.refusal,
        "is_long_enough": len(normalised(text)) >= SHORTEST_SEARCH,
        "customers": rows[:SUGGESTIONS],
        "is_more": len(rows) > SUGGESTIONS,
    }
    return answer(request, "workplans/_plan_customers.html", context)


def _customers(user: StaffUser) -> CustomerQuerySet:
    """Those the person may plan for: served today or later; the service asks for the day."""
    return Customer.objects.visible_to(user).active()


def _first_form(request: HttpRequest, plan: WorkPlan, customers: CustomerQuerySet) -> ItemForm:
    """The form as it opens: what was typed before a customer was chosen stays."""
    today = clock.today(plan.manager.time_zone)
    usual = min(max(today, plan.starts_on), plan.ends_on)
    given: dict[str, Any] = {
        name: request.GET[name] for name in ItemForm.base_fields if request.GET.get(name)
    }
    given["day"] = day_in(given.get("day", "")) or usual
    if not str(given.get("customer", "")).isdecimal():
        given.pop("customer", None)
    form = ItemForm(plan=plan, customers=customers, initial=given)
    if not request.GET.get("submission_key"):
        form.initial["submission_key"] = uuid4()
    return form


def _drawer(
    request: HttpRequest,
    plan: WorkPlan,
    form: ItemForm,
    *,
    item: PlanItem | None = None,
    status: int = 200,
) -> HttpResponse:
    customer = _chosen(form, item)
    context: dict[str, Any] = {"plan": plan, "form": form, "item": item, "customer": customer}
    if customer is not None:
        careful = careful_with(customer, plan.ends_on)
        if item is None and not form.is_bound and not form.initial.get("channel"):
            matter = str(form.initial.get("matter", ""))
            likely = careful.channel_for(matter, customer.preferred_channel)
            form.initial["channel"] = likely
            form.initial["needs_visit"] = likely in FACE_TO_FACE_CHANNELS and matter == "visit"
        context |= {
            "careful": careful,
            "opted_out": [Channel(channel).label for channel in careful.opted_out],
            "exempt_until": careful.exempt_until,
            "refused": form["channel"].value() in careful.opted_out,
        }
    return answer(request, "workplans/_plan_item_drawer.html", context, status=status)


def _chosen(form: ItemForm, item: PlanItem | None) -> Customer | None:
    """The customer that the form holds, where the person may plan for them."""
    value = str(form["customer"].value() or "")
    if item is not None and item.customer is not None and value == str(item.customer_id):
        return item.customer
    queryset = getattr(form.fields["customer"], "queryset", None)
    if queryset is None or not (value.isascii() and value.isdigit()):
        return None
    found: Customer | None = queryset.select_related("unit").filter(pk=int(value)).first()
    return found


# --- Moved --------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def plan_item_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer the days of the plan with their room, and put the item on one of them."""
    user, item = _own_item(request, pk)
    if request.method != "POST":
        return _move_drawer(request, user, item)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return refused(request, item.plan, ValidationError(_("Choose the day again.")))
    day, position = form.cleaned_data["day"], form.cleaned_data["position"]
    try:
        item = plans.move_item(actor=user, item=item, day=day, position=position)
    except ValidationError as refusal:
        return refused(request, item.plan, refusal)
    text = "" if "quietly" in request.POST else _("Moved to %(day)s.") % {"day": _day(item)}
    return changed(request, item.plan, text)


def _move_drawer(request: HttpRequest, user: StaffUser, item: PlanItem) -> HttpResponse:
    today = clock.today(user.time_zone)
    sheet = load_plan(user, item.plan)
    days = days_of(sheet, {}, today=today, may_tick=False)
    context = {"plan": item.plan, "item": item, "days": days, "place": _place(days, item)}
    return answer(request, "workplans/_plan_move_drawer.html", context)


def _place(days: list[ShownDay], item: PlanItem) -> dict[str, int]:
    """Which places before and after it are, in its own day; none at either end."""
    lines: list[Line] = next((one.day.items for one in days if one.day.day == item.day), [])
    order = [line.item.pk for line in lines]
    if item.pk not in order:
        return {}
    place = order.index(item.pk)
    found = {"earlier": place - 1, "later": place + 1}
    return {name: at for name, at in found.items() if 0 <= at < len(order)}


# --- Taken out, brought back, ticked ------------------------------------------------------------


@require_POST
def plan_item_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an item out of the plan; the notice offers to bring it back."""
    user, item = _own_item(request, pk)
    try:
        plans.remove_item(actor=user, item=item)
    except ValidationError as refusal:
        return refused(request, item.plan, refusal)
    key = _remember(request, item)
    undo = reverse("workplans:plan_item_restore", args=[item.plan_id, key])
    name = item.customer.name if item.customer is not None else item.text
    return changed(request, item.plan, _("Taken out: %(what)s.") % {"what": name}, undo)


@require_POST
def plan_item_restore(request: HttpRequest, pk: int, key: UUID) -> HttpResponse:
    """Bring back an item that this session took out."""
    user, plan = own_plan(request, pk)
    kept = request.session.get(REMOVED, {}).get(str(key))
    gone = ValidationError(_("There is nothing to bring back any more."))
    if not isinstance(kept, dict):
        return refused(request, plan, gone)
    position = int(kept.get("position") or 0)
    form = ItemForm(kept, plan=plan, customers=_customers(user))
    if not form.is_valid():
        return refused(request, plan, gone)
    try:
        item = plans.add_item(actor=user, plan=plan, entry=form.entry(), submission_key=key)
        plans.move_item(actor=user, item=item, day=item.day, position=position)
    except ValidationError as refusal:
        return refused(request, plan, refusal)
    return changed(request, plan, _("The item is in the plan again."))


def _remember(request: HttpRequest, item: PlanItem) -> UUID:
    """Keep what is needed to bring an item back; the key makes it come back once."""
    key = uuid4()
    kept: dict[str, Mapping[str, Any]] = dict(request.session.get(REMOVED, {}))
    entered = {name: value for name, value in entered_in(item).items() if value}
    kept[str(key)] = {**entered, "day": item.day.isoformat(), "position": item.position}
    request.session[REMOVED] = dict(list(kept.items())[-MOST_REMOVED:])
    return key


@require_POST
def plan_item_tick(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick an item without a customer, or take the tick back."""
    user, item = _own_item(request, pk)
    form = TickForm(request.POST)
    done = form.is_valid() and form.cleaned_data["done"]
    try:
        plans.tick_item(actor=user, item=item, done=done)
    except ValidationError as refusal:
        return refused(request, item.plan, refusal)
    return changed(request, item.plan)


def _own_item(request: HttpRequest, pk: int) -> tuple[StaffUser, PlanItem]:
    """Return the manager who asks and an item of their own plan that stands."""
    user = manager_of(request.user)
    mine = PlanItem.objects.editable_by(user).standing()
    rows = mine.select_related("plan__manager__unit", "customer__unit")
    return user, get_object_or_404(rows, pk=pk)


def _day(item: PlanItem) -> str:
    return date_format(item.day, "MONTH_DAY_FORMAT")
