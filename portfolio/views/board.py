"""The board: units and managers as rows, and the customers behind every figure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import CharField, Count, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from contacts.models import Exemption
from core import clock
from core.addresses import address_maker
from core.ids import id_in
from portfolio.models import Reassignment
from portfolio.rules import Figures, Judgement, shortcoming
from portfolio.services.board import BoardRow, Level, load_board
from portfolio.views.access import person_of
from portfolio.views.cells import Cell, CellPainter, Shown, bad_if, whose
from retention.models import Departure, MeasureOffer
from retention.rules.churn import Pace
from staff.models import Cover, Role, StaffUser, Unit

LISTED = (Level.TOTAL, Level.UNIT, Level.MANAGER)
"""Rows whose warnings are a list of their own."""
MOST_COVERS = 30
"""More covers of one day are left to their own page."""


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show units and managers as rows, the articles as figures, each with the rows behind."""
    user = person_of(request.user)
    if user.role not in (Role.SUPERVISOR, Role.HEAD_OFFICE):
        raise Http404
    top, above = top_of(request, user)
    today = clock.today(user.time_zone)
    rows = load_board(user, top, today)
    linker = Linker(may_hand_over=user.is_supervisor)
    waiting = Exemption.objects.visible_to(user).waiting()
    covers = Cover.objects.visible_to(user).on(today).with_people()
    if top is not None:
        covers = covers.filter(manager__unit__path__startswith=top.path)
    context = {
        "today": today,
        "top": top,
        "above": above,
        "rows": [linker.shown(row) for row in rows],
        **_counts(
            waiting=waiting,
            approvals=MeasureOffer.objects.decidable_by(user).waiting(),
            is_simulated=Departure.objects.visible_to(user).simulated(),
        ),
        "planned": _planned(user),
        "covers": covers.order_by("manager__name", "pk")[:MOST_COVERS],
    }
    return render(request, "portfolio/board.html", context)


def _counts(**asked: QuerySet[Any]) -> dict[str, int]:
    """Return how many rows each question has. One statement for all."""
    counted = [
        rows.order_by().values(name=Value(name, CharField())).annotate(number=Count("pk"))
        for name, rows in asked.items()
    ]
    first, *others = (rows.values_list("name", "number") for rows in counted)
    return dict.fromkeys(asked, 0) | dict(first.union(*others, all=True))


def _planned(user: StaffUser) -> list[Reassignment]:
    """The supervisor's handovers that wait for their day."""
    rows = Reassignment.objects.editable_by(user).waiting().select_related("manager")
    return list(rows.order_by("effective_on", "pk")[:MOST_COVERS])


def top_of(request: HttpRequest, user: StaffUser) -> tuple[Unit | None, list[Unit]]:
    """Return the unit asked for, and those above it.

    Without one asked for: the person's own, or the only one at the top.
    """
    units = Unit.objects.visible_to(user)
    wanted = request.GET.get("unit", "")
    if wanted:
        top: Unit | None = get_object_or_404(units, pk=id_in(wanted))
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
    """Makes the cells of rows; words, marks and the lists' addresses are made once a page."""

    def __init__(self, *, may_hand_over: bool) -> None:
        self._may_hand_over = may_hand_over
        self._customers = reverse("customers:customer_list")
        self._flags = reverse("contacts:flag_list")
        self._departures = reverse("retention:departure_list")
        self._goals = reverse("retention:goal_board")
        self._warnings = reverse("retention:warning_list")
        self._board = reverse("portfolio:board")
        self._hand_over = address_maker("portfolio:reassign_portfolio")
        self._hand_over_label = _("Hand over all customers of %(name)s")
        self._painter = CellPainter()

    def shown(self, row: BoardRow[Figures]) -> Shown:
        """Return ``row`` with its figures, each with the address of what is behind it."""
        figures, of_row = row.figures, whose(row)

        def cell(count: int, narrowed: str = "", *, page: str = self._customers) -> Cell:
            url = "" if of_row is None else f"{page}?{'&'.join(filter(None, (of_row, narrowed)))}"
            return Cell(count, url)

        def judged(count: int, narrowed: str, *, page: str = self._customers) -> Cell:
            return replace(
                cell(count, narrowed, page=page), judgement=shortcoming(count, figures.active)
            )

        cells = [
            cell(figures.active),
            replace(cell(figures.contacted, "contacted=this_month"), of=figures.active),
            cell(figures.soon, "due=soon"),
            judged(figures.overdue_diamond, "due=overdue&tier=diamond"),
            judged(figures.overdue_gold, "due=overdue&tier=gold"),
            judged(figures.overdue_silver, "due=overdue&tier=silver"),
            cell(figures.exempt, "due=exempt"),
            judged(figures.visits_overdue, "due=overdue&cadence=visit"),
            judged(figures.escalated, "escalated=yes", page=self._flags),
            *self._churn_cells(row, of_row),
            replace(
                cell(figures.warnings, page=self._warnings) if row.level in LISTED else Cell(0, ""),
                count=figures.warnings,
                judgement=bad_if(figures.warnings_late),
                text=_late(figures),
            ),
            replace(
                cell(figures.reviews_overdue, "review=overdue", page=self._departures),
                judgement=bad_if(figures.reviews_overdue),
            ),
        ]
        manager = row.manager if self._may_hand_over and figures.active else None
        return Shown(
            row=row,
            cells=cells,
            figures=self._painter.all_of(cells),
            url=cells[0].url,
            board_url=self._board_url(row),
            hand_over_url=self._hand_over(manager.pk) if manager else "",
            hand_over_label=self._hand_over_label % {"name": manager.name} if manager else "",
        )

    def _churn_cells(self, row: BoardRow[Figures], of_row: str | None) -> list[Cell]:
        """The churn rate to date, with the losses behind it, and what may still be lost."""
        churn = row.churn
        if churn is None or churn.rate is None:
            return [Cell(0, "", text="—"), Cell(0, "", text="—")]
        judgement = JUDGED_PACE[churn.pace] if churn.pace else Judgement.NONE
        lost = "&".join(filter(None, (f"base={churn.year}&group=all", of_row)))
        rate = _("%(rate)s %%") % {"rate": number_format(churn.rate, 2)}
        unit = f"unit={row.unit.pk}" if row.unit else ""
        left = churn.left_to_lose
        return [
            Cell(churn.lost, f"{self._departures}?{lost}", judgement, text=rate),
            Cell(
                left or 0,
                f"{self._goals}?{unit}",
                judgement,
                text="—" if left is None else str(left),
            ),
        ]

    def _board_url(self, row: BoardRow[Figures]) -> str:
        if row.level is not Level.UNIT or row.unit is None:
            return ""
        return f"{self._board}?unit={row.unit.pk}"


JUDGED_PACE = {
    Pace.GOOD: Judgement.GOOD,
    Pace.FAST: Judgement.WATCH,
    Pace.MISSED: Judgement.BAD,
}


def _late(figures: Figures) -> str:
    """How many warnings are open, and of them how many were not followed up in time."""
    if not figures.warnings_late:
        return str(figures.warnings)
    values = {"open": figures.warnings, "late": figures.warnings_late}
    return _("%(open)s (%(late)s late)") % values
