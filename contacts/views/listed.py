"""The list of contact records, filtered by the query string."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from contacts.filters import ContactFilter
from contacts.models import ContactRecord
from contacts.views.rows import RowPainter
from contacts.views.shared import reader_of
from core import htmx
from core.pagination import keyset_page
from customers.services.lookups import open_search
from staff.filters import opening_of, redirect_to, searched

PAGE_ROWS = 50
MOST_COUNTED = 10_000


@require_http_methods(["GET", "HEAD", "POST"])
def contact_list(request: HttpRequest) -> HttpResponse:
    """The records of the customers the person may see, newest first, a page at a time.

    The filters are posted: no phone number stands in an address.
    """
    user = reader_of(request.user)
    if (led := searched(request, user, ContactFilter, open_search)) is not None:
        return led
    if (opening := opening_of(ContactFilter, request.GET, user)) is not None:
        return redirect_to(request, opening)
    narrowed = ContactFilter(request.GET, user)
    records = narrowed.apply(ContactRecord.objects.visible_to(user))
    count = records.order_by()[: MOST_COUNTED + 1].count()
    page = keyset_page(
        records.for_row(),
        order=narrowed.order,
        cursor=request.GET.get("cursor"),
        size=PAGE_ROWS,
    )
    painter = RowPainter(narrowed.shown)
    list_url = _url_of(request)
    context = {
        "filter": narrowed,
        "page": page,
        "rows": [painter.row(record) for record in page.rows],
        "count": min(count, MOST_COUNTED),
        "is_more": count > MOST_COUNTED,
        "list_url": list_url,
    }
    if not htmx.is_partial(request):
        return render(request, "contacts/contact_list.html", context)
    response = render(request, "contacts/_contact_table.html", {**context, "is_partial": True})
    response["HX-Push-Url"] = list_url
    return response


def _url_of(request: HttpRequest) -> str:
    """Return the list's address without the filters that say nothing."""
    data = request.GET.copy()
    for name, values in list(data.lists()):
        data.setlist(name, [value for value in values if value])
    return f"{request.path}?{data.urlencode()}" if data.urlencode() else request.path
