"""The page of columns and the choice of a sheet, the same for every kind of file."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from exchange.forms import ColumnMappingForm, SheetForm
from exchange.models import FileState
from exchange.rules.headings import F
from exchange.rules.measures import USUAL
from exchange.services.receiving import I, Kind, choose_sheet, map_columns, prepare, receive
from exchange.services.texts import UNITS, for_all_text, problem_text
from staff.models import StaffUser

UNPROCESSABLE = 422


def page_of(kind: Kind[F, I], one: I) -> str:
    """Return the address of the page where the import stands."""
    name = "progress"
    if one.state == FileState.MAPPING:
        name = "mapping"
    elif one.state == FileState.PREVIEWED and kind.stages:
        name = "preview"
    return reverse(f"exchange:{kind.page}_{name}", args=[one.pk])


def columns_page(request: HttpRequest, user: StaffUser, kind: Kind[F, I], one: I) -> HttpResponse:
    """Say what the columns mean, in what units they are, and what holds for rows without one."""
    if one.state not in {FileState.MAPPING, FileState.PREVIEWED}:
        return redirect(page_of(kind, one))
    sent = request.method == "POST"
    form = ColumnMappingForm(request.POST if sent else None, kind=kind, one=one)
    if sent and form.is_valid():
        try:
            mapped = map_columns(
                kind,
                actor=user,
                one=one,
                fields=form.fields_of_columns,
                units=form.units_of_columns,
                for_all=form.for_all,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            mapped.refresh_from_db()
            return redirect(page_of(kind, mapped))
    return render(
        request,
        f"exchange/{kind.page}_mapping.html",
        {"form": form, **parts_of(kind, one), "list_url": list_url(kind)},
        status=UNPROCESSABLE if form.errors else 200,
    )


def sheet_chosen(request: HttpRequest, user: StaffUser, kind: Kind[F, I], one: I) -> HttpResponse:
    """Read another sheet of the file; without one of its sheets nothing is changed."""
    form = SheetForm(request.POST)
    if form.is_valid():
        try:
            one = choose_sheet(kind, actor=user, one=one, sheet=form.cleaned_data["sheet"])
        except ValidationError:
            # The page is out of date; where the import stands now says why.
            return redirect(page_of(kind, one))
        one.refresh_from_db()
    return redirect(page_of(kind, one))


def parts_of(kind: Kind[F, I], one: I) -> dict[str, object]:
    """Return what the pages of an import show of every kind of file."""
    return {
        "one": one,
        kind.page: one,
        "sheet_url": reverse(f"exchange:{kind.page}_sheet", args=[one.pk]),
        "mapping_url": reverse(f"exchange:{kind.page}_mapping", args=[one.pk]),
        "for_all": [for_all_text(name, text) for name, text in one.for_all.items()],
        "converted": [
            gettext("“%(heading)s” in %(unit)s")
            % {"heading": column["heading"], "unit": UNITS[column["unit"]]}
            for column in one.columns
            if column.get("unit") and column["unit"] not in USUAL.values()
        ],
        "can_change": one.state in {FileState.MAPPING, FileState.PREVIEWED},
        "problem": problem_text(one.problem) if one.problem else "",
    }


def list_url(kind: Kind[F, I]) -> str:
    """Return the address of the list of imports of this kind."""
    return reverse(f"exchange:{kind.page}_list")


def received(kind: Kind[F, I], user: StaffUser, file: UploadedFile[bytes]) -> I:
    """Keep and, if it is small, read a file; raise ValidationError where it cannot be read."""
    one = receive(kind, actor=user, file=file, name=file.name or "")
    prepare(kind, one)
    one.refresh_from_db()
    if one.problem:
        raise ValidationError(problem_text(one.problem), code=one.problem)
    return one
