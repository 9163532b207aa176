"""Pages of the import of departures, for administrators and supervisors."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from core.htmx import is_partial
from core.pagination import keyset_page
from exchange.forms import DepartureUploadForm
from exchange.models import DepartureImport, DepartureImportRow
from exchange.services.departure_import import DEPARTURES, confirm_departures
from exchange.services.rejected_rows import write_rejected_departures
from exchange.services.texts import departure_reason_text
from exchange.views.access import importer_of
from exchange.views.columns import columns_page, page_of, parts_of, received, sheet_chosen
from exchange.views.rosters import XLSX

REASONS_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def departure_import_list(request: HttpRequest) -> HttpResponse:
    """Upload a file of departures; see those sent before."""
    user = importer_of(request)
    sent = request.method == "POST"
    form = DepartureUploadForm(request.POST, request.FILES) if sent else DepartureUploadForm()
    if sent and form.is_valid():
        try:
            return redirect(
                page_of(DEPARTURES, received(DEPARTURES, user, form.cleaned_data["file"]))
            )
        except ValidationError as error:
            form.add_error("file", error)
    imports = DepartureImport.objects.visible_to(user).select_related("uploaded_by")
    page = keyset_page(imports, order=["-pk"], cursor=request.GET.get("cursor"))
    return render(
        request,
        "exchange/departure_import_list.html",
        {"form": form, "page": page},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def departure_import_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the columns of a file mean."""
    user = importer_of(request)
    held = get_object_or_404(DepartureImport.objects.editable_by(user), pk=pk)
    return columns_page(request, user, DEPARTURES, held)


@require_POST
def departure_import_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Read another sheet of the file."""
    user = importer_of(request)
    held = get_object_or_404(DepartureImport.objects.editable_by(user), pk=pk)
    return sheet_chosen(request, user, DEPARTURES, held)


@require_safe
def departure_import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """See what a file would record, watch it, see how it ended."""
    user = importer_of(request)
    held = get_object_or_404(DepartureImport.objects.visible_to(user), pk=pk)
    if held.state == DepartureImport.State.MAPPING:
        url = page_of(DEPARTURES, held)
        return HttpResponseClientRedirect(url) if is_partial(request) else redirect(url)
    rejected = DepartureImportRow.objects.visible_to(user).filter(departure_import=held)
    first = list(rejected.order_by("row_number")[:REASONS_SHOWN])
    template = "_departure_import_progress" if is_partial(request) else "departure_import_progress"
    return render(
        request,
        f"exchange/{template}.html",
        {
            **parts_of(DEPARTURES, held),
            "rejected": [
                (row.row_number, [departure_reason_text(*stored) for stored in row.reasons])
                for row in first
            ],
        },
    )


@require_POST
def departure_import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Start recording the rows, or go on with the rest."""
    user = importer_of(request)
    held = get_object_or_404(DepartureImport.objects.editable_by(user), pk=pk)
    try:
        confirm_departures(actor=user, departure_import=held)
    except ValidationError:
        # The page is out of date; where the import stands now says why.
        return redirect("exchange:departure_import_progress", pk)
    return redirect("exchange:departure_import_progress", pk)


@require_safe
def departure_import_rejected(request: HttpRequest, pk: int) -> FileResponse:
    """Download the rejected rows with the reason in the last column."""
    user = importer_of(request)
    held = get_object_or_404(DepartureImport.objects.visible_to(user), pk=pk)
    if not held.rejected_rows:
        raise Http404
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rejected.xlsx"
        write_rejected_departures(actor=user, departure_import=held, path=path)
        # The open file outlives its name.
        stream = path.open("rb")
    name = _("Rejected rows of %(name)s") % {"name": Path(held.original_name).stem}
    return FileResponse(stream, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
