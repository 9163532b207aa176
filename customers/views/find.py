"""Finding customers: the list with its filters, and the suggestions of the search field."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core import htmx
from core.pagination import keyset_page
from customers.filters import CustomerFilter
from customers.models import Customer
from customers.querysets import SHORTEST_SEARCH
from customers.rules import normalised
from customers.services.listing import USUAL_SORT
from customers.services.lookups import asked_for, open_search
from customers.views.access import StaffRequest, sees_customers
from customers.views.rows import RowPainter, columns_of
from staff.filters import opening_of, redirect_to, searched

PAGE_ROWS = 50
MOST_COUNTED = 10_000
SUGGESTIONS = 8


@require_http_methods(["GET", "HEAD", "POST"])
@sees_customers
def customer_list(request: StaffRequest) -> HttpResponse:
    """The customers the person may see, filtered by the query string, a page at a time.

    The filters are posted, so that a phone number never stands in an address: the address that
    the answer leads to has a key instead.
    """
    if (led := searched(request, request.user, CustomerFilter, open_search)) is not None:
        return led
    if (opening := opening_of(CustomerFilter, request.GET, request.user)) is not None:
        return redirect_to(request, opening)
    narrowed = CustomerFilter(request.GET, request.user)
    customers = narrowed.apply(Customer.objects.visible_to(request.user))
    count = customers.order_by()[: MOST_COUNTED + 1].count()
    page = keyset_page(
        customers.for_row().with_primary_phone().with_call_refusal(),
        order=narrowed.order,
        cursor=request.GET.get("cursor"),
        size=PAGE_ROWS,
    )
    list_url = _url_of(request)
    may_hand_over = request.user.scope.unit_path is not None and narrowed.is_of_active
    shown = columns_of(narrowed, may_hand_over=may_hand_over)
    painter = RowPainter(request.user, narrowed.today, narrowed.cadence, shown)
    context = {
        "filter": narrowed,
        "page": page,
        "rows": [painter.row(customer) for customer in page.rows],
        "count": min(count, MOST_COUNTED),
        "is_more": count > MOST_COUNTED,
        "list_url": list_url,
        "may_hand_over": may_hand_over,
    }
    if not htmx.is_partial(request):
        return render(request, "customers/customer_list.html", context)
    response = render(request, "customers/_customer_table.html", {**context, "is_partial": True})
    # Not where the same list is read again after a contact was logged.
    if request.htmx.current_url_abs_path != list_url:
        response["HX-Push-Url"] = list_url
    return response


def _url_of(request: StaffRequest) -> str:
    """Return the list's address without the filters that say nothing."""
    data = request.GET.copy()
    if data.get("sort") == USUAL_SORT:
        del data["sort"]
    for name, values in list(data.lists()):
        data.setlist(name, [value for value in values if value])
    return f"{request.path}?{data.urlencode()}" if data.urlencode() else request.path


@require_http_methods(["GET", "HEAD", "POST"])
@sees_customers
def customer_search(request: StaffRequest) -> HttpResponse:
    """Suggestions while typing; without htmx, the list of those who are found."""
    asked = asked_for(request, request.user)
    if not htmx.is_partial(request):
        if asked.refusal:
            messages.warning(request, asked.refusal)
        query = urlencode({"q": "" if asked.refusal else asked.address})
        return redirect(f"{reverse('customers:customer_list')}?{query}")
    text = asked.text
    found = Customer.objects.visible_to(request.user).matching(text, request.user)
    suggested = found.for_row().with_primary_phone().order_by("name", "pk")[: SUGGESTIONS + 1]
    rows = list(suggested)
    return render(
        request,
        "customers/_customer_suggestions.html",
        {
            "text": asked.shown,
            "address": asked.address,
            "refusal": asked.refusal,
            "is_long_enough": len(normalised(text)) >= SHORTEST_SEARCH,
            "customers": rows[:SUGGESTIONS],
            "is_more": len(rows) > SUGGESTIONS,
        },
    )
