"""Calls: the missed ones to return, those to confirm, unknown numbers (article 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.forms.calls import CallFilterForm, DiscardForm, ExplainForm
from contacts.models import CallEvent, DiscardReason, MissedCall, NumberMatch
from contacts.services.call_records import confirm_call, discard_call
from contacts.services.calls import choose_customer, explain_calls
from contacts.services.duty import people_on_duty
from contacts.views.shared import done, next_of, person_of, reader_of
from core import clock
from core.forms import add_refusal
from core.htmx import answer, is_partial, trigger
from core.pagination import Page, keyset_page
from customers.models import Customer, CustomerPhone
from staff.models import StaffUser, Unit

if TYPE_CHECKING:
    from contacts.querysets import CallEventQuerySet, MissedCallQuerySet

UNPROCESSABLE = 422
MISSED, CONFIRM, EVERY, UNKNOWN = "missed", "confirm", "all", "unknown"


@dataclass(frozen=True)
class Tab:
    """One kind of call that the page can show; ``count`` None where nobody counts them."""

    value: str
    name: str
    is_current: bool
    count: int | None = None


@require_safe
def call_list(request: HttpRequest) -> HttpResponse:
    """Show the missed calls that wait, first who waits longest; or the calls of another kind."""
    user = reader_of(request.user)
    units = None if user.is_manager else Unit.objects.visible_to(user)
    form = CallFilterForm(request.GET, units=units)
    is_valid = form.is_valid()
    given: dict[str, Any] = form.cleaned_data if is_valid else {}
    show = given.get("show") or MISSED
    missed = _missed_of(user, given) if is_valid else MissedCall.objects.visible_to(user).none()
    events = _events_of(user, given) if is_valid else CallEvent.objects.visible_to(user).none()
    context = {
        "form": form,
        "show": show,
        "tabs": _tabs(user, show, missed, events),
        "now": clock.now(),
        "zone": clock.zone_info(user.time_zone),
        "user_id": user.pk,
        "serves": user.scope.manager_ids,
        "may_log": not user.is_head_office,
        "may_explain": user.scope.unit_path is not None,
        "manager": StaffUser.objects.visible_to(user).filter(pk=given.get("manager") or 0).first(),
    }
    if show == MISSED:
        context |= _missed_page(request, user, missed)
    else:
        rows = {CONFIRM: events.to_confirm(), UNKNOWN: events.unexplained()}.get(show, events)
        context["page"] = keyset_page(
            rows.for_row(), order=["-started_at", "-pk"], cursor=request.GET.get("cursor")
        )
    return answer(request, "contacts/_call_list.html", context)


def _missed_of(user: StaffUser, given: dict[str, Any]) -> MissedCallQuerySet:
    rows = MissedCall.objects.visible_to(user).open()
    if given.get("unit") is not None:
        rows = rows.filter(customer__unit__path__startswith=given["unit"].path)
    if given.get("manager"):
        rows = rows.filter(customer__manager=given["manager"])
    return rows.overdue(clock.now()) if given.get("overdue") else rows


def _events_of(user: StaffUser, given: dict[str, Any]) -> CallEventQuerySet:
    rows = CallEvent.objects.visible_to(user)
    if given.get("unit") is not None:
        rows = rows.filter(unit__path__startswith=given["unit"].path)
    if given.get("manager"):
        rows = rows.filter(customer__manager=given["manager"])
    return rows


def _tabs(
    user: StaffUser, show: str, missed: MissedCallQuerySet, events: CallEventQuerySet
) -> list[Tab]:
    tabs = [
        Tab(MISSED, _("Missed"), show == MISSED, missed.count()),
        Tab(CONFIRM, _("To confirm"), show == CONFIRM, events.to_confirm().count()),
        Tab(EVERY, _("All calls"), show == EVERY),
    ]
    if not user.is_manager:
        count = events.unexplained().count()
        tabs.append(Tab(UNKNOWN, _("Unknown numbers"), show == UNKNOWN, count))
    return tabs


def _missed_page(
    request: HttpRequest, user: StaffUser, missed: MissedCallQuerySet
) -> dict[str, Any]:
    """The page of missed calls: with who is on duty, who was told and what waits for a word."""
    page: Page[MissedCall] = keyset_page(
        missed.select_related("customer__manager", "customer__unit").prefetch_related(
            "notices__person"
        ),
        order=["due_at", "pk"],
        cursor=request.GET.get("cursor"),
    )
    on_duty = people_on_duty([row.customer.manager_id for row in page.rows])
    calls = CallEvent.objects.confirmable_by(user).to_confirm()
    mine = calls.filter(customer__in=[row.customer_id for row in page.rows])
    # Of several the last: the latest in which the customer spoke, which closes the missed call.
    best_last = mine.order_by(F("answered_at").asc(nulls_first=True), "started_at", "pk")
    waiting = {event.customer_id: event for event in best_last}
    shown = [
        (row, on_duty.get(row.customer.manager_id or 0), waiting.get(row.customer_id))
        for row in page.rows
    ]
    return {"page": page, "shown": shown}


@require_POST
def call_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the contact record of a call with one tap."""
    user = person_of(request.user)
    rows = CallEvent.objects.confirmable_by(user).select_related("customer")
    event = get_object_or_404(rows, pk=pk, customer__isnull=False)
    customer = event.customer or Customer()
    try:
        record = confirm_call(actor=user, event=event)
    except ValidationError as refusal:
        return _refused(request, " ".join(refusal.messages))
    text = _("Confirmed: the call with %(customer)s is a contact record.")
    undo = reverse("contacts:contact_void", args=[record.pk]) + "?undo=1"
    values = {"customer": customer.name}
    return done(request, customer, text % values, "contactLogged", undo_url=undo)


