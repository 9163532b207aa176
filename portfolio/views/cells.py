"""What the boards are drawn of: cells with a figure, its sign, and the list behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.markup import draw, joined
from core.templatetags.core_tags import icon
from portfolio.rules import Judgement
from portfolio.services.board import BoardRow, Level


@dataclass(frozen=True)
class Cell:
    """One figure; ``url`` leads to exactly those rows, empty where there is no such page.

    ``text`` is shown instead of the count.
    """

    count: int
    url: str
    judgement: Judgement = Judgement.NONE
    of: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Shown:
    """One row of a board as the page shows it; ``figures``: its cells, drawn.

    ``url``: what the name of a manager leads to.
    """

    row: BoardRow[Any]
    cells: list[Cell]
    figures: SafeString
    board_url: str = ""
    url: str = ""
    hand_over_url: str = ""
    hand_over_label: str = ""


class CellPainter:
    """Draws cells; words and marks are made once a page: 60 managers have hundreds of cells."""

    def __init__(self) -> None:
        self._share = _("%(share)s %%")
        self._marks = {
            Judgement.GOOD: icon("check"),
            Judgement.WATCH: icon("alert-triangle"),
            Judgement.BAD: icon("alert-circle-filled"),
        }
        self._css = {one: draw("figure figure-{}", one) for one in Judgement}

    def all_of(self, cells: list[Cell]) -> SafeString:
        """Return the cells of one row."""
        return joined([self._drawn(one) for one in cells])

    def _drawn(self, cell: Cell) -> SafeString:
        """One cell of a row, drawn without a template."""
        figure = draw("{}{}", self._marks.get(cell.judgement, ""), cell.text or cell.count)
        css = self._css[cell.judgement]
        if cell.url:
            figure = draw('<a class="{}" href="{}">{}</a>', css, cell.url, figure)
        else:
            figure = draw('<span class="{}">{}</span>', css, figure)
        return draw('<td class="num">{}{}</td>', figure, self._part(cell))

    def _part(self, cell: Cell) -> str:
        if not cell.of:
            return ""
        return draw(
            '<span class="board-share">{}</span>'
            '<meter min="0" max="{}" value="{}" aria-hidden="true"></meter>',
            self._share % {"share": round(cell.count / cell.of * 100)},
            cell.of,
            cell.count,
        )


def bad_if(count: int) -> Judgement:
    """Judge what should not be at all."""
    return Judgement.BAD if count else Judgement.NONE


def whose(row: BoardRow[Any]) -> str | None:
    """Return the filters of the lists that hold exactly what is of ``row``; None: there are none.

    Of *others* there is no such list.
    """
    if row.level is Level.OTHERS:
        return None
    found: dict[str, Any] = {"unit": row.unit.pk} if row.unit else {}
    if row.level is Level.POOL:
        found["pool"] = "yes"
    elif row.manager is not None:
        found["manager"] = row.manager.pk
    return urlencode(found)
