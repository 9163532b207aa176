"""Departures: listed, reported, reviewed, taken back; the catalogue of causes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.pagination import keyset_page
from customers.models import Customer
from retention.forms.departures import (
    CancelForm,
    CauseForm,
    DepartureFilterForm,
    DepartureForm,
    ReturnForm,
    ReviewForm,
    add_refusal,
)
from retention.models import ChurnBaseMember, Departure, DepartureCause, Source
from retention.querysets import DepartureQuerySet
from retention.rules.churn import TIERS_OF_GROUP
from retention.services import departures
from retention.services.goals import losses_from_base
from retention.services.judging import TREND_DAYS, story_of
from retention.views.whose import (
    person_of,
    reader_of,
    setter_of,
    supervisor_of,
    units_of,
)
from staff.models import StaffUser

GET_OR_POST = ("GET", "HEAD", "POST")
UNPROCESSABLE = 422
WORST_SCORE = 100


@require_safe
def departure_list(request: HttpRequest) -> HttpResponse:
    """Show who left, the latest first; from a goal's figure, exactly its losses."""
    user = reader_of(request.user)
    form = DepartureFilterForm(request.GET, units=units_of(user))
    today = clock.today(user.time_zone)
    rows = Departure.objects.visible_to(user)
    is_valid = form.is_valid()
    given = form.cleaned_data
    if is_valid and given["base"]:
        rows = _of_base(user, given, today)
    elif is_valid:
        rows = _filtered(rows, given, today)
    else:
        rows = rows.none()
    page = keyset_page(rows.for_row(), order=["-left_on", "-pk"], cursor=request.GET.get("cursor"))
    seen = Departure.objects.visible_to(user).filter(pk__in=[row.pk for row in page.rows])
    managers = StaffUser.objects.visible_to(user).filter(pk=given.get("manager") or 0)
    causes = DepartureCause.objects.visible_to(user).filter(pk=given.get("cause") or 0)
    context = {
        "form": form,
        "page": page,
        "today": today,
        "seen": set(seen.values_list("pk", flat=True)),
        "manager": managers.first(),
        "cause": causes.first(),
        "given": given,
    }
    return render(request, "retention/departure_list.html", context)


def _of_base(user: StaffUser, given: dict[str, Any], today: date) -> DepartureQuerySet:
    """The losses behind a figure of a goal: by unit, manager and tier of 1 January."""
    members = ChurnBaseMember.objects.visible_to(user)
    if given.get("unit") is not None:
        members = members.within_unit(given["unit"].path)
    if given["manager"]:
        members = members.filter(manager=given["manager"])
    if given["pool"]:
        members = members.filter(manager=None)
    if given["tier"]:
        members = members.filter(tier=given["tier"])
    if given["group"]:
        members = members.of_tiers(TIERS_OF_GROUP[given["group"]])
    return losses_from_base(year=given["base"], as_of=today, members=members)


LOOKUPS = {
    "year": "left_on__year",
    "tier": "tier",
    "manager": "manager",
}
"""Lookups by filter, of those that are looked up as they are given."""


def _filtered(rows: DepartureQuerySet, given: dict[str, Any], today: date) -> DepartureQuerySet:
    rows = rows.filter(**{lookup: given[name] for name, lookup in LOOKUPS.items() if given[name]})
    if given["kind"] == "counted":
        rows = rows.counted()
    elif given["kind"]:
        rows = rows.filter(kind=given["kind"])
    if given.get("unit") is not None:
        rows = rows.filter(unit__path__startswith=given["unit"].path)
    if given["pool"]:
        rows = rows.filter(manager=None)
    if given["cause"]:
        rows = rows.of_cause(given["cause"])
    return _by_review(rows, given["review"], today)


def _by_review(rows: DepartureQuerySet, wanted: str, today: date) -> DepartureQuerySet:
    if wanted == "due":
        return rows.to_review()
    if wanted == "overdue":
        return rows.review_overdue(today)
    return rows.filter(review__isnull=False) if wanted == "done" else rows


@require_http_methods(GET_OR_POST)
def departure_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a customer of the supervisor's units has left."""
    user = supervisor_of(request.user)
    rows = Customer.objects.editable_by(user).supervised_by(user).active()
    customer = get_object_or_404(rows.select_related("unit", "manager"), pk=pk)
    initial = {"left_on": clock.today(customer.unit.time_zone)}
    form = DepartureForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = departures.report_departure(
                actor=user, customer=customer, departure=form.row(), source=Source.MANUAL
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The departure is recorded."))
            if Departure.objects.visible_to(user).filter(pk=made.pk).exists():
                return redirect("retention:departure_detail", pk=made.pk)
            return redirect("retention:departure_list")
    context = {"customer": customer, "form": form}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "retention/departure_report.html", context, status=status)


