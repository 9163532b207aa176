"""Taking a record back, keeping a promise, snoozing a row of My day."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contacts.forms import SnoozeForm, VoidForm, add_refusal
from contacts.models import ContactRecord, Snooze
from contacts.services import records, snoozes
from contacts.views.shared import coming_days, done, person_of, row_of, today_of
from core import once
from core.htmx import answer, next_of
from customers.models import Customer


@require_http_methods(["GET", "HEAD", "POST"])
def contact_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why a record is wrong, then void it; with `undo` at once, as the notice offers it."""
    user = person_of(request.user)
    found = ContactRecord.objects.editable_by(user).select_related("customer__unit")
    record = get_object_or_404(found, pk=pk)
    if record.is_voided and request.method == "POST":
        return done(request, record.customer, _("The record is void."), "contactLogged")
    if not ContactRecord.objects.voidable_by(user).filter(pk=pk).exists():
        raise Http404
    if request.method == "POST" and "undo" in request.GET:
        records.void_contact(actor=user, record=record, reason=_("Undone right after saving"))
        text = _("Undone: the record is void.")
        return done(request, record.customer, text, "contactLogged")
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            records.void_contact(actor=user, record=record, reason=form.cleaned_data["reason"])
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            return done(request, record.customer, _("The record is void."), "contactLogged")
    context = {"record": record, "customer": record.customer, "form": form}
    return answer(
        request, "contacts/_void_drawer.html", context, status=422 if form.errors else 200
    )


@require_POST
def follow_up_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a promise as kept without a new contact."""
    user = person_of(request.user)
    found = ContactRecord.objects.editable_by(user).standing().select_related("customer")
    record = get_object_or_404(found, pk=pk, follow_up_on__isnull=False)
    text = _("The promise is marked as kept.")
    if record.follow_up_closed_at is not None:
        # The row stood there while it was kept in another tab, or by somebody else.
        text = _("The promise was kept already, %(ago)s.") % {
            "ago": once.ago(record.follow_up_closed_at)
        }
    records.close_follow_up(actor=user, record=record)
    return done(request, record.customer, text, "careChanged")


@require_http_methods(["GET", "HEAD", "POST"])
def row_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask until when and why a row of My day is hidden, then hide it."""
    user = person_of(request.user)
    served = Customer.objects.editable_by(user).served_by(user).select_related("unit")
    customer = get_object_or_404(served, pk=pk)
    today = today_of(customer)
    initial = {"subject": row_of(request.GET), "until": today + timedelta(days=1)}
    form = SnoozeForm(request.POST or None, initial=initial, today=today)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            snooze = snoozes.snooze_row(
                actor=user,
                customer=customer,
                subject=Snooze.Subject(given["subject"]),
                until=given["until"],
                reason=given["reason"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            undo = reverse("contacts:row_wake", args=[snooze.pk])
            text = _("%(customer)s is hidden from My day for now.") % {"customer": customer.name}
            return done(request, customer, text, "careChanged", undo_url=undo)
    context = {
        "customer": customer,
        "form": form,
        "subject": Snooze.Subject(row_of(request.POST or request.GET)).label,
        "days": coming_days(today),
        "reasons": [_("Asked to be called later"), _("On a business trip"), _("On holiday")],
        "next": next_of(request),
    }
    return answer(
        request, "contacts/_snooze_drawer.html", context, status=422 if form.errors else 200
    )


@require_POST
def row_wake(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a snoozed row again."""
    user = person_of(request.user)
    snooze = get_object_or_404(Snooze.objects.editable_by(user).select_related("customer"), pk=pk)
    if snooze.customer.manager_id not in user.scope.manager_ids:
        raise Http404
    snoozes.wake_row(actor=user, snooze=snooze)
    return done(request, snooze.customer, _("The row is on My day again."), "careChanged")
