"""Churn warnings: their list, each with its reasons, followed up, snoozed, shown again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.models import ContactRecord
from core import clock, once
from core.forms import add_refusal
from core.htmx import answer, done, next_of
from core.ids import id_in
from core.pagination import keyset_page
from customers.querysets import access_to
from retention.forms.warnings import (
    WarningFilterForm,
    WarningFollowUpForm,
    WarningSnoozeForm,
)
from retention.models import ChurnWarning, RetentionCase
from retention.services import warnings
from retention.services.picture import picture_of
from retention.services.reasons import reasons_of_warning
from retention.services.settlement import settle_warning
from retention.views.shared import person_of, reader_of
from staff.models import StaffUser, Unit

WARNING_ROWS = ("customer__manager", "customer__unit")
REASON_ROWS = ("reasons__signal_version", "reasons__event")


@require_safe
def warning_list(request: HttpRequest) -> HttpResponse:
    """Show the warnings within the person's scope: open ones by when they are due."""
    user = reader_of(request.user)
    units = None if user.is_manager else Unit.objects.visible_to(user)
    form = WarningFilterForm(request.GET, units=units)
    rows = ChurnWarning.objects.visible_to(user)
    rows = _filtered(rows, form) if form.is_valid() else rows.none()
    is_closed = form.cleaned_data.get("state") == "closed" or bool(form.cleaned_data.get("result"))
    page = keyset_page(
        rows.select_related(*WARNING_ROWS).prefetch_related(*REASON_ROWS),
        order=["-opened_at", "-pk"] if is_closed else ["follow_up_due_at", "pk"],
        cursor=request.GET.get("cursor"),
    )
    manager = form.cleaned_data.get("manager") or 0
    context = {
        "form": form,
        "page": page,
        "shown": [(row, reasons_of_warning(row.reasons.all())) for row in page.rows],
        "is_closed": is_closed,
        "now": clock.now(),
        "manager": StaffUser.objects.visible_to(user).filter(pk=manager).first(),
        "may_act": not user.is_head_office,
    }
    return answer(request, "retention/_warning_list.html", context)


def _filtered(rows: Any, form: WarningFilterForm) -> Any:
    given = form.cleaned_data
    if given["result"]:
        rows = rows.filter(result=given["result"])
    elif given["state"] == "closed":
        rows = rows.filter(closed_at__isnull=False)
    else:
        rows = rows.open()
    if given["state"] == "overdue":
        rows = rows.filter(contacted_at=None, follow_up_due_at__lt=clock.now())
    if given["kind"]:
        rows = rows.filter(is_hard=given["kind"] == "hard")
    if given["escalated"]:
        rows = rows.filter(escalated_at__isnull=given["escalated"] == "no")
    if given.get("unit") is not None:
        rows = rows.filter(customer__unit__path__startswith=given["unit"].path)
    if given["manager"]:
        rows = rows.filter(customer__manager=given["manager"])
    return rows


