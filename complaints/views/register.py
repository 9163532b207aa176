"""Registering a complaint: from the customer's page, or after looking for the customer."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from complaints.forms.reports import ReportForm
from complaints.models import Complaint
from complaints.services.registering import register
from complaints.views.shared import categories_for, person_of, reader_of, served_customer
from core import clock
from core.forms import add_refusal
from core.htmx import answer, go, next_of
from customers.models import Customer
from customers.querysets import serves_anybody
from customers.services.lookups import asked_for

FOUND = 12


@require_http_methods(["GET", "HEAD", "POST"])
def complaint_register(request: HttpRequest) -> HttpResponse:
    """Look for the customer who complains, by name, pinyin, number or phone."""
    user = reader_of(request.user)
    if user.is_head_office or not serves_anybody(user.scope):
        raise Http404
    asked = asked_for(request, user)
    if asked.refusal:
        messages.warning(request, asked.refusal)
    if request.method == "POST":
        return redirect(f"{request.path}?{urlencode({'q': asked.address})}")
    found = Customer.objects.visible_to(user).matching(asked.text, user).for_row()
    customers = list(found.order_by("name", "pk")[:FOUND]) if asked.text else []
    context = {"text": asked.shown, "customers": customers}
    return render(request, "complaints/complaint_register.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def complaint_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what the customer complains of, then register it."""
    user = person_of(request.user)
    customer = served_customer(request, pk)
    form = ReportForm(
        request.POST or None,
        categories=categories_for(user),
        zone=clock.zone_info(customer.unit.time_zone),
    )
    if request.method == "POST" and form.is_valid():
        try:
            complaint = register(
                actor=user,
                customer=customer,
                report=form.report(),
                submission_key=form.cleaned_data["submission_key"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            text = _("Registered. Nobody handles it yet: the supervisor is told.")
            if complaint.handler is not None:
                words = {"handler": complaint.handler.name}
                text = _("Registered. %(handler)s handles it.") % words
            url = reverse("complaints:complaint_detail", args=[complaint.pk])
            return go(request, url, text)
    standing = Complaint.objects.visible_to(user).open().of_person(customer)
    context = {
        "customer": customer,
        "form": form,
        "next": next_of(request),
        "standing": list(standing.newest_first()[:5]),
    }
    status = 422 if form.errors else 200
    return answer(request, "complaints/_complaint_create_drawer.html", context, status=status)
