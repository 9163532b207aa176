"""What was learnt: the causes of leaving as a Pareto chart, and the warnings judged."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import clock
from core.charts import Chart, Series, workbook_of
from retention.forms.goals import CauseChartForm, YearForm
from retention.models import ChurnWarning, Departure
from retention.rules.departures import HORIZON_DAYS
from retention.services.judging import Causes, Judgement, causes_of, judge_warnings
from retention.views.whose import reader_of, units_of
from staff.models import StaffUser

SIGNALS_IN_CHART = 12


@require_safe
def cause_chart(request: HttpRequest) -> HttpResponse:
    """Show why customers left, the most frequent cause first, by unit, tier and manager."""
    user = reader_of(request.user)
    this_year = clock.today(user.time_zone).year
    form = CauseChartForm(request.GET, units=units_of(user), this_year=this_year)
    rows = Departure.objects.counted_for(user).counted()
    is_valid = form.is_valid()
    given: dict[str, Any] = form.cleaned_data
    year = given.get("year") or this_year
    rows = rows.filter(left_on__year=year) if is_valid else rows.none()
    wanted: dict[str, Any] = {"year": year, "kind": "counted"}
    if given.get("unit") is not None:
        rows = rows.filter(unit__path__startswith=given["unit"].path)
        wanted["unit"] = given["unit"].pk
    for name in ("tier", "manager"):
        if given.get(name):
            rows = rows.filter(**{name: given[name]})
            wanted[name] = given[name]
    causes = causes_of(rows, detailed=given.get("level") == "lower")
    chart = _pareto_chart(causes, year, wanted)
    if chart is not None and request.GET.get("download") == chart.name:
        return workbook_of(chart)
    managers = StaffUser.objects.visible_to(user).filter(pk=given.get("manager") or 0)
    context = {
        "form": form,
        "year": year,
        "causes": causes,
        "chart": chart,
        "manager": managers.first(),
        "is_simulated": Departure.objects.counted_for(user).simulated().exists(),
        "missing_url": _departures_url({**wanted, "review": "due"}),
    }
    return render(request, "retention/cause_chart.html", context)


def _pareto_chart(causes: Causes, year: int, wanted: dict[str, Any]) -> Chart | None:
    if not causes.bars:
        return None
    cause, first = causes.bars[0]
    return Chart(
        name="churn-causes",
        title=_("Causes of leaving in %(year)s") % {"year": year},
        heading=_("Cause"),
        categories=[cause.name for cause, _bar in causes.bars],
        series=[
            Series(_("Customers"), [bar.count for _cause, bar in causes.bars]),
            Series(
                _("Share so far"),
                [bar.running for _cause, bar in causes.bars],
                "line",
                axis="right",
                style="over",
                unit="%",
            ),
        ],
        urls=[_departures_url({**wanted, "cause": cause.pk}) for cause, _bar in causes.bars],
        summary=_("Most often: %(cause)s, %(percent)s %% of those reviewed.")
        % {"cause": cause.name, "percent": first.percent},
    )


def _departures_url(wanted: dict[str, Any]) -> str:
    return f"{reverse('retention:departure_list')}?{urlencode(wanted)}"


@require_safe
def warnings_judged(request: HttpRequest) -> HttpResponse:
    """Show how good the warnings of a year were: precision, recall and lead time, by signal."""
    user = reader_of(request.user)
    today = clock.today(user.time_zone)
    form = YearForm(request.GET, units=units_of(user), this_year=today.year)
    warnings = ChurnWarning.objects.visible_to(user)
    departures = Departure.objects.counted_for(user)
    is_valid = form.is_valid()
    unit = form.cleaned_data.get("unit")
    year = form.cleaned_data.get("year") or today.year
    if not is_valid:
        warnings, departures = warnings.none(), departures.none()
    if unit is not None:
        warnings = warnings.filter(unit__path__startswith=unit.path)
        departures = departures.filter(unit__path__startswith=unit.path)
    found = judge_warnings(warnings=warnings, departures=departures, year=year, today=today)
    chart = _signal_chart(found, year)
    if chart is not None and request.GET.get("download") == chart.name:
        return workbook_of(chart)
    context = {
        "form": form,
        "year": year,
        "found": found,
        "chart": chart,
        "horizon": HORIZON_DAYS,
        "is_simulated": departures.simulated().exists(),
    }
    return render(request, "retention/warnings_judged.html", context)


def _signal_chart(found: Judgement, year: int) -> Chart | None:
    shown = found.signals[:SIGNALS_IN_CHART]
    if not shown:
        return None
    return Chart(
        name="warning-signals",
        title=_("Signals of %(year)s: how often they were right") % {"year": year},
        heading=_("Signal"),
        categories=[signal.name for signal in shown],
        series=[
            Series(_("Precision"), [one.judged.precision for one in shown], unit="%"),
            Series(_("Recall"), [one.judged.recall for one in shown], unit="%", style="plain"),
        ],
        lying=True,
    )
