"""The figures of complaints: causes, justified ones, repeats, and how long they took."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.forms.aftermath import FigureFilterForm
from complaints.models import Category, Complaint, ComplaintReview
from complaints.services import figures
from complaints.views.aftermath import units_of
from complaints.views.shared import reader_of
from core import clock
from core.charts import Chart, Series, workbook_of
from customers.models import Customer, Tier
from staff.models import StaffUser, Unit


@require_safe
def complaint_figures(request: HttpRequest) -> HttpResponse:
    """Show causes, justified complaints, repeats, and how long complaints took."""
    user = reader_of(request.user)
    this_year = clock.today(user.time_zone).year
    form = FigureFilterForm(
        request.GET,
        units=units_of(user),
        categories=Category.objects.visible_to(user).in_tree_order(),
        this_year=this_year,
    )
    is_valid = form.is_valid()
    given: dict[str, Any] = form.cleaned_data
    since, until = figures.span_of(
        given.get("year") or this_year, given.get("quarter"), user.time_zone
    )
    complaints = Complaint.objects.counted_for(user)
    reviews = ComplaintReview.objects.counted_for(user)
    if not is_valid:
        complaints, reviews = complaints.none(), reviews.none()
    lookups = _lookups(given)
    by = given.get("by") or "month"
    repeat_days = figures.repeat_days(user.time_zone)
    found = figures.figures_of(
        complaints.filter(**lookups), since=since, until=until, by=by, repeat_days=repeat_days
    )
    of_period = reviews.filter(
        complaint__received_at__gte=since,
        complaint__received_at__lt=until,
        **{f"complaint__{name}": value for name, value in lookups.items()},
    )
    year = given.get("year") or this_year
    unit = given.get("unit")
    charts = [
        _causes_chart(figures.causes_of(of_period), year, unit),
        _managers_chart(figures.justified_by_manager(of_period), year, unit),
        _units_chart(figures.justified_by_unit(of_period), year),
        *_times_charts(found, _names_of(user, by)),
        _repeats_chart(found.repeats, repeat_days),
    ]
    shown = [chart for chart in charts if chart is not None]
    for chart in shown:
        if request.GET.get("download") == chart.name:
            return workbook_of(chart)
    again = Customer.objects.visible_to(user).filter(pk__in=found.repeats.people)
    context = {
        "form": form,
        "year": year,
        "found": found,
        "charts": shown,
        "repeat_days": repeat_days,
        "again": again.order_by("pk"),
    }
    return render(request, "complaints/complaint_figures.html", context)


def _lookups(given: dict[str, Any]) -> dict[str, Any]:
    """What the filters ask of a complaint."""
    lookups: dict[str, Any] = {}
    if given.get("tier"):
        lookups["tier"] = given["tier"]
    if given.get("category") is not None:
        lookups["category__path__startswith"] = given["category"].path
    if given.get("unit") is not None:
        lookups["unit__path__startswith"] = given["unit"].path
    return lookups


def _names_of(user: StaffUser, by: str) -> dict[str, str]:
    """The words for the groups, where their names are codes."""
    if by == "tier":
        return {tier.value: str(tier.label) for tier in Tier}
    if by == "category":
        return {row.code: row.name for row in Category.objects.visible_to(user).filter(parent=None)}
    return {}


def _reviews_url(wanted: dict[str, Any]) -> str:
    return f"{reverse('complaints:review_list')}?{urlencode(wanted)}"


def _wanted(year: int, unit: Unit | None) -> dict[str, Any]:
    return {"state": "justified", "year": year} | ({"unit": unit.pk} if unit else {})


def _causes_chart(bars: Any, year: int, unit: Unit | None) -> Chart | None:
    if not bars:
        return None
    return Chart(
        name="complaint-causes",
        title=_("Root causes of justified complaints"),
        heading=_("Root cause"),
        categories=[cause.name for cause, _bar in bars],
        series=[
            Series(_("Complaints"), [bar.count for _cause, bar in bars]),
            Series(
                _("Share so far"),
                [bar.running for _cause, bar in bars],
                "line",
                axis="right",
                style="over",
                unit="%",
            ),
        ],
        urls=[_reviews_url({**_wanted(year, unit), "cause": cause.pk}) for cause, _bar in bars],
    )


def _managers_chart(rows: Any, year: int, unit: Unit | None) -> Chart | None:
    if not rows:
        return None
    return Chart(
        name="complaint-managers",
        title=_("Justified complaints by customer manager"),
        heading=_("Customer manager"),
        categories=[person.name if person else _("No manager") for person, _number in rows],
        series=[Series(_("Complaints"), [number for _person, number in rows])],
        lying=True,
        urls=[
            _reviews_url({**_wanted(year, unit), "manager": person.pk}) if person else ""
            for person, _number in rows
        ],
    )


def _units_chart(rows: Any, year: int) -> Chart | None:
    if not rows:
        return None
    names = figures.names_of(unit for unit, _number in rows)
    return Chart(
        name="complaint-units",
        title=_("Justified complaints by unit"),
        heading=_("Unit"),
        categories=[names[unit.pk] for unit, _number in rows],
        series=[Series(_("Complaints"), [number for _unit, number in rows])],
        lying=True,
        urls=[_reviews_url(_wanted(year, unit)) for unit, _number in rows],
    )


def _times_charts(found: figures.Figures, names: dict[str, str]) -> list[Chart | None]:
    return [
        _times_chart(
            "complaint-response", _("Time to the first response"), found, names, "response"
        ),
        _times_chart(
            "complaint-resolution", _("Time to the resolution"), found, names, "resolution"
        ),
    ]


def _times_chart(
    name: str, title: str, found: figures.Figures, names: dict[str, str], of_clock: str
) -> Chart | None:
    """Median and 90th percentile in hours as bars, the share that kept its time as a line."""
    if not found.lines:
        return None
    times = [getattr(line, of_clock) for line in found.lines]
    whole = getattr(found.all, of_clock)
    return Chart(
        name=name,
        title=title,
        heading=_("Grouped by"),
        categories=[
            f"{names.get(line.name, line.name)} ({line.resolution.number})" for line in found.lines
        ],
        series=[
            Series(_("Median"), [_hours(one.median) for one in times], unit=_("h")),
            Series(
                _("90th percentile"),
                [_hours(one.ninetieth) for one in times],
                style="plain",
                unit=_("h"),
            ),
            Series(
                _("In time"),
                [one.in_time for one in times],
                "line",
                axis="right",
                style="over",
                unit="%",
            ),
        ],
        summary=_(
            "All: median %(median)s h, 90th percentile %(ninetieth)s h, in time %(share)s %%."
        )
        % {
            "median": _said(_hours(whole.median)),
            "ninetieth": _said(_hours(whole.ninetieth)),
            "share": _said(whole.in_time),
        },
    )


def _hours(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _said(value: Any) -> str:
    return "–" if value is None else str(value)


def _repeats_chart(repeats: figures.Repeats, days: int) -> Chart | None:
    if not repeats.by_unit:
        return None
    return Chart(
        name="complaint-repeats",
        title=_("Who complained again within %(days)s days") % {"days": days},
        heading=_("Unit"),
        categories=[name for name, _all, _again in repeats.by_unit],
        series=[
            Series(
                _("Complained"),
                [number for _name, number, _again in repeats.by_unit],
                style="plain",
            ),
            Series(
                _("Complained again"),
                [again for _name, _all, again in repeats.by_unit],
                style="over",
            ),
        ],
        lying=True,
        summary=_("%(again)s of %(all)s complainants complained again.")
        % {"again": repeats.again, "all": repeats.customers},
    )
