"""Exemptions: asked for, decided, ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.forms import DecisionForm, ExemptionForm, add_refusal
from contacts.models import Cadence, Exemption
from contacts.services import exemptions
from contacts.views.shared import done, editable_customer, person_of, reader_of, today_of
from core import clock, htmx
from core.htmx import answer, is_partial, trigger
from core.pagination import keyset_page
from customers.models import ServiceStandard
from customers.rules import Figure
from staff.models import StaffUser

HISTORY_SIZE = 20
UNDO_OFFERED = timedelta(days=1)
"""So long the list offers to undo a decision; whether somebody acted on it is asked then."""


@require_http_methods(["GET", "HEAD", "POST"])
def exemption_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that a customer be excused from a cadence for some days."""
    user = person_of(request.user)
    customer = editable_customer(request, pk)
    today = today_of(customer)
    standards = ServiceStandard.objects.visible_to(user).load()
    longest = standards.value(Figure.EXEMPTION_MAX_DAYS, today)
    initial = {"cadence": request.GET.get("cadence", Cadence.CONTACT)}
    form = ExemptionForm(request.POST or None, initial=initial, today=today, longest=longest)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            exemptions.request_exemption(
                actor=user,
                customer=customer,
                cadence=Cadence(given["cadence"]),
                reason=Exemption.Reason(given["reason"]),
                ends_on=given["ends_on"],
                note=given["note"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            text = _("The exemption was asked for. A supervisor decides.")
            return done(request, customer, text, "careChanged")
    context = {"customer": customer, "form": form}
    return answer(
        request, "contacts/_exemption_drawer.html", context, status=422 if form.errors else 200
    )


@require_safe
def exemption_list(request: HttpRequest) -> HttpResponse:
    """Show the requests that wait, and those that were decided."""
    return _exemption_list(request)


def _exemption_list(request: HttpRequest, status: int = 200) -> HttpResponse:
    user = reader_of(request.user)
    seen = Exemption.objects.visible_to(user).select_related(
        "customer__manager", "customer__unit", "requested_by", "decided_by"
    )
    decidable = Exemption.objects.decidable_by(user).waiting().values("pk")
    waiting = list(seen.waiting().order_by("requested_at", "pk"))
    page = keyset_page(
        seen.exclude(state=Exemption.State.REQUESTED),
        order=["-requested_at", "-pk"],
        cursor=request.GET.get("cursor"),
        size=HISTORY_SIZE,
    )
    context = {
        "today": clock.today(user.time_zone),
        # A decision answers with the list at its own address; it is fetched anew at this one.
        "list_url": _list_url(request),
        "undoable": _undoable(user, page.rows),
        "waiting": waiting,
        "decidable": set(decidable.values_list("pk", flat=True)) if user.is_supervisor else (),
        "page": page,
    }
    return answer(request, "contacts/_exemption_list.html", context, status=status)


def _list_url(request: HttpRequest) -> str:
    if request.method != "POST":
        return request.get_full_path()
    return reverse("contacts:exemption_list")


def _undoable(user: StaffUser, rows: Sequence[Exemption]) -> set[int]:
    """Which of the decided ones offer to be undone: decided within a day by who may decide."""
    since = clock.now() - UNDO_OFFERED
    ids = [row.pk for row in rows if row.decided_at is not None and row.decided_at > since]
    if not (ids and user.is_supervisor):
        return set()
    return set(Exemption.objects.decidable_by(user).filter(pk__in=ids).values_list("pk", flat=True))


@require_POST
def exemption_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse a request; answers with the list as it is then."""
    user = person_of(request.user)
    exemption = get_object_or_404(
        Exemption.objects.decidable_by(user).select_related("customer"), pk=pk
    )
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _exemption_answer(request, _("Choose to approve or to refuse."), "error")
    approve = form.cleaned_data["approve"]
    try:
        decided = exemptions.decide_exemption(
            actor=user, exemption=exemption, approve=approve, note=form.cleaned_data["note"]
        )
    except ValidationError as refusal:
        return _exemption_answer(request, " ".join(refusal.messages), "error")
    values = {"customer": exemption.customer.name}
    if decided.state != (Exemption.State.APPROVED if approve else Exemption.State.REFUSED):
        text = _("The request of %(customer)s was decided before.") % values
    elif approve:
        text = _("%(customer)s is excused.") % values
    else:
        text = _("The request for %(customer)s was refused.") % values
    undo = reverse("contacts:exemption_undo", args=[pk]) if decided.decided_by_id == user.pk else ""
    return _exemption_answer(request, text, "success", undo)


@require_POST
def exemption_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a decision back: the request waits again, until somebody has acted on it."""
    user = person_of(request.user)
    exemption = get_object_or_404(
        Exemption.objects.decidable_by(user).select_related("customer"), pk=pk
    )
    url = reverse("contacts:exemption_list")
    try:
        exemptions.undo_decision(actor=user, exemption=exemption)
    except ValidationError as refusal:
        return htmx.refuse(request, url, " ".join(refusal.messages), "careChanged")
    text = _("The request of %(customer)s waits again.") % {"customer": exemption.customer.name}
    return htmx.done(request, url, text, "careChanged")


def _exemption_answer(
    request: HttpRequest, text: str, level: str, undo_url: str = ""
) -> HttpResponse:
    if not is_partial(request):
        messages.add_message(request, getattr(messages, level.upper()), text)
        return redirect("contacts:exemption_list")
    response = _exemption_list(request, status=422 if level == "error" else 200)
    toast = {"text": text, "level": level}
    return trigger(response, toast=toast | ({"undo_url": undo_url} if undo_url else {}))


@require_POST
def exemption_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End an exemption early, or withdraw a request."""
    user = person_of(request.user)
    exemption = get_object_or_404(
        Exemption.objects.editable_by(user).select_related("customer"), pk=pk
    )
    ended = exemptions.end_exemption(actor=user, exemption=exemption)
    if ended.state == Exemption.State.WITHDRAWN:
        text = _("The request is withdrawn.")
    else:
        text = _("The exemption has ended.")
    return done(request, exemption.customer, text, "careChanged")