@require_http_methods(["GET", "HEAD", "POST"])
def call_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why a call was no service contact, then discard it."""
    user = person_of(request.user)
    rows = CallEvent.objects.confirmable_by(user).select_related("customer")
    event = get_object_or_404(rows, pk=pk, customer__isnull=False)
    form = DiscardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            discard_call(
                actor=user,
                event=event,
                reason=DiscardReason(given["reason"]),
                note=given["note"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            text = _("Noted: this call was no service contact.")
            return done(request, event.customer or Customer(), text, "contactLogged")
    context = {"event": event, "customer": event.customer, "form": form, "next": next_of(request)}
    return answer(
        request,
        "contacts/_call_discard_drawer.html",
        context,
        status=UNPROCESSABLE if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def call_explain(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whose call it was where several customers have the number; else look again."""
    user = person_of(request.user)
    event = get_object_or_404(CallEvent.objects.explainable_by(user), pk=pk)
    owners = CustomerPhone.objects.visible_to(user).ringing([event.number]).values("customer")
    customers = Customer.objects.editable_by(user).filter(status="active", pk__in=owners)
    is_shared = event.match == NumberMatch.SHARED
    form = ExplainForm(request.POST or None, customers=customers.order_by("name", "pk"))
    if request.method == "POST" and not is_shared:
        found = explain_calls(actor=user, numbers=[event.number])
        return _explained(request, bool(found))
    if request.method == "POST" and form.is_valid():
        try:
            choose_customer(actor=user, event=event, customer=form.cleaned_data["customer"])
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return _explained(request, is_found=True)
    context = {"event": event, "form": form, "is_shared": is_shared, "next": next_of(request)}
    return answer(
        request,
        "contacts/_call_explain_drawer.html",
        context,
        status=UNPROCESSABLE if form.is_bound and form.errors else 200,
    )


def _explained(request: HttpRequest, is_found: bool) -> HttpResponse:
    text = _("The call now stands with its customer.")
    if not is_found:
        text = _("Still nobody has this number. Add it to the customer first.")
    level = "success" if is_found else "warning"
    if not is_partial(request):
        messages.add_message(request, getattr(messages, level.upper()), text)
        return redirect(f"{reverse('contacts:call_list')}?show={UNKNOWN}")
    return trigger(
        HttpResponse(status=204),
        toast={"text": text, "level": level},
        close_drawer={},
        careChanged={},
    )


def _refused(request: HttpRequest, text: str) -> HttpResponse:
    if not is_partial(request):
        messages.error(request, text)
        return redirect("contacts:call_list")
    return trigger(
        HttpResponse(status=204), toast={"text": text, "level": "danger"}, careChanged={}
    )
