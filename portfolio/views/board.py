"""The board: units and managers as rows, and the customers behind every figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from contacts.models import Exemption
from core import clock
from portfolio.models import Reassignment
from portfolio.rules import Judgement, shortcoming
from portfolio.services.board import BoardRow, Level, load_board
from portfolio.views.access import person_of
from staff.models import Cover, Role, StaffUser, Unit

MOST_COVERS = 30
"""More covers of one day are left to their own page."""


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


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show units and managers as rows, the cadences as figures, each with the customers behind."""
    user = person_of(request.user)
    if user.role not in (Role.SUPERVISOR, Role.HEAD_OFFICE):
        raise Http404
    top, above = _top(request, user)
    today = clock.today(user.time_zone)
    rows = load_board(user, top, today)
    linker = Linker()
    waiting = Exemption.objects.visible_to(user).waiting()
    covers = Cover.objects.visible_to(user).on(today).with_people()
    if top is not None:
        covers = covers.filter(manager__unit__path__startswith=top.path)
    context = {
        "today": today,
        "top": top,
        "above": above,
        "rows": [linker.shown(row) for row in rows],
        "waiting": waiting.count(),
        "planned": _planned(user),
        "covers": covers.order_by("manager__name", "pk")[:MOST_COVERS],
    }
    return render(request, "portfolio/board.html", context)


def _planned(user: StaffUser) -> list[Reassignment]:
    """The supervisor's handovers that wait for their day."""
    rows = Reassignment.objects.editable_by(user).waiting().select_related("manager")
    return list(rows.order_by("effective_on", "pk")[:MOST_COVERS])


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


class Linker:
    """Makes the cells of rows; the lists' addresses are looked up once a page."""

    def __init__(self) -> None:
        self._customers = reverse("customers:customer_list")
        self._flags = reverse("contacts:flag_list")
        self._board = reverse("portfolio:board")

    def shown(self, row: BoardRow) -> Shown:
        """Return ``row`` with its figures, each with the address of what is behind it."""
        figures, whose = row.figures, _whose(row)

        def cell(count: int, narrowed: str = "", *, page: str = self._customers) -> Cell:
            url = "" if whose is None else f"{page}?{'&'.join(filter(None, (whose, narrowed)))}"
            return Cell(count, url)

        def judged(count: int, narrowed: str, *, page: str = self._customers) -> Cell:
            return replace(
                cell(count, narrowed, page=page), judgement=shortcoming(count, figures.active)
            )

        return Shown(
            row=row,
            cells=[
                cell(figures.active),
                replace(cell(figures.contacted, "contacted=this_month"), of=figures.active),
                cell(figures.soon, "due=soon"),
                judged(figures.overdue_diamond, "due=overdue&tier=diamond"),
                judged(figures.overdue_gold, "due=overdue&tier=gold"),
                judged(figures.overdue_silver, "due=overdue&tier=silver"),
                cell(figures.exempt, "due=exempt"),
                judged(figures.visits_overdue, "due=overdue&cadence=visit"),
                judged(figures.escalated, "escalated=yes", page=self._flags),
            ],
            board_url=self._board_url(row),
        )

    def _board_url(self, row: BoardRow) -> str:
        if row.level is not Level.UNIT or row.unit is None:
            return ""
        return f"{self._board}?unit={row.unit.pk}"


def _whose(row: BoardRow) -> str | None:
    """The filters of the lists that hold exactly the customers of ``row``; None: there are none."""
    if row.level is Level.OTHERS:
        return None
    whose: dict[str, Any] = {"unit": row.unit.pk} if row.unit else {}
    if row.level is Level.POOL:
        whose["pool"] = "yes"
    elif row.manager is not None:
        whose["manager"] = row.manager.pk
    return urlencode(whose)
