"""Pages of exports: what a list shows, as a file."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.htmx import is_partial
from core.pagination import keyset_page
from exchange.forms import ExportForm
from exchange.models import Export
from exchange.services import exports
from exchange.services.texts import export_problem_text
from exchange.views.rosters import XLSX
from staff.models import ListName, StaffUser

CONTENT_TYPES = {Export.Format.XLSX: XLSX, Export.Format.CSV: "text/csv; charset=utf-8"}
_LIST_PAGES = {
    ListName.CUSTOMERS: "customers:customer_list",
    ListName.CONTACTS: "contacts:contact_list",
}


@require_POST
@never_cache
def export_create(request: HttpRequest) -> HttpResponse | FileResponse:
    """Write a list into a file: a short one is the answer, a long one is watched."""
    user = _exporter(request)
    form = ExportForm(request.POST)
    if not form.is_valid():
        raise SuspiciousOperation("No page of ours sends this.")
    try:
        asked = exports.request_export(actor=user, **form.cleaned_data)
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
        page = reverse(_LIST_PAGES[form.cleaned_data["list_name"]])
        return redirect(f"{page}?{exports.sealed_query(form.data.get('query', ''))}")
    if asked.stream is None:
        return redirect("exchange:export_progress", pk=asked.export.pk)
    return _file_of(user, asked.export, asked.stream)


@require_safe
@never_cache
def export_list(request: HttpRequest) -> HttpResponse:
    """Show what the person has exported, with the files that are still there."""
    user = _exporter(request)
    page = keyset_page(
        Export.objects.visible_to(user), order=["-pk"], cursor=request.GET.get("cursor")
    )
    context = {"page": page, "keep_days": settings.EXPORT_KEEP_DAYS}
    return render(request, "exchange/export_list.html", context)


@require_safe
@never_cache
def export_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Watch an export; download it when it is finished."""
    export = get_object_or_404(Export.objects.visible_to(_exporter(request)), pk=pk)
    template = "_export_progress" if is_partial(request) else "export_progress"
    context = {
        "export": export,
        "problem": export_problem_text(export.problem) if export.problem else "",
        "keep_days": settings.EXPORT_KEEP_DAYS,
        "list_url": reverse(_LIST_PAGES[ListName(export.list_name)]),
    }
    return render(request, f"exchange/{template}.html", context)


@require_safe
@never_cache
def export_download(request: HttpRequest, pk: int) -> FileResponse:
    """Download a finished export: only who asked for it, as long as they may export."""
    user = _exporter(request)
    export = get_object_or_404(Export.objects.visible_to(user).exclude(file=""), pk=pk)
    try:
        stream = exports.open_export(actor=user, export=export)
    except FileNotFoundError as error:
        raise Http404 from error
    return _file_of(user, export, stream)


@require_POST
def export_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel an export that is being written."""
    user = _exporter(request)
    export = get_object_or_404(Export.objects.editable_by(user), pk=pk)
    exports.cancel_export(actor=user, export=export)
    return redirect("exchange:export_progress", pk=pk)


def _exporter(request: HttpRequest) -> StaffUser:
    """Return the person if that is one who may export; to others the page is not there."""
    if not isinstance(request.user, StaffUser) or not request.user.exports:
        raise Http404
    return request.user


def _file_of(user: StaffUser, export: Export, stream: Any) -> FileResponse:
    day = clock.local_date(export.requested_at, user.time_zone).isoformat()
    name = f"{export.get_list_name_display()} {day}.{export.file_format}"
    kind = CONTENT_TYPES[Export.Format(export.file_format)]
    return FileResponse(stream, as_attachment=True, filename=name, content_type=kind)
