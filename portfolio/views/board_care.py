"""The board of complaints, promises and missed calls (articles 7, 20, 21)."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import clock
from portfolio.rules import CareFigures
from portfolio.services.board import BoardRow, Level, load_care_board
from portfolio.views.access import person_of
from portfolio.views.board import top_of
from portfolio.views.cells import Cell, CellPainter, Shown, bad_if, whose
from staff.models import Role


@require_safe
def board_care(request: HttpRequest) -> HttpResponse:
    """Show complaints, promises and missed calls by unit and manager, with the lists behind."""
    user = person_of(request.user)
    if user.role not in (Role.SUPERVISOR, Role.HEAD_OFFICE):
        raise Http404
    top, above = top_of(request, user)
    today = clock.today(user.time_zone)
    linker = Linker()
    context = {
        "today": today,
        "top": top,
        "above": above,
        "rows": [linker.shown(row) for row in load_care_board(user, top, today)],
    }
    return render(request, "portfolio/board_care.html", context)


class Linker:
    """Makes the cells of rows, each with the address of the list behind it."""

    def __init__(self) -> None:
        self._painter = CellPainter()
        self._complaints = reverse("complaints:complaint_list")
        self._figures = reverse("complaints:complaint_figures")
        self._requests = reverse("complaints:request_list")
        self._calls = reverse("contacts:call_list")
        self._board = reverse("portfolio:board_care")

    def shown(self, row: BoardRow[CareFigures]) -> Shown:
        """Return ``row`` with its figures, each with the address of what is behind it."""
        # The lists behind are of managers; what is in a pool is found in its unit's.
        of_row = None if row.level is Level.POOL else whose(row)
        figures = row.figures

        def cell(count: int, page: str, narrowed: str) -> Cell:
            url = "" if of_row is None else f"{page}?{'&'.join(filter(None, (of_row, narrowed)))}"
            return Cell(count, url)

        def bad(count: int, page: str, narrowed: str) -> Cell:
            return replace(cell(count, page, narrowed), judgement=bad_if(count))

        cells = [
            cell(figures.complaints, self._complaints, ""),
            bad(figures.complaints_late, self._complaints, "time=overdue"),
            bad(figures.justified, self._figures, ""),
            cell(figures.requests, self._requests, ""),
            bad(figures.requests_late, self._requests, "state=overdue"),
            cell(figures.calls, self._calls, "show=missed"),
            bad(figures.calls_late, self._calls, "show=missed&overdue=yes"),
        ]
        return Shown(
            row=row,
            cells=cells,
            figures=self._painter.all_of(cells),
            board_url=f"{self._board}?unit={row.unit.pk}" if row.unit else "",
            url=cells[0].url if row.level is Level.MANAGER else "",
        )
