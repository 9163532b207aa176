"""Saved views of the lists: kept under a name, shared, changed, deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from contacts.filters import ContactFilter
from core.columns import PARAMETER
from core.htmx import is_partial
from customers.filters import CustomerFilter
from portfolio.forms import ViewForm
from portfolio.views.access import reader_of
from staff import services
from staff.filters import VIEW, ListFilter
from staff.models import DefaultView, ListName, SavedView, StaffUser

FILTERS: dict[str, type[ListFilter]] = {
    ListName.CUSTOMERS: CustomerFilter,
    ListName.CONTACTS: ContactFilter,
}
PAGES = {
    ListName.CUSTOMERS: "customers:customer_list",
    ListName.CONTACTS: "contacts:contact_list",
}
LONGEST_QUERY = 4000
MOST_SHOWN = 200


@require_safe
@never_cache
def view_list(request: HttpRequest) -> HttpResponse:
    """Show the views of a list that the person can open, and the ways to keep what is shown."""
    user = reader_of(request.user)
    narrowed = _asked_list(request, user)
    visible = SavedView.objects.visible_to(user).of_list(narrowed.list_name, user)
    views = list(visible.order_by("name", "pk")[:MOST_SHOWN])
    current = next((view for view in views if view.pk == narrowed.view), None)
    context = {
        **_about(narrowed),
        "views": views,
        "current": current,
        "is_changed": current is not None and _differs(current, narrowed),
        "query": narrowed.address,
    }
    return _answer(request, "view_list", context, None)


@require_safe
@never_cache
def view_name(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which view a list shows, and whether the list was narrowed otherwise since."""
    user = reader_of(request.user)
    view = get_object_or_404(SavedView.objects.visible_to(user), pk=pk)
    narrowed = _fitted(view.list_name, request.GET.get("query", "")[:LONGEST_QUERY], user)
    name = _("%(name)s (changed)") % {"name": view.name} if _differs(view, narrowed) else view.name
    return HttpResponse(escape(name))


@require_safe
@never_cache
def column_choice(request: HttpRequest) -> HttpResponse:
    """Choose the columns of a list and their order; the list's address says them then."""
    user = reader_of(request.user)
    narrowed = _asked_list(request, user)
    beside = narrowed.data.copy()
    for name in ("cursor", PARAMETER):
        beside.pop(name, None)
    context = {
        **_about(narrowed),
        "columns": narrowed.columns.choices(narrowed.shown),
        "beside": [(name, one) for name, values in beside.lists() for one in values if one],
        "usual_url": f"{_page_of(narrowed)}?{beside.urlencode() or f'{VIEW}=all'}",
    }
    return _answer(request, "column_choice", context, None)


