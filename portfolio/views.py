"""Pages that span the apps: My day and the board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from contacts.models import Exemption
from core import clock
from core.htmx import is_partial
from portfolio.forms import SNOOZED, DayFilterForm
from portfolio.rules import (
    Judgement,
    Matter,
    Row,
    Task,
    count_by_matter,
    rows_of,
    shortcoming,
)
from portfolio.services.board import BoardRow, Level, load_board
from portfolio.services.day import Day, Line, lines_of, load_day, lunar_date_in_words
from staff.models import Cover, Role, StaffUser, Unit

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django_stubs_ext import StrOrPromise

SECTION_SIZE = 8
LIST_SIZE = 50

MATTER_NAMES: Mapping[Matter, StrOrPromise] = {
    Matter.FOLLOW_UP: _("Promises"),
    Matter.OVERDUE: _("Overdue"),
    Matter.VISIT: _("Visits"),
    Matter.SOON: _("Due within 7 days"),
    Matter.BIRTHDAY: _("Birthdays"),
}

# --- My day ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tab:
    """One filter of My day, with how many customers it would show."""

    value: str
    name: StrOrPromise
    count: int
    is_current: bool


@dataclass(frozen=True)
class Section:
    """The rows of one matter; ``more``: how many there are beyond those shown."""

    matter: str
    name: StrOrPromise
    lines: list[Line]
    more: int


@require_GET
@never_cache
def my_day(request: HttpRequest) -> HttpResponse:
    """Show what wants doing today; whoever has no customers goes to where their work is."""
    user = _person(request.user)
    if not user.scope.manager_ids:
        return redirect(HOMES[Role(user.role)])
    today = clock.today(user.time_zone)
    show, without_limit = DayFilterForm(request.GET).chosen()
    day = load_day(user, today)
    sections = _sections(day, user, show, without_limit=without_limit)
    context = {
        "today": today,
        "lunar": lunar_date_in_words(today),
        "day": day,
        "show": show,
        "tabs": _tabs(day.agenda.tasks, show),
        "sections": sections,
        "snoozed_count": len(day.agenda.snoozed),
        "shows_snoozed": show == SNOOZED,
        "has_customers": day.progress.total > 0,
    }
    template = "portfolio/_day_list.html" if is_partial(request) else "portfolio/my_day.html"
    return render(request, template, context)


HOMES = {
    Role.MANAGER: "staff:staff_profile",
    Role.SUPERVISOR: "portfolio:board",
    Role.COMPLAINT_HANDLER: "staff:staff_profile",
    Role.HEAD_OFFICE: "portfolio:board",
    Role.ADMINISTRATOR: "exchange:roster_import_list",
}
"""Where those begin who serve nobody today."""


def _tabs(tasks: Sequence[Task], show: str) -> list[Tab]:
    counts = count_by_matter(tasks)
    everybody = len({task.customer for task in tasks})
    first = Tab("", _("All"), everybody, show == "")
    return [first] + [
        Tab(matter.value, MATTER_NAMES[matter], count, show == matter)
        for matter, count in counts.items()
    ]


def _sections(day: Day, user: StaffUser, show: str, *, without_limit: bool) -> list[Section]:
    """The rows as sections by matter, each cut to what fits; two statements for all."""
    if show == SNOOZED:
        rows = [Row(task) for task in day.agenda.snoozed]
    else:
        rows = rows_of(day.agenda.tasks, Matter(show) if show else None)
    limit = len(rows) if without_limit else LIST_SIZE if show else SECTION_SIZE
    of_matter: dict[Matter, list[Row]] = {}
    for row in rows:
        of_matter.setdefault(row.task.matter, []).append(row)
    shown = [row for found in of_matter.values() for row in found[:limit]]
    lines: dict[Matter, list[Line]] = {}
    for line in lines_of(day, shown, user):
        lines.setdefault(line.row.task.matter, []).append(line)
    return [
        Section(matter.value, MATTER_NAMES[matter], lines[matter], len(found) - len(lines[matter]))
        for matter, found in of_matter.items()
    ]


# --- The board ---------------------------------------------------------------------------------


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
    user = _person(request.user)
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


# --- Shared ------------------------------------------------------------------------------------


def _person(user: StaffUser | AnonymousUser) -> StaffUser:
    """Return who is signed in; the sign-in guard lets nobody else through."""
    if not isinstance(user, StaffUser):
        raise Http404
    return user
