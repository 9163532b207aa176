"""Measures in a case: chosen, approved by a supervisor, offered, answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import clock, htmx
from core.htmx import answer, is_partial, trigger
from core.pagination import keyset_page
from retention.forms.cases import AnswerForm, OfferDecisionForm, OfferForm
from retention.models import Measure, MeasureOffer, RetentionCase
from retention.services import cases
from retention.views.shared import person_of, reader_of
from staff.models import StaffUser

HISTORY_SIZE = 20
UNDO_OFFERED = timedelta(days=1)
"""So long the list offers to undo a decision."""
OFFER_ROWS = ("measure", "needs_unit", "chosen_by", "decided_by")
QUEUE_ROWS = ("case__customer__manager", "case__customer__unit", *OFFER_ROWS)


@require_safe
def case_offers(request: HttpRequest, pk: int) -> HttpResponse:
    """The measures of a case as they stand: the page asks again while one waits for approval."""
    user = reader_of(request.user)
    seen = RetentionCase.objects.visible_to(user).select_related("customer__unit", "decided_by")
    case = get_object_or_404(seen, pk=pk)
    if not is_partial(request):
        return redirect("retention:case_detail", pk=pk)
    return _offers(request, case)


@require_POST
def measure_choose(request: HttpRequest, pk: int, measure_pk: int) -> HttpResponse:
    """Take a measure into the case; above the person's limit it goes to a supervisor."""
    user = person_of(request.user)
    found = RetentionCase.objects.editable_by(user).select_related("customer__unit", "decided_by")
    case = get_object_or_404(found, pk=pk)
    measure = get_object_or_404(Measure.objects.visible_to(user), pk=measure_pk)
    form = OfferForm(request.POST)
    if not form.is_valid():
        return _told(request, case, _first_error(form), "error")
    try:
        offer = cases.offer_measure(
            actor=user, case=case, measure=measure, note=form.cleaned_data["note"]
        )
    except ValidationError as refusal:
        return _told(request, case, " ".join(refusal.messages), "error")
    if offer.state == MeasureOffer.State.WAITING and offer.needs_unit is not None:
        text = _("Sent to the supervisor of %(unit)s.") % {"unit": offer.needs_unit.name}
    else:
        text = _("%(measure)s may be offered.") % {"measure": measure.name}
    return _told(request, case, text, "success")


