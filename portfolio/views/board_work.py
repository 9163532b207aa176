"""The board of plans, logs and inspections (articles 4 to 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import clock
from portfolio.rules import Judgement, WorkFigures, shortcoming
from portfolio.services.board import BoardRow, Level, load_work_board
from portfolio.views.access import person_of
from portfolio.views.board import top_of
from portfolio.views.cells import Cell, CellPainter, Shown, bad_if, whose
from staff.models import Role


@require_safe
def board_work(request: HttpRequest) -> HttpResponse:
    """Show how managers plan, keep their logs and were inspected, each with what is behind."""
    user = person_of(request.user)
    if user.role not in (Role.SUPERVISOR, Role.HEAD_OFFICE):
        raise Http404
    top, above = top_of(request, user)
    today = clock.today(user.time_zone)
    linker = Linker(today)
    context = {
        "today": today,
        "top": top,
        "above": above,
        "rows": [linker.shown(row) for row in load_work_board(user, top, today)],
    }
    return render(request, "portfolio/board_work.html", context)


class Linker:
    """Makes the cells of rows, each with the address of the list behind it."""

    def __init__(self, today: date) -> None:
        self._painter = CellPainter()
        self._of_today = f"day={today}"
        self._plans = reverse("workplans:plan_queue")
        self._logs = reverse("workplans:log_queue")
        self._month = reverse("workplans:log_list")
        self._inspections = reverse("workplans:inspection_list")
        self._findings = reverse("workplans:finding_list")
        self._board = reverse("portfolio:board_work")

    def shown(self, row: BoardRow[WorkFigures]) -> Shown:
        """Return ``row`` with its figures, each with the address of what is behind it."""
        of_row, figures = whose(row), row.figures

        def cell(count: int, page: str, narrowed: str) -> Cell:
            return Cell(count, f"{page}?{'&'.join(filter(None, (of_row, narrowed)))}")

        def share(count: int, of: int, page: str, narrowed: str) -> Cell:
            judgement = shortcoming(of - count, of) if of else Judgement.NONE
            return replace(cell(count, page, narrowed), of=of, judgement=judgement)

        def bad(count: int, page: str, narrowed: str) -> Cell:
            return replace(cell(count, page, narrowed), judgement=bad_if(count))

        managers = figures.managers
        week = f"kind=week&state=approved&{self._of_today}"
        month = f"kind=month&state=approved&{self._of_today}"
        # A manager's logs are a calendar of the month, a unit's are a day.
        logs = self._month if row.level is Level.MANAGER else self._logs
        cells = [
            Cell(managers, ""),
            share(figures.week_approved, managers, self._plans, week),
            share(figures.month_approved, managers, self._plans, month),
            cell(figures.plans_waiting, self._plans, ""),
            bad(figures.plans_missing, self._plans, "state=missing"),
            share(figures.logs_submitted, figures.logs_asked, logs, ""),
            bad(figures.logs_missing, logs, ""),
            share(figures.inspected, managers, self._inspections, "state=closed"),
            cell(figures.findings_open, self._findings, ""),
            bad(figures.findings_overdue, self._findings, "state=overdue"),
        ]
        return Shown(
            row=row,
            cells=cells,
            figures=self._painter.all_of(cells),
            board_url=f"{self._board}?unit={row.unit.pk}" if row.unit else "",
            url=f"{self._plans}?{of_row}" if row.level is Level.MANAGER else "",
        )
