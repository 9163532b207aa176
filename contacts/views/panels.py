"""What is read: the open flags, and the panels of the customer page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from contacts.forms import FlagFilterForm
from contacts.models import CadenceFlag, ContactRecord, Exemption, Snooze
from contacts.services.timeline import KINDS, timeline_of
from contacts.views.shared import reader_of, today_of
from core import clock
from core.htmx import answer
from core.pagination import keyset_page
from customers.models import Customer
from customers.querysets import own_page
from staff.models import StaffUser, Unit


@require_safe
def flag_list(request: HttpRequest) -> HttpResponse:
    """Show the open flags within the person's scope, the longest overdue first."""
    user = reader_of(request.user)
    units = None if user.is_manager else Unit.objects.visible_to(user)
    form = FlagFilterForm(request.GET, units=units)
    flags = CadenceFlag.objects.visible_to(user).open()
    flags = _filtered(flags, form) if form.is_valid() else flags.none()
    page = keyset_page(
        flags.select_related("customer__manager", "customer__unit"),
        order=["due_on", "pk"],
        cursor=request.GET.get("cursor"),
    )
    manager = form.cleaned_data.get("manager")
    context = {
        "form": form,
        "page": page,
        "today": clock.today(user.time_zone),
        "manager": StaffUser.objects.visible_to(user).filter(pk=manager or 0).first(),
        "may_log": not user.is_head_office,
    }
    return answer(request, "contacts/_flag_list.html", context)


def _filtered(flags: Any, form: FlagFilterForm) -> Any:
    given = form.cleaned_data
    if given["cadence"]:
        flags = flags.filter(cadence=given["cadence"])
    if given["escalated"]:
        flags = flags.filter(escalated_at__isnull=given["escalated"] == "no")
    if given.get("unit") is not None:
        flags = flags.filter(customer__unit__path__startswith=given["unit"].path)
    if given["manager"]:
        flags = flags.filter(customer__manager=given["manager"])
    if given["pool"]:
        flags = flags.filter(customer__manager=None)
    return flags


@require_safe
def customer_timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what happened with a customer, newest first, by kind where asked."""
    user = reader_of(request.user)
    found = Customer.objects.visible_to(user).select_related("unit")
    customer = get_object_or_404(found, pk=pk)
    kind = request.GET.get("kind", "")
    page = timeline_of(
        customer,
        kinds=[kind] if kind in KINDS else list(KINDS),
        cursor=request.GET.get("cursor"),
    )
    contact_ids = [entry.row.pk for entry in page.entries if entry.kind == "contact"]
    voidable = ContactRecord.objects.voidable_by(user).filter(pk__in=contact_ids)
    context = {
        "customer": customer,
        "zone": clock.zone_info(customer.unit.time_zone),
        "page": page,
        "kind": kind if kind in KINDS else "",
        "kinds": KINDS,
        "voidable": set(voidable.values_list("pk", flat=True)),
    }
    with own_page(customer, user):
        return answer(request, "contacts/_customer_timeline.html", context)


@require_safe
def customer_care(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a customer's open flags, promises, exemptions and snoozes, with what can be done."""
    user = reader_of(request.user)
    customer = get_object_or_404(Customer.objects.visible_to(user).select_related("unit"), pk=pk)
    today = today_of(customer)
    rows = Exemption.objects.visible_to(user).filter(customer=customer, ends_on__gte=today)
    rows = rows.filter(state__in=[Exemption.State.REQUESTED, Exemption.State.APPROVED])
    promises = ContactRecord.objects.visible_to(user).filter(customer=customer)
    context = {
        "customer": customer,
        "today": today,
        "flags": CadenceFlag.objects.visible_to(user).open().filter(customer=customer),
        "exemptions": rows.select_related("requested_by", "decided_by"),
        "snoozes": Snooze.objects.visible_to(user)
        .filter(customer=customer)
        .hiding(today)
        .select_related("snoozed_by"),
        "promises": promises.open_follow_ups().select_related("recorded_by"),
        "may_edit": Customer.objects.editable_by(user).filter(pk=pk).exists(),
        "may_decide": user.is_supervisor
        and Exemption.objects.decidable_by(user).filter(customer=customer).exists(),
        "serves": customer.manager_id in user.scope.manager_ids,
    }
    with own_page(customer, user):
        return answer(request, "contacts/_customer_care.html", context)