@require_POST
def offer_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down by one tap that a measure was offered, accepted, declined or taken back."""
    user = person_of(request.user)
    found = MeasureOffer.objects.editable_by(user)
    offer = get_object_or_404(
        found.select_related("case__customer__unit", "case__decided_by"), pk=pk
    )
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _told(request, offer.case, _first_error(form), "error")
    try:
        cases.note_answer(actor=user, offer=offer, answer=form.cleaned_data["answer"])
    except ValidationError as refusal:
        return _told(request, offer.case, " ".join(refusal.messages), "error")
    return _told(request, offer.case, "", "success")


def _first_error(form: Any) -> str:
    return " ".join(error for errors in form.errors.values() for error in errors)


def _told(request: HttpRequest, case: RetentionCase, text: str, level: str) -> HttpResponse:
    """Answer with the measures as they are now; say what was done."""
    if not is_partial(request):
        if text:
            messages.add_message(request, getattr(messages, level.upper()), text)
        return redirect("retention:case_detail", pk=case.pk)
    response = _offers(request, case, status=422 if level == "error" else 200)
    if text:
        trigger(response, toast={"text": text, "level": level})
    return trigger(response, caseChanged={})


def _offers(request: HttpRequest, case: RetentionCase, status: int = 200) -> HttpResponse:
    user = person_of(request.user)
    offers = list(case.offers.select_related(*OFFER_ROWS))
    context = {
        "case": case,
        "offers": offers,
        "waits": case.is_open and any(offer.state == "waiting" for offer in offers),
        "may_edit": RetentionCase.objects.editable_by(user).filter(pk=case.pk).exists(),
        "zone": clock.zone_info(case.customer.unit.time_zone),
        # The page that asks showed an open case; where it is closed now it says so.
        "was_open": "open" in request.GET,
    }
    return render(request, "retention/_case_offers.html", context, status=status)


# --- The approval queue -------------------------------------------------------------------------


@require_safe
def approval_list(request: HttpRequest) -> HttpResponse:
    """Show the measures that wait for approval, the most pressing case first, and the decided."""
    return _approval_list(request)


def _approval_list(
    request: HttpRequest, status: int = 200, notes: dict[int, str] | None = None
) -> HttpResponse:
    user = reader_of(request.user)
    seen = MeasureOffer.objects.visible_to(user).select_related(*QUEUE_ROWS)
    waiting = list(seen.waiting().most_pressing_first())
    mine: set[int] = set()
    if user.is_supervisor:
        mine = set(MeasureOffer.objects.decidable_by(user).waiting().values_list("pk", flat=True))
    decided = seen.filter(needs_unit__isnull=False, decided_at__isnull=False)
    page = keyset_page(
        decided,
        order=["-decided_at", "-pk"],
        cursor=request.GET.get("cursor"),
        size=HISTORY_SIZE,
    )
    context = {
        # A decision answers with the list at its own address; it is fetched anew at this one.
        "list_url": request.get_full_path()
        if request.method != "POST"
        else reverse("retention:approval_list"),
        "undoable": _undoable(user, page.rows),
        "waiting": waiting,
        "decidable": mine,
        "notes": notes or {},
        "now": clock.now(),
        "page": page,
    }
    return answer(request, "retention/_approval_list.html", context, status=status)


def _undoable(user: StaffUser, rows: Sequence[MeasureOffer]) -> set[int]:
    """Which of the decided ones offer to be undone: decided within a day, nothing done since."""
    since = clock.now() - UNDO_OFFERED
    standing = (MeasureOffer.State.READY, MeasureOffer.State.REFUSED)
    ids = [
        row.pk
        for row in rows
        if row.state in standing
        and row.case.is_open
        and row.decided_at is not None
        and row.decided_at > since
    ]
    if not (ids and user.is_supervisor):
        return set()
    mine = MeasureOffer.objects.decidable_by(user)
    return set(mine.filter(pk__in=ids).values_list("pk", flat=True))


@require_POST
def offer_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse a measure; answers with the queue as it is then."""
    user = person_of(request.user)
    offers = MeasureOffer.objects.decidable_by(user).select_related(*QUEUE_ROWS)
    offer = get_object_or_404(offers, pk=pk)
    form = OfferDecisionForm(request.POST)
    if not form.is_valid():
        text = _("Choose to approve or to refuse.")
        return _queue_answer(request, text, "error", {pk: request.POST.get("note", "")})
    approve = form.cleaned_data["approve"]
    decided = cases.decide_offer(
        actor=user, offer=offer, approve=approve, note=form.cleaned_data["note"]
    )
    values = {"measure": offer.measure.name, "customer": offer.case.customer.name}
    wanted = MeasureOffer.State.READY if approve else MeasureOffer.State.REFUSED
    if decided.state != wanted:
        text = _("%(measure)s for %(customer)s is settled already.") % values
    elif approve:
        text = _("%(measure)s for %(customer)s is approved.") % values
    else:
        text = _("%(measure)s for %(customer)s is refused.") % values
    is_mine = decided.state == wanted and decided.decided_by_id == user.pk
    undo = reverse("retention:offer_undo", args=[pk]) if is_mine else ""
    return _queue_answer(request, text, "success", undo_url=undo)


@require_POST
def offer_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a decision back: the measure waits again, until somebody has acted on it."""
    user = person_of(request.user)
    offers = MeasureOffer.objects.decidable_by(user).select_related(*QUEUE_ROWS)
    offer = get_object_or_404(offers, pk=pk)
    url = reverse("retention:approval_list")
    try:
        cases.undo_offer_decision(actor=user, offer=offer)
    except ValidationError as refusal:
        return htmx.refuse(request, url, " ".join(refusal.messages), "caseChanged")
    values = {"measure": offer.measure.name, "customer": offer.case.customer.name}
    text = _("%(measure)s for %(customer)s waits again.") % values
    return htmx.done(request, url, text, "caseChanged")


def _queue_answer(
    request: HttpRequest,
    text: str,
    level: str,
    notes: dict[int, str] | None = None,
    *,
    undo_url: str = "",
) -> HttpResponse:
    if not is_partial(request):
        messages.add_message(request, getattr(messages, level.upper()), text)
        return redirect("retention:approval_list")
    response = _approval_list(request, status=422 if level == "error" else 200, notes=notes)
    toast = {"text": text, "level": level}
    return trigger(response, toast=toast | ({"undo_url": undo_url} if undo_url else {}))