@require_safe
def warning_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show why a customer may leave, what was found so far, and what can be done."""
    user = reader_of(request.user)
    seen = ChurnWarning.objects.visible_to(user)
    rows = seen.select_related(*WARNING_ROWS, "customer__profile", "contacted_by", "closed_by")
    warning = get_object_or_404(rows, pk=pk)
    customer = warning.customer
    today = clock.today(customer.unit.time_zone)
    cases = RetentionCase.objects.visible_to(user).filter(customer=customer)
    context = {
        "warning": warning,
        "customer": customer,
        "zone": clock.zone_info(customer.unit.time_zone),
        "now": clock.now(),
        "today": today,
        "reasons": reasons_of_warning(warning.reasons.select_related("event", "signal_version")),
        "steps": list(warning.steps.select_related("actor"))[::-1],
        "open_case": cases.open().first(),
        "picture": picture_of(user, customer, today),
        "may_edit": ChurnWarning.objects.editable_by(user).filter(pk=pk).exists(),
        "access": access_to(customer, user),
        "phone": customer.phones.first(),
    }
    return render(request, "retention/warning_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def warning_follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what was found, then note it; with a result the warning closes."""
    user = person_of(request.user)
    warning = _editable(user, pk)
    customer = warning.customer
    records = ContactRecord.objects.visible_to(user).filter(customer=customer)
    today = clock.today(customer.unit.time_zone)
    form = WarningFollowUpForm(
        request.POST or None, initial=_so_far(request, warning), records=records
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            settled = settle_warning(
                actor=user,
                warning=warning,
                found=given["found"],
                next_step=given["next_step"],
                next_step_on=given["next_step_on"],
                result=ChurnWarning.Result(given["result"]) if given["result"] else None,
                contact_record=given["record"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal, contact_record="record")
        else:
            if settled.is_open:
                text = _("Noted. The next step is on My day on its day.")
            else:
                text = _("Noted, and the warning is closed.")
            return done(request, _address(warning), text, "careChanged")
    context = {
        "warning": warning,
        "customer": customer,
        "form": form,
        "linked": records.filter(pk=id_in(form["record"].value()) or 0).first(),
        "days": [
            (_("Tomorrow"), today + timedelta(days=1)),
            (_("In 3 days"), today + timedelta(days=3)),
            (_("In a week"), today + timedelta(days=7)),
        ],
        "next": next_of(request),
        "zone": clock.zone_info(customer.unit.time_zone),
    }
    return answer(
        request,
        "retention/_warning_follow_up_drawer.html",
        context,
        status=422 if form.errors else 200,
    )


def _so_far(request: HttpRequest, warning: ChurnWarning) -> dict[str, Any]:
    """What the form begins with: the contact that was just made, with what was said in it."""
    number = id_in(request.GET.get("record"))
    initial: dict[str, Any] = {}
    if number is not None:
        initial["record"] = number
        made = ContactRecord.objects.visible_to(person_of(request.user))
        record = made.filter(customer=warning.customer_id, pk=number).first()
        # Said a moment ago, by who fills this in; an older record is only shown.
        if record is not None and _is_just_made(record, person_of(request.user)):
            initial["found"] = record.summary[:1000]
    return initial


def _is_just_made(record: ContactRecord, user: StaffUser) -> bool:
    return record.recorded_by_id == user.pk and record.recorded_at > once.since()


@require_http_methods(["GET", "HEAD", "POST"])
def warning_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask until when and why a warning is hidden from My day, then hide it."""
    user = person_of(request.user)
    warning = _editable(user, pk)
    today = clock.today(warning.customer.unit.time_zone)
    initial = {"until": today + timedelta(days=1)}
    form = WarningSnoozeForm(request.POST or None, initial=initial, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            warnings.snooze(actor=user, warning=warning, **form.cleaned_data)
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            values = {"customer": warning.customer.name}
            text = _("The warning of %(customer)s is hidden from My day for now.") % values
            return done(request, _address(warning), text, "careChanged")
    context = {
        "warning": warning,
        "customer": warning.customer,
        "form": form,
        "days": [
            (_("Tomorrow"), today + timedelta(days=1)),
            (_("In 3 days"), today + timedelta(days=3)),
            (_("In a week"), today + timedelta(days=7)),
        ],
        "next": next_of(request),
    }
    return answer(
        request,
        "retention/_warning_snooze_drawer.html",
        context,
        status=422 if form.errors else 200,
    )


@require_POST
def warning_wake(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a snoozed warning on My day again."""
    user = person_of(request.user)
    warning = _editable(user, pk)
    warnings.wake(actor=user, warning=warning)
    return done(request, _address(warning), _("The row is on My day again."), "careChanged")


def _editable(user: StaffUser, pk: int) -> ChurnWarning:
    found = ChurnWarning.objects.editable_by(user).select_related(*WARNING_ROWS)
    return get_object_or_404(found, pk=pk)


def _address(warning: ChurnWarning) -> str:
    return reverse("retention:warning_detail", args=[warning.pk])
