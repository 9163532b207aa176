"""Pages of the usage import, for administrators and supervisors; others find nothing here."""

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
from exchange.forms import UsageUploadForm
from exchange.models import UsageImport, UsageImportRow
from exchange.services.rejected_rows import write_rejected_usage
from exchange.services.texts import usage_reason_text
from exchange.services.usage_import import USAGE, confirm_usage
from exchange.views.access import importer_of
from exchange.views.columns import columns_page, page_of, parts_of, received, sheet_chosen
from exchange.views.rosters import XLSX

REASONS_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def usage_import_list(request: HttpRequest) -> HttpResponse:
    """Upload a file with monthly usage; see those sent before."""
    user = importer_of(request)
    sent = request.method == "POST"
    form = UsageUploadForm(request.POST, request.FILES) if sent else UsageUploadForm()
    if sent and form.is_valid():
        try:
            return redirect(page_of(USAGE, received(USAGE, user, form.cleaned_data["file"])))
        except ValidationError as error:
            form.add_error("file", error)
    imports = UsageImport.objects.visible_to(user).select_related("uploaded_by")
    page = keyset_page(imports, order=["-pk"], cursor=request.GET.get("cursor"))
    return render(
        request,
        "exchange/usage_import_list.html",
        {"form": form, "page": page},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def usage_import_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the columns of a file mean."""
    user = importer_of(request)
    held = get_object_or_404(UsageImport.objects.editable_by(user), pk=pk)
    return columns_page(request, user, USAGE, held)


@require_POST
def usage_import_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Read another sheet of the file."""
    user = importer_of(request)
    held = get_object_or_404(UsageImport.objects.editable_by(user), pk=pk)
    return sheet_chosen(request, user, USAGE, held)


@require_safe
def usage_import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """See what a file holds before it is taken in, watch it, see how it ended."""
    user = importer_of(request)
    held = get_object_or_404(UsageImport.objects.visible_to(user), pk=pk)
    if held.state == UsageImport.State.MAPPING:
        url = page_of(USAGE, held)
        return HttpResponseClientRedirect(url) if is_partial(request) else redirect(url)
    rejected = UsageImportRow.objects.visible_to(user).filter(usage_import=held)
    first = list(rejected.order_by("row_number")[:REASONS_SHOWN])
    template = "_usage_import_progress" if is_partial(request) else "usage_import_progress"
    return render(
        request,
        f"exchange/{template}.html",
        {
            **parts_of(USAGE, held),
            "rejected": [
                (row.row_number, [usage_reason_text(*stored) for stored in row.reasons])
                for row in first
            ],
        },
    )


@require_POST
def usage_import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Start taking the rows in, or go on with the rest."""
    user = importer_of(request)
    usage_import = get_object_or_404(UsageImport.objects.editable_by(user), pk=pk)
    try:
        confirm_usage(actor=user, usage_import=usage_import)
    except ValidationError:
        # The page is out of date; where the import stands now says why.
        return redirect("exchange:usage_import_progress", pk)
    return redirect("exchange:usage_import_progress", pk)


@require_safe
def usage_import_rejected(request: HttpRequest, pk: int) -> FileResponse:
    """Download the rejected rows with the reason in the last column."""
    user = importer_of(request)
    usage_import = get_object_or_404(UsageImport.objects.visible_to(user), pk=pk)
    if not usage_import.rejected_rows:
        raise Http404
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rejected.xlsx"
        write_rejected_usage(actor=user, usage_import=usage_import, path=path)
        # The open file outlives its name.
        stream = path.open("rb")
    name = _("Rejected rows of %(name)s") % {"name": Path(usage_import.original_name).stem}
    return FileResponse(stream, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
