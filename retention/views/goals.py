"""Churn goals: gauge, burn-down and table of a year; setting goals; freezing the base."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock, outbox
from core.charts import Chart, Series, workbook_of
from retention.forms.departures import add_refusal
from retention.forms.goals import GoalForm
from retention.models import ChurnBaseYear, ChurnGoal, Departure, TierGroup
from retention.rules.churn import Pace, Standing, burn_down
from retention.services.goals import lost_by_day, set_goal
from retention.services.standings import Level, Line, Standings, standings
from retention.views.whose import person_of, reader_of, setter_of, top_of, year_of
from staff.models import StaffUser, Unit

UNPROCESSABLE = 422


@dataclass(frozen=True)
class Gauge:
    """How much of a budget is used: whole percents of the arc, 0 to 100."""

    used: int
    pace: int
    judgement: str


@dataclass(frozen=True)
class Shown:
    """One row of the table, with where its figures lead to."""

    line: Line
    lost_url: str
    page_url: str


@require_safe
def goal_board(request: HttpRequest) -> HttpResponse:
    """Show a year's churn against its goal: gauges, burn-down, and a table by unit and manager."""
    user = reader_of(request.user)
    top, above = top_of(request, user)
    today = clock.today(top.time_zone if top else user.time_zone)
    year = year_of(request, today.year)
    group = TierGroup.TOP if request.GET.get("group") == TierGroup.TOP else TierGroup.ALL
    found = standings(user=user, top=top, year=year, as_of=today, group=group)
    chart = _burn_down_chart(found, group)
    if chart is not None and request.GET.get("download") == chart.name:
        return workbook_of(chart)
    bases = set(ChurnBaseYear.objects.visible_to(user).values_list("year", flat=True))
    context = {
        "top": top,
        "above": above,
        "year": year,
        "years": sorted({*bases, today.year}, reverse=True),
        "today": today,
        "group": group.value,
        "cards": [_card(found, one) for one in TierGroup],
        "tally": found.tally,
        "is_frozen": year in bases,
        "chart": chart,
        "rows": [_shown(line, year, group) for line in found.lines],
        "may_set": user.is_head_office,
        "is_simulated": Departure.objects.visible_to(user).simulated().exists(),
        "may_freeze": user.is_head_office and year <= today.year,
    }
    return render(request, "retention/goal_board.html", context)


def _card(found: Standings, group: TierGroup) -> dict[str, Any]:
    """Return one gauge with the sentences that say the same in words."""
    standing = found.tally.standing(group, found.path)
    return {
        "group": group,
        "standing": standing,
        "gauge": _gauge(standing),
        "pace": _pace_text(standing),
        "projection": _projection_text(standing),
    }


def _gauge(standing: Standing) -> Gauge | None:
    if standing.allowed is None or standing.pace is None:
        return None
    share = standing.lost / standing.allowed if standing.allowed else float(standing.lost > 0)
    even = (standing.even or 0) / standing.allowed if standing.allowed else 0.0
    return Gauge(
        used=min(100, round(100 * share)),
        pace=min(100, round(100 * even)),
        judgement=standing.pace.value,
    )


def _pace_text(standing: Standing) -> str:
    even = standing.even
    if even is None or standing.pace is None:
        return ""
    if standing.pace is Pace.MISSED:
        return ngettext(
            "The goal is missed by %(number)s customer.",
            "The goal is missed by %(number)s customers.",
            standing.missed_by,
        ) % {"number": standing.missed_by}
    values = {"even": even, "lost": standing.lost}
    if standing.pace is Pace.FAST:
        text = _("Too fast: %(lost)s lost; at the goal's even pace it would be %(even)s by now.")
    else:
        text = _("In time: %(lost)s lost; at the goal's even pace it would be %(even)s by now.")
    return text % values


def _projection_text(standing: Standing) -> str:
    projected = standing.projected
    if projected is None or projected.low == projected.high:
        return ""
    return _(
        "At this rate about %(likely)s by the end of the year "
        "(nine chances in ten: %(low)s to %(high)s)."
    ) % {"likely": projected.likely, "low": projected.low, "high": projected.high}


