"""Changing a customer: the data sheet, a new one, and tier, key mark and manager."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import clock
from core.identity import identity
from customers.forms.sheet import SheetForm, choices_of
from customers.forms.standing import (
    KeyForm,
    ManagerForm,
    NewCustomerForm,
    TierForm,
)
from customers.models import Customer, Tier
from customers.querysets import access_to, own_page
from customers.rules import Traits
from customers.services.editing import EditConflictError, base_of, edit_customer, unsealed
from customers.services.enrolment import create_customer
from customers.services.likeness import Alike, traits_in, warn_of
from customers.services.sheet import load_sheet, read_sheet
from customers.services.standing import assign_manager, change_tier, mark_key
from customers.views.access import StaffRequest, sees_customers, supervises
from staff.models import StaffUser

GET_OR_POST = ("GET", "HEAD", "POST")
UNPROCESSABLE = 422


@require_http_methods(GET_OR_POST)
@sees_customers
def customer_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """The data sheet as one form; two editors at once see each other's changes and choose."""
    rows = Customer.objects.editable_by(request.user).select_related("unit", "manager", "profile")
    customer = load_sheet(get_object_or_404(rows, pk=pk))
    with own_page(customer, request.user):
        return _edited(request, customer)


def _edited(request: StaffRequest, customer: Customer) -> HttpResponse:
    sheet = read_sheet(customer)
    whole = access_to(customer, request.user).serves
    form = SheetForm(
        customer,
        sheet,
        today=clock.today(customer.unit.time_zone),
        shows_whole_phones=whole,
        data=request.POST if request.method == "POST" else None,
    )
    context = {"customer": customer, "form": form, "shows_whole_phones": whole}
    if request.method != "POST":
        context["version"] = base_of(sheet).sealed()
        return render(request, "customers/customer_edit.html", context)
    base = unsealed(request.POST.get("version", ""))
    if not form.is_valid():
        context |= {"version": base.sealed(), "is_refused": True}
        return render(request, "customers/customer_edit.html", context, status=UNPROCESSABLE)
    alike = warn_of(
        user=request.user,
        traits=traits_in(customer, form.values()),
        customer=customer,
        stored=traits_in(customer, sheet),
    )
    if not _are_known(request, alike):
        context |= {"version": base.sealed(), "alike": alike}
        return render(request, "customers/customer_edit.html", context, status=UNPROCESSABLE)
    choices = {name: request.POST.get(f"choice-{name}", "") for name in base.asked}
    try:
        edit_customer(
            actor=request.user,
            customer=customer,
            values=form.values(),
            base=base,
            choices=choices,
        )
    except EditConflictError as conflict:
        context["version"] = conflict.base.sealed()
        context["choices"] = choices_of(conflict.clashes, whole_phones=whole)
        context["last_change"] = conflict.last_change
        return render(request, "customers/customer_edit.html", context, status=UNPROCESSABLE)
    messages.success(request, _("Saved."))
    return redirect("customers:customer_detail", pk=customer.pk)


@require_http_methods(GET_OR_POST)
@supervises
def customer_create(request: StaffRequest) -> HttpResponse:
    """A customer taken in by hand, for a manager or the pool of the supervisor's units."""
    today = clock.today(request.user.time_zone)
    start = {"vip_since": today, "unit": request.user.unit_id, "tier": Tier.SILVER}
    form = NewCustomerForm(request.POST or None, user=request.user, initial=start)
    alike: list[Alike] = []
    if request.method == "POST" and form.is_valid():
        alike = _alike_to_new(request.user, form)
        if _are_known(request, alike):
            alike = []
    if request.method == "POST" and form.is_valid() and not alike:
        made = attempt(form, lambda: create_customer(actor=request.user, new=form.new_customer()))
        if made is not None:
            messages.success(request, _("The customer has been added."))
            return redirect("customers:customer_detail", pk=made.pk)
    status = UNPROCESSABLE if form.errors or alike else 200
    context = {"form": form, "alike": alike}
    return render(request, "customers/customer_create.html", context, status=status)