@require_http_methods(GET_OR_POST)
def departure_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One departure: what was known before, and the review, which a supervisor writes here."""
    user = reader_of(request.user)
    departure = get_object_or_404(
        Departure.objects.visible_to(user)
        .for_row()
        .select_related("reported_by", "cancelled_by", "review__reviewed_by"),
        pk=pk,
    )
    may_edit = Departure.objects.editable_by(user).filter(pk=pk).exists()
    if request.method == "POST":
        get_object_or_404(Departure.objects.editable_by(user), pk=pk)
    form = _review_form(request, user, departure) if may_edit else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            departures.review_departure(
                actor=user,
                departure=departure,
                review=form.row(),
                version=form.cleaned_data["version"] or 0,
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The review is saved."))
            return redirect("retention:departure_detail", pk=pk)
    context = _detail_context(user, departure, may_edit=may_edit)
    status = UNPROCESSABLE if form is not None and form.errors else 200
    return render(
        request, "retention/departure_detail.html", {**context, "form": form}, status=status
    )


def _review_form(request: HttpRequest, user: StaffUser, departure: Departure) -> ReviewForm:
    review = getattr(departure, "review", None)
    return ReviewForm(
        request.POST if request.method == "POST" else None,
        causes=DepartureCause.objects.visible_to(user).offered(),
        review=review,
        initial={} if review else {"competitor": departure.competitor},
    )


def _detail_context(user: StaffUser, departure: Departure, *, may_edit: bool) -> dict[str, Any]:
    customers = Customer.objects.visible_to(user).filter(pk=departure.customer_id)
    story = story_of(departure)
    return {
        "departure": departure,
        "review": getattr(departure, "review", None),
        "story": story,
        "trend": _polyline(story.trend, departure.left_on),
        "today": clock.today(departure.unit.time_zone),
        "zone": clock.zone_info(departure.unit.time_zone),
        "may_edit": may_edit,
        "sees_customer": customers.exists(),
        "cancel_form": CancelForm(),
        "return_form": ReturnForm(initial={"on": clock.today(departure.unit.time_zone)}),
    }


def _polyline(trend: Sequence[tuple[date, int]], left_on: date) -> str:
    """Return the points of the year's scores: days from the left, each score until the next."""
    points, before = [], None
    for day, score in trend:
        x = TREND_DAYS - (left_on - day).days
        if before is not None:
            points.append(f"{x},{WORST_SCORE - before}")
        points.append(f"{x},{WORST_SCORE - score}")
        before = score
    if before is not None:
        points.append(f"{TREND_DAYS},{WORST_SCORE - before}")
    return " ".join(points)


@require_POST
def departure_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a departure that was wrong."""
    user = supervisor_of(request.user)
    departure = get_object_or_404(Departure.objects.editable_by(user), pk=pk)
    form = CancelForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why it was wrong."))
        return redirect("retention:departure_detail", pk=pk)
    departures.cancel_departure(actor=user, departure=departure, reason=form.cleaned_data["reason"])
    messages.success(request, _("The departure is taken back; the customer is here again."))
    return redirect("retention:departure_detail", pk=pk)


@require_POST
def departure_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a customer who had left is a VIP again."""
    user = supervisor_of(request.user)
    departure = get_object_or_404(Departure.objects.editable_by(user), pk=pk)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Enter a day, such as 2026-11-23."))
        return redirect("retention:departure_detail", pk=pk)
    try:
        departures.record_return(actor=user, departure=departure, on=form.cleaned_data["on"])
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The customer is a VIP again."))
    return redirect("retention:departure_detail", pk=pk)


# --- Causes ------------------------------------------------------------------------------------


@require_safe
def cause_list(request: HttpRequest) -> HttpResponse:
    """Show the coded causes of leaving, on two levels."""
    user = person_of(request.user)
    if not _sets(user):
        reader_of(user)
    causes = list(DepartureCause.objects.visible_to(user))
    below: dict[int, list[DepartureCause]] = {}
    for cause in causes:
        if cause.parent_id is not None:
            below.setdefault(cause.parent_id, []).append(cause)
    families = [(cause, below.get(cause.pk, [])) for cause in causes if cause.parent_id is None]
    context = {"families": families, "may_edit": _sets(user)}
    return render(request, "retention/cause_list.html", context)


@require_http_methods(GET_OR_POST)
def cause_create(request: HttpRequest) -> HttpResponse:
    """Add a cause."""
    return _cause_page(request, DepartureCause(position=100))


@require_http_methods(GET_OR_POST)
def cause_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a cause's names and order, or take it out of use."""
    user = setter_of(request.user)
    return _cause_page(request, get_object_or_404(DepartureCause.objects.editable_by(user), pk=pk))


def _cause_page(request: HttpRequest, cause: DepartureCause) -> HttpResponse:
    user = setter_of(request.user)
    upper = DepartureCause.objects.visible_to(user).filter(parent=None).exclude(pk=cause.pk)
    form = CauseForm(request.POST or None, instance=cause, upper=upper)
    if request.method == "POST" and form.is_valid():
        try:
            departures.save_cause(actor=user, cause=form.save(commit=False))
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("retention:cause_list")
    status = UNPROCESSABLE if form.errors else 200
    context = {"form": form, "cause": cause}
    return render(request, "retention/cause_edit.html", context, status=status)


def _sets(user: StaffUser) -> bool:
    return (user.is_head_office or user.is_administrator) and user.is_active