@require_http_methods(["GET", "HEAD", "POST"])
def view_create(request: HttpRequest) -> HttpResponse:
    """Keep what a list shows, its columns too, under a name."""
    user = reader_of(request.user)
    given = request.POST if request.method == "POST" else request.GET
    list_name, query = _list_in(given), given.get("query", "")[:LONGEST_QUERY]
    form = ViewForm(request.POST if request.method == "POST" else None, owner=user)
    if request.method == "POST" and form.is_valid():
        kept = _fitted(list_name, query, user)
        try:
            view = services.save_view(
                actor=user,
                list_name=list_name,
                name=form.cleaned_data["name"],
                shared=form.cleaned_data.get("shared", False),
                query=kept.kept,
                columns=kept.shown,
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            _choose(user, view, wanted=form.cleaned_data["is_default"], was=False)
            messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
            return _leave(request, _address(view))
    context = {"form": form, "list": list_name, "query": query, "view": None}
    return _answer(request, "view_create", context, form)


@require_http_methods(["GET", "HEAD", "POST"])
def view_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a view, share it, open the list with it; of another's view only the last."""
    user = reader_of(request.user)
    view = _visible(user, pk)
    is_own = view.owner_id == user.pk
    was_default = _is_default(user, view)
    initial = {
        "name": view.name,
        "shared": view.unit_id is not None,
        "is_default": was_default,
    }
    form = ViewForm(
        request.POST if request.method == "POST" else None,
        owner=user if is_own else None,
        initial=initial,
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            if is_own:
                view = services.change_view(
                    actor=user,
                    view=view,
                    name=given["name"],
                    shared=given.get("shared", False),
                )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            _choose(user, view, wanted=given["is_default"], was=was_default)
            messages.success(request, _("The view “%(name)s” is changed.") % {"name": view.name})
            return _leave(request, _address(view))
    may_remove = SavedView.objects.removable_by(user).filter(pk=pk).exists()
    context = {"form": form, "view": view, "is_own": is_own, "may_remove": may_remove}
    return _answer(request, "view_edit", context, form)


@require_POST
def view_refit(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what the list shows now in a view of one's own."""
    user = reader_of(request.user)
    view = get_object_or_404(SavedView.objects.editable_by(user), pk=pk)
    kept = _fitted(view.list_name, request.POST.get("query", "")[:LONGEST_QUERY], user)
    services.change_view(actor=user, view=view, query=kept.kept, columns=kept.shown)
    messages.success(request, _("The view “%(name)s” is changed.") % {"name": view.name})
    return redirect(_address(view))


@require_http_methods(["GET", "HEAD", "POST"])
def view_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether a view should be deleted, then delete it."""
    user = reader_of(request.user)
    view = get_object_or_404(SavedView.objects.removable_by(user).select_related("owner"), pk=pk)
    if request.method == "POST":
        services.remove_view(actor=user, view=view)
        messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
        return _leave(request, f"{reverse(PAGES[ListName(view.list_name)])}?{VIEW}=all")
    context = {"view": view, "is_own": view.owner_id == user.pk}
    return _answer(request, "view_remove", context, None)


def _asked_list(request: HttpRequest, user: StaffUser) -> ListFilter:
    """Return the list that the address names, as far as its own query string fits."""
    return _fitted(_list_in(request.GET), request.GET.get("query", "")[:LONGEST_QUERY], user)


def _list_in(given: QueryDict) -> str:
    """Return the list that is named; that of customers where none is."""
    list_name = given.get("list") or ListName.CUSTOMERS
    if list_name not in FILTERS:
        raise Http404
    return str(list_name)


def _page_of(narrowed: ListFilter) -> str:
    return reverse(PAGES[ListName(narrowed.list_name)])


def _about(narrowed: ListFilter) -> dict[str, Any]:
    return {
        "list": narrowed.list_name,
        "list_title": ListName(narrowed.list_name).label,
        "page_url": _page_of(narrowed),
    }


def _differs(view: SavedView, narrowed: ListFilter) -> bool:
    return (view.query, view.columns) != (narrowed.kept, narrowed.shown)


def _visible(user: StaffUser, pk: int) -> SavedView:
    views = SavedView.objects.visible_to(user).select_related("owner", "unit")
    return get_object_or_404(views, pk=pk)


def _is_default(user: StaffUser, view: SavedView) -> bool:
    chosen = DefaultView.objects.visible_to(user).filter(list_name=view.list_name, view=view)
    return chosen.exists()


def _choose(user: StaffUser, view: SavedView, *, wanted: bool, was: bool) -> None:
    """Open the list with the view, or with everything again, where that was changed."""
    if wanted != was:
        chosen = view if wanted else None
        services.choose_default_view(actor=user, list_name=view.list_name, view=chosen)


def _fitted(list_name: str, query: str, user: StaffUser) -> ListFilter:
    """Return the filter of an address without what the list's own form does not take."""
    narrowing = FILTERS[list_name]
    data = narrowing.fit(query, user).data
    return narrowing(data, user)


def _address(view: SavedView) -> str:
    data = QueryDict(str(view.query), mutable=True)
    data.setlist(PARAMETER, view.columns)
    data[VIEW] = str(view.pk)
    return f"{reverse(PAGES[ListName(view.list_name)])}?{data.urlencode()}"


def _leave(request: HttpRequest, address: str) -> HttpResponse:
    """Go to a list: from the side panel by the browser itself."""
    return HttpResponseClientRedirect(address) if is_partial(request) else redirect(address)


def _answer(
    request: HttpRequest, page: str, context: dict[str, Any], form: ViewForm | None
) -> HttpResponse:
    in_part = is_partial(request)
    template = f"portfolio/_{page}.html" if in_part else f"portfolio/{page}.html"
    status = 422 if form is not None and form.errors else 200
    return render(request, template, {**context, "in_part": in_part}, status=status)