def _burn_down_chart(found: Standings, group: TierGroup) -> Chart | None:
    standing = found.tally.standing(group, found.path)
    days = lost_by_day(year=standing.year, as_of=standing.as_of, members=found.members, group=group)
    points = burn_down(standing, days)
    if not points:
        return None
    names = [_("Start"), *(date_format(point.day, "M") for point in points[1:])]
    left = [point.left for point in points]
    series = [
        Series(_("Even pace"), [point.even for point in points], "line", style="plain"),
        Series(_("Still to lose"), left, "line"),
        *_outlook(standing, left),
    ]
    return Chart(
        name="churn-burn-down",
        title=_("Budget through the year: %(group)s") % {"group": group.label},
        heading=_("End of"),
        categories=names,
        series=series,
        summary=_pace_text(standing),
    )


def _outlook(standing: Standing, left: list[int | None]) -> list[Series]:
    """Dashed lines from today's budget to what is expected at the year's end."""
    projected, allowed = standing.projected, standing.allowed
    known = [place for place, value in enumerate(left) if value is not None]
    now = known[-1]
    if projected is None or allowed is None or now == len(left) - 1:
        return []

    def line(name: str, lost: int) -> Series:
        values: list[int | None] = [None] * len(left)
        values[now], values[-1] = left[now], allowed - lost
        return Series(name, values, "line", style="over", dashed=True)

    return [
        line(_("Likely"), projected.likely),
        line(_("At best"), projected.low),
        line(_("At worst"), projected.high),
    ]


def _shown(line: Line, year: int, group: TierGroup) -> Shown:
    whose: dict[str, Any] = {"base": year, "group": group.value}
    if line.unit is not None:
        whose["unit"] = line.unit.pk
    if line.level is Level.POOL:
        whose["pool"] = "yes"
    elif line.manager is not None:
        whose["manager"] = line.manager.pk
    page = ""
    if line.level is Level.UNIT and line.unit is not None:
        query = urlencode({"unit": line.unit.pk, "year": year, "group": group.value})
        page = f"{reverse('retention:goal_board')}?{query}"
    return Shown(line, f"{reverse('retention:departure_list')}?{urlencode(whose)}", page)


# --- Setting -----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def goal_list(request: HttpRequest) -> HttpResponse:
    """Show the goals as they are set, and set one from a year on."""
    user = setter_of(request.user)
    this_year = clock.today().year
    units = Unit.objects.visible_to(user).order_by("full_name")
    form = GoalForm(request.POST or None, units=units, initial={"from_year": this_year})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            set_goal(
                actor=user,
                from_year=given["from_year"],
                tier_group=TierGroup(given["tier_group"]),
                percent=given["percent"],
                unit=given["unit"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The goal is set."))
            return redirect("retention:goal_list")
    goals = ChurnGoal.objects.visible_to(user).select_related("unit", "set_by")
    context = {
        "form": form,
        "goals": goals.order_by("tier_group", "unit__full_name", "-from_year"),
        "bases": ChurnBaseYear.objects.visible_to(user).select_related("frozen_by"),
        "this_year": this_year,
        "is_frozen": ChurnBaseYear.objects.visible_to(user).filter(pk=this_year).exists(),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "retention/goal_list.html", context, status=status)


@require_POST
def base_freeze(request: HttpRequest) -> HttpResponse:
    """Rebuild this year's base from the roster and the departures, where it has none."""
    user = setter_of(request.user)
    year = _this_year(user)
    if ChurnBaseYear.objects.visible_to(user).filter(pk=year).exists():
        messages.info(request, _("The base is frozen already; it stays as it is."))
    else:
        outbox.enqueue("retention.tasks.freeze_base", year=year, actor_id=user.pk)
        messages.success(
            request, _("The base is being worked out. The figures appear in a moment.")
        )
    return redirect("retention:goal_list")


def _this_year(user: StaffUser) -> int:
    today: date = clock.today(person_of(user).time_zone)
    return today.year
