"""Pages of the roster import, for administrators and supervisors; others find nothing here."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from core.htmx import is_partial
from core.pagination import keyset_page
from customers.models import Likeness
from exchange.forms import MakingsForm, RosterUploadForm
from exchange.models import RosterImport, RosterImportRow
from exchange.rules.reasons import Rejection
from exchange.services.rejected_rows import write_rejected_rows
from exchange.services.roster_commit import confirm_import
from exchange.services.roster_import import ROSTER, decide_makings
from exchange.services.texts import field_text, problem_text, rejection_text, value_text
from exchange.views.access import importer_of
from exchange.views.columns import columns_page, page_of, parts_of, received, sheet_chosen
from staff.models import StaffUser

State = RosterImport.State
Outcome = RosterImportRow.Outcome

ALIKE = "alike"
"""The tab of the rows that may be somebody who is there already."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
def roster_import_list(request: HttpRequest) -> HttpResponse:
    """Upload a roster; see those sent before."""
    user = importer_of(request)
    sent = request.method == "POST"
    form = RosterUploadForm(request.POST, request.FILES) if sent else RosterUploadForm()
    if sent and form.is_valid():
        try:
            return redirect(_page_of(received(ROSTER, user, form.cleaned_data["file"])))
        except ValidationError as error:
            form.add_error("file", error)
    imports = RosterImport.objects.visible_to(user).select_related("uploaded_by")
    page = keyset_page(imports, order=["-pk"], cursor=request.GET.get("cursor"))
    return render(
        request,
        "exchange/roster_import_list.html",
        {"form": form, "page": page, "imports": [(row, _page_of(row)) for row in page.rows]},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def roster_import_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the columns mean whose headings nobody knows."""
    user = importer_of(request)
    held = get_object_or_404(RosterImport.objects.editable_by(user), pk=pk)
    return columns_page(request, user, ROSTER, held)


@require_POST
def roster_import_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Read another sheet of the file."""
    user = importer_of(request)
    held = get_object_or_404(RosterImport.objects.editable_by(user), pk=pk)
    return sheet_chosen(request, user, ROSTER, held)


@require_POST
def roster_import_makings(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which of the units and managers that nobody has are made."""
    user = importer_of(request)
    roster_import = get_object_or_404(RosterImport.objects.editable_by(user), pk=pk)
    form = MakingsForm(request.POST, roster_import=roster_import)
    if form.is_valid():
        try:
            roster_import = decide_makings(
                actor=user, roster_import=roster_import, decisions=form.decisions
            )
        except ValidationError as error:
            messages.error(request, error.messages[0])
    else:
        messages.error(request, form.first_error)
    roster_import.refresh_from_db()
    return redirect(_page_of(roster_import))


@require_http_methods(["GET", "HEAD", "POST"])
def roster_import_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at what would change, row by row, and start the import."""
    user = importer_of(request)
    roster_import = get_object_or_404(RosterImport.objects.editable_by(user), pk=pk)
    if request.method == "POST":
        return _confirm(user, roster_import)
    if roster_import.state not in {State.PREVIEWED, State.DONE}:
        return redirect(_page_of(roster_import))
    tab = _tab(request, roster_import)
    rows = RosterImportRow.objects.visible_to(user).filter(roster_import=roster_import)
    shown = rows.alike() if tab == ALIKE else rows.with_outcome(tab)
    page = keyset_page(shown, order=["row_number"], cursor=request.GET.get("cursor"))
    counts = roster_import.counts()
    return render(
        request,
        "exchange/roster_import_preview.html",
        {
            **parts_of(ROSTER, roster_import),
            "makings": MakingsForm(roster_import=roster_import),
            "silent": _silent(roster_import),
            "page": page,
            "lines": [_line(row) for row in page.rows],
            "tab": tab,
            "tabs": [
                *((value, label, counts[value]) for value, label in Outcome.choices),
                (ALIKE, _("Possible duplicates"), roster_import.alike_rows),
            ],
            "to_import": counts["new"] + counts["changed"],
        },
    )


@require_safe
def roster_import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Watch an import; see how it ended."""
    roster_import = get_object_or_404(RosterImport.objects.visible_to(importer_of(request)), pk=pk)
    if roster_import.state in {State.MAPPING, State.PREVIEWED}:
        url = _page_of(roster_import)
        return HttpResponseClientRedirect(url) if is_partial(request) else redirect(url)
    template = "_roster_import_progress" if is_partial(request) else "roster_import_progress"
    problem = problem_text(roster_import.problem) if roster_import.problem else ""
    return render(
        request,
        f"exchange/{template}.html",
        {"roster_import": roster_import, "problem": problem, "counts": _labelled(roster_import)},
    )


@require_safe
def roster_import_rejected(request: HttpRequest, pk: int) -> FileResponse:
    """Download the rejected rows with the reason in the last column."""
    user = importer_of(request)
    roster_import = get_object_or_404(RosterImport.objects.visible_to(user), pk=pk)
    if not roster_import.rejected_rows:
        raise Http404
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rejected.xlsx"
        write_rejected_rows(actor=user, roster_import=roster_import, path=path)
        # The open file outlives its name.
        stream = path.open("rb")
    name = _("Rejected rows of %(name)s") % {"name": Path(roster_import.original_name).stem}
    return FileResponse(stream, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def _page_of(roster_import: RosterImport) -> str:
    return page_of(ROSTER, roster_import)


def _confirm(user: StaffUser, roster_import: RosterImport) -> HttpResponse:
    try:
        confirm_import(actor=user, roster_import=roster_import)
    except ValidationError:
        # The page is out of date; where the import stands now says why.
        return redirect(_page_of(roster_import))
    roster_import.refresh_from_db()
    return redirect(_page_of(roster_import))


def _tab(request: HttpRequest, roster_import: RosterImport) -> str:
    """Return the outcome to show: the one asked for, else the first that has rows."""
    asked = request.GET.get("tab")
    if asked is not None and asked in {*Outcome.values, ALIKE}:
        return asked
    counts = roster_import.counts()
    return next((name for name in ("new", "changed", "rejected") if counts[name]), "unchanged")


def _silent(roster_import: RosterImport) -> list[str]:
    """Return what new customers need and no column and nobody says: one value can be given."""
    said = {column["field"] for column in roster_import.columns} | set(roster_import.for_all)
    return [field_text(field) for field in ROSTER.for_all if field not in said]


def _line(row: RosterImportRow) -> dict[str, Any]:
    """Return a row as the preview shows it."""
    return {
        "row": row,
        "changes": [
            (field_text(name), value_text(name, old), value_text(name, new))
            for name, (old, new) in row.changes.items()
        ],
        "alike": [
            (number, [Likeness(kind).label for kind in kinds]) for number, kinds in row.alike
        ],
        "reasons": [rejection_text(Rejection.from_json(stored)) for stored in row.reasons],
    }


def _labelled(roster_import: RosterImport) -> list[tuple[str, Any, int]]:
    counts = roster_import.counts()
    return [(value, label, counts[value]) for value, label in Outcome.choices]
