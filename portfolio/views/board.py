"""The board: units and managers as rows, and the customers behind every figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from contacts.models import Exemption
from core import clock
from portfolio.rules import Judgement, shortcoming
from portfolio.services.board import BoardRow, Level, load_board
from portfolio.views.access import person_of
from staff.models import Cover, Role, StaffUser, Unit


@dataclass(frozen=True)
class Cell:
    """One figure; ``url`` leads to exactly those customers, empty where there is no such page."""

    count: int
    url: str
    judgement: Judgement = Judgement.NONE
    of: int | None = None


@dataclass(frozen=True)
class Shown:
    """One row of the board as the page shows it."""

    row: BoardRow
    cells: list[Cell]
    board_url: str = ""


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Show units and managers as rows, the cadences as figures, each with the customers behind."""
    user = person_of(request.user)
    if user.role not in (Role.SUPERVISOR, Role.HEAD_OFFICE):
        raise Http404
    top, above = _top(request, user)
    today = clock.today(user.time_zone)
    rows = load_board(user, top, today)
    waiting = Exemption.objects.visible_to(user).waiting()
    covers = Cover.objects.visible_to(user).on(today).with_people()
    context = {
        "today": today,
        "top": top,
        "above": above,
        "rows": [_shown(row) for row in rows],
        "waiting": waiting.count(),
        "covers": covers.order_by("manager__name", "pk"),
    }
    return render(request, "portfolio/board.html", context)


def _top(request: HttpRequest, user: StaffUser) -> tuple[Unit | None, list[Unit]]:
    """The unit asked for, else the person's own or the only one at the top; and those above it."""
    units = Unit.objects.visible_to(user)
    wanted = request.GET.get("unit", "")
    if wanted:
        if not (wanted.isascii() and wanted.isdigit()):
            raise Http404
        top: Unit | None = get_object_or_404(units, pk=int(wanted))
    elif user.is_supervisor:
        top = user.unit
    else:
        roots = list(units.filter(parent=None)[:2])
        top = roots[0] if len(roots) == 1 else None
    if top is None:
        return None, []
    ids = [int(part) for part in top.path.strip("/").split("/")[:-1]]
    return top, list(units.filter(pk__in=ids).order_by("path"))


def _shown(row: BoardRow) -> Shown:
    figures = row.figures
    return Shown(
        row=row,
        cells=[
            _cell(row, figures.active),
            _cell(row, figures.contacted, of=figures.active, contacted="this_month"),
            _cell(row, figures.soon, due="soon"),
            *(
                _cell(row, count, judged=True, due="overdue", tier=tier)
                for tier, count in (
                    ("diamond", figures.overdue_diamond),
                    ("gold", figures.overdue_gold),
                    ("silver", figures.overdue_silver),
                )
            ),
            _cell(row, figures.exempt, due="exempt"),
            _cell(row, figures.visits_overdue, judged=True, due="overdue", cadence="visit"),
            _cell(row, figures.escalated, judged=True, page="contacts:flag_list", escalated="yes"),
        ],
        board_url=_board_url(row),
    )


def _cell(
    row: BoardRow,
    count: int,
    *,
    judged: bool = False,
    of: int | None = None,
    page: str = "customers:customer_list",
    **narrowed: str,
) -> Cell:
    whose = _whose(row)
    url = "" if whose is None else f"{reverse(page)}?{urlencode({**whose, **narrowed})}"
    judgement = shortcoming(count, row.figures.active) if judged else Judgement.NONE
    return Cell(count, url, judgement, of)


def _whose(row: BoardRow) -> dict[str, Any] | None:
    """The filters of the lists that hold exactly the customers of ``row``; None: there are none."""
    if row.level is Level.OTHERS:
        return None
    whose: dict[str, Any] = {"unit": row.unit.pk} if row.unit else {}
    if row.level is Level.POOL:
        whose["pool"] = "yes"
    elif row.manager is not None:
        whose["manager"] = row.manager.pk
    return whose


def _board_url(row: BoardRow) -> str:
    if row.level is not Level.UNIT or row.unit is None:
        return ""
    return f"{reverse('portfolio:board')}?{urlencode({'unit': row.unit.pk})}"
