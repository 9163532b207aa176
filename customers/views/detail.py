"""One customer, one page; whole phone numbers on demand; facts confirmed as they are."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import clock, htmx
from customers.models import Customer, CustomerPhone, ServiceStandard
from customers.querysets import access_to, own_page
from customers.rules import Figure
from customers.services.birthdays import next_birthday
from customers.services.profile import confirm_fact, facts_of, reveal_phone
from customers.services.standing import standing_history
from customers.views.access import StaffRequest, sees_customers
from staff.models import StaffUser


@require_safe
@sees_customers
def customer_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Who this is, what is due, what to be careful about, the profile, and what has happened."""
    rows = Customer.objects.visible_to(request.user)
    customer = rows.select_related("unit", "manager", "profile").filter(pk=pk).first()
    if customer is None:
        # A row that was merged answers with whom it was merged into.
        return redirect(
            "customers:customer_detail", pk=get_object_or_404(rows.answering_for(pk)).pk
        )
    with own_page(customer, request.user):
        context = {**_profile_context(request.user, customer), **_history_context(customer)}
        return render(request, "customers/customer_detail.html", context)


@require_POST
@sees_customers
def phone_reveal(request: StaffRequest, pk: int, phone_pk: int) -> HttpResponse:
    """Show one whole number to who sees them masked, and write down that it was shown."""
    phone = get_object_or_404(
        CustomerPhone.objects.editable_by(request.user), pk=phone_pk, customer=pk
    )
    reveal_phone(actor=request.user, phone=phone)
    customer = _visible_customer(request.user, pk)
    context = {**_profile_context(request.user, customer), "revealed": phone.pk}
    if htmx.is_partial(request):
        return render(request, "customers/_customer_phones.html", context)
    return render(
        request, "customers/customer_detail.html", {**context, **_history_context(customer)}
    )


@require_POST
@sees_customers
def fact_confirm(request: StaffRequest, pk: int, fact: str) -> HttpResponse:
    """Note that a fact was confirmed with the customer today."""
    customer = get_object_or_404(Customer.objects.editable_by(request.user), pk=pk)
    try:
        confirm_fact(actor=request.user, customer=customer, fact=fact)
    except ValidationError as error:
        raise Http404 from error
    if not htmx.is_partial(request):
        messages.success(request, _("Confirmed."))
        return redirect("customers:customer_detail", pk=pk)
    customer = _visible_customer(request.user, pk)
    with own_page(customer, request.user):
        context = _profile_context(request.user, customer)
        return render(request, "customers/_customer_facts.html", context)


def _visible_customer(user: StaffUser, pk: int) -> Customer:
    rows = Customer.objects.visible_to(user).select_related("unit", "manager", "profile")
    return get_object_or_404(rows, pk=pk)


def _profile_context(user: StaffUser, customer: Customer) -> dict[str, Any]:
    today = clock.today(customer.unit.time_zone)
    standards = ServiceStandard.objects.visible_to(user).load()
    stale_days = standards.value(Figure.STALE_FACT_DAYS, today)
    sheet = facts_of(customer, today=today, stale_days=stale_days)
    return {
        "customer": customer,
        "access": access_to(customer, user),
        "today": today,
        "opted_out": [row.get_channel_display() for row in customer.opt_outs.all()],
        "sheet": sheet,
        "next_birthday": next_birthday(customer, today),
        "stale_days": stale_days,
    }


def _history_context(customer: Customer) -> dict[str, Any]:
    """The tiers and managers the customer has had, the newest first. Two statements.

    With those of the rows that were merged into the customer, which are told by their number.
    """
    tiers, managers = standing_history(customer)
    return {"tier_changes": tiers[::-1], "manager_changes": managers[::-1]}
