"""What the customer page shows of complaints."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from complaints.models import Complaint
from complaints.views.left import left_of
from complaints.views.shared import reader_of
from core import clock
from core.htmx import answer
from customers.models import Customer
from customers.querysets import own_page

HISTORY_ROWS = 10


@require_safe
def customer_complaints(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a customer's complaints, the open ones first, with the way to register another."""
    user = reader_of(request.user)
    seen = Customer.objects.visible_to(user).select_related("unit", "manager")
    customer = get_object_or_404(seen, pk=pk)
    now = clock.now()
    rows = Complaint.objects.visible_to(user).of_person(customer)
    rows = rows.select_related("category", "handler")
    found = list(rows.newest_first()[: HISTORY_ROWS + 1])
    found.sort(key=lambda complaint: not complaint.is_open)
    context = {
        "customer": customer,
        "zone": clock.zone_info(customer.unit.time_zone),
        "now": now,
        "shown": [(row, left_of(row, now)) for row in found[:HISTORY_ROWS]],
        "may_register": Customer.objects.editable_by(user).filter(pk=pk).exists(),
    }
    with own_page(customer, user):
        return answer(request, "complaints/_customer_complaints.html", context)
