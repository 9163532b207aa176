"""What came of a handover: its page, the dossier of each customer, the notices on My day."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.htmx import is_partial
from core.pagination import keyset_page
from customers.models import Customer
from customers.querysets import serves_anybody
from portfolio.forms import HandoverFilterForm
from portfolio.models import HandoverNotice, ReassignedCustomer, Reassignment
from portfolio.services import reassignment
from portfolio.services.day import notices_of
from portfolio.services.handover import (
    is_first_contact_due,
    latest_handover,
    load_dossier,
    load_handovers,
)
from portfolio.views.access import person_of

PAGE_ROWS = 50


@require_safe
def handover_list(request: HttpRequest) -> HttpResponse:
    """Show past and planned handovers, narrowed by manager, state and days."""
    user = person_of(request.user)
    if not serves_anybody(user.scope):
        raise Http404
    form = HandoverFilterForm(request.GET, user=user)
    context = {
        "form": form,
        "list": load_handovers(user, form.wanted(), request.GET.get("cursor")),
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "portfolio/handover_list.html", context)


@require_safe
def handover_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a handover's note, counts and customers, each with the dossier and the first contact."""
    user = person_of(request.user)
    people = ("manager__unit", "made_by")
    found = get_object_or_404(Reassignment.objects.visible_to(user).select_related(*people), pk=pk)
    items = ReassignedCustomer.objects.visible_to(user).filter(reassignment=found)
    page = keyset_page(
        items.select_related("customer", "customer__manager", "old_manager"),
        order=["pk"],
        cursor=request.GET.get("cursor"),
        size=PAGE_ROWS,
    )
    due = items.first_contact_due().filter(pk__in=[item.pk for item in page.rows])
    context = {
        "handover": found,
        "page": page,
        "due": set(due.values_list("pk", flat=True)),
        "today": clock.today(user.time_zone),
    }
    return render(request, "portfolio/handover_detail.html", context)


@require_POST
def handover_call_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Call off a handover that waits for its day."""
    user = person_of(request.user)
    found = get_object_or_404(Reassignment.objects.editable_by(user), pk=pk)
    if reassignment.call_off(actor=user, made=found).applied_at is None:
        messages.success(request, _("The handover is called off."))
    else:
        messages.warning(request, _("The handover is in force already. Hand over once more."))
    return redirect("portfolio:handover_detail", pk=pk)


@require_safe
def handover_dossier(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the new manager of a customer should know before the first contact."""
    user = person_of(request.user)
    customer = _visible_customer(request, pk)
    handover = latest_handover(user, customer)
    if handover is None:
        raise Http404
    today = clock.today(customer.unit.time_zone)
    context = {
        "customer": customer,
        "today": today,
        "zone": clock.zone_info(customer.unit.time_zone),
        "dossier": load_dossier(user, handover, today),
        "may_log": Customer.objects.editable_by(user).filter(pk=pk).exists(),
    }
    return render(request, "portfolio/handover_dossier.html", context)


@require_safe
def handover_hint(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer page's line about a handover, empty once the first contact is made."""
    user = person_of(request.user)
    customer = _visible_customer(request, pk)
    handover = latest_handover(user, customer)
    if handover is not None and not is_first_contact_due(handover):
        handover = None
    if not is_partial(request):
        return redirect("customers:customer_detail", pk=pk)
    context = {
        "customer": customer,
        "handover": handover,
        "today": clock.today(customer.unit.time_zone),
    }
    return render(request, "portfolio/_handover_hint.html", context)


@require_POST
def handover_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a notice off My day."""
    user = person_of(request.user)
    notice = get_object_or_404(HandoverNotice.objects.editable_by(user), pk=pk)
    reassignment.dismiss_notice(actor=user, notice=notice)
    if not is_partial(request):
        return redirect("portfolio:my_day")
    return render(request, "portfolio/_handover_notices.html", {"notices": notices_of(user)})


def _visible_customer(request: HttpRequest, pk: int) -> Customer:
    rows = Customer.objects.visible_to(person_of(request.user))
    return get_object_or_404(rows.select_related("unit", "manager"), pk=pk)