def _alike_to_new(user: StaffUser, form: NewCustomerForm) -> list[Alike]:
    """Return who looks like the new customer; not the same form that was sent a moment ago."""
    said = form.cleaned_data
    found = warn_of(user=user, traits=Traits(said["name"], [said["phone"]]))
    key = identity(said["number"])
    return [one for one in found if identity(one.customer.number) != key]


def _are_known(request: StaffRequest, alike: Sequence[Alike]) -> bool:
    """Say whether the person was told of all who look alike and says it is somebody else."""
    told = request.POST.get("somebody_else", "").split(",")
    return {str(one.customer.pk) for one in alike} <= set(told)


# --- Standing ---------------------------------------------------------------------------------


def _change_tier(actor: StaffUser, customer: Customer, said: Mapping[str, Any]) -> Customer:
    tier = Tier(said["tier"])
    return change_tier(
        actor=actor, customer=customer, tier=tier, on=said["on"], reason=said["reason"]
    )


def _mark_key(actor: StaffUser, customer: Customer, said: Mapping[str, Any]) -> Customer:
    return mark_key(actor=actor, customer=customer, is_key=said["is_key"], on=said["on"])


def _assign_manager(actor: StaffUser, customer: Customer, said: Mapping[str, Any]) -> Customer:
    return assign_manager(
        actor=actor,
        customer=customer,
        manager=said["manager"],
        unit=said["unit"],
        reason=said["reason"],
    )


@dataclass(frozen=True)
class Change:
    """One change to a customer's standing: its form, and the service it calls."""

    form: Callable[..., forms.Form]
    make: Callable[[StaffUser, Customer, Mapping[str, Any]], Customer]


CHANGES = {
    "tier": Change(TierForm, _change_tier),
    "key": Change(KeyForm, _mark_key),
    "manager": Change(ManagerForm, _assign_manager),
}


@require_http_methods(GET_OR_POST)
@supervises
def customer_standing_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Tier, key mark and manager: each a form of its own, each told in the history."""
    rows = Customer.objects.editable_by(request.user).supervised_by(request.user).active()
    customer = get_object_or_404(rows.select_related("unit", "manager"), pk=pk)
    wanted = request.POST.get("change", "")
    shown = {
        name: _standing_form(name, change, request, customer, is_sent=name == wanted)
        for name, change in CHANGES.items()
    }
    form = shown.get(wanted)
    if form is not None and form.is_valid():
        change = CHANGES[wanted]
        if attempt(form, lambda: change.make(request.user, customer, form.cleaned_data)):
            messages.success(request, _("Saved."))
            return _after_standing(request, pk)
    context = {"customer": customer, "forms": shown}
    status = UNPROCESSABLE if form is not None else 200
    return render(request, "customers/customer_standing_edit.html", context, status=status)


def _standing_form(
    name: str, change: Change, request: StaffRequest, customer: Customer, *, is_sent: bool
) -> forms.Form:
    initial = {
        "tier": customer.tier,
        "is_key": "yes" if customer.is_key else "no",
        "manager": customer.manager_id,
        "unit": customer.unit_id,
        "on": clock.today(customer.unit.time_zone),
    }
    extra = {"user": request.user} if name == "manager" else {}
    data = request.POST if is_sent else None
    return change.form(data, prefix=name, initial=initial, **extra)


def _after_standing(request: StaffRequest, pk: int) -> HttpResponse:
    """Go back to the customer, where the change has not put the customer out of sight."""
    if Customer.objects.visible_to(request.user).filter(pk=pk).exists():
        return redirect("customers:customer_detail", pk=pk)
    return redirect("customers:customer_list")


def attempt(form: forms.Form, make: Callable[[], Customer]) -> Customer | None:
    """Return what the service made, or None with its refusal in the form's own words."""
    try:
        return make()
    except ValidationError as refusal:
        if hasattr(refusal, "error_dict"):
            for name, errors in refusal.error_dict.items():
                form.add_error(name if name in form.fields else None, errors)
        else:
            form.add_error(None, refusal)
        return None
