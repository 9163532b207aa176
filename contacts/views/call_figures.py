"""How well the telephone is answered, and who is on duty (article 7)."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from contacts.forms.calls import CallFigureForm, CallFilterForm
from contacts.models import CallEvent, MissedCall
from contacts.services.call_figures import CallPicture, call_picture, owner_rows
from contacts.services.duty import duty_roster as roster_of
from contacts.views.shared import reader_of
from core import clock
from core.charts import Chart, Series, workbook_of
from core.htmx import answer
from core.pagination import keyset_page
from staff.models import StaffUser, Unit

USUAL_DAYS = 30


@require_safe
def call_figures(request: HttpRequest) -> HttpResponse:
    """Show answer rate, return rate and time to return, by hour of the day and by manager."""
    user = reader_of(request.user)
    if user.is_manager:
        raise Http404
    today = clock.today(user.time_zone)
    form = CallFigureForm(
        request.GET,
        units=Unit.objects.visible_to(user),
        first=today - timedelta(days=USUAL_DAYS - 1),
        last=today,
    )
    calls, missed = CallEvent.objects.visible_to(user), MissedCall.objects.visible_to(user)
    if form.is_valid():
        given = form.cleaned_data
        start = clock.start_of_day(given["since"], user.time_zone)
        end = clock.end_of_day(given["until"], user.time_zone)
        calls = calls.filter(started_at__gte=start, started_at__lt=end)
        missed = missed.filter(opened_at__gte=start, opened_at__lt=end)
        if given["unit"] is not None:
            calls = calls.filter(unit__path__startswith=given["unit"].path)
            missed = missed.filter(unit__path__startswith=given["unit"].path)
    else:
        calls, missed = calls.none(), missed.none()
    picture = call_picture(calls, missed, clock.zone_info(user.time_zone), clock.now())
    charts = [_answered_chart(picture), _returned_chart(picture)]
    for chart in charts:
        if request.GET.get("download") == chart.name:
            return workbook_of(chart)
    context = {
        "form": form,
        "picture": picture,
        "charts": charts if picture.by_owner else [],
        "owners": owner_rows(picture),
    }
    return render(request, "contacts/call_figures.html", context)


def _answered_chart(picture: CallPicture) -> Chart:
    hours = picture.by_hour.values()
    return Chart(
        name="calls-by-hour",
        title=_("Incoming calls by hour of the day"),
        heading=_("Hour"),
        categories=[f"{hour:02}:00" for hour in picture.by_hour],
        series=[
            Series(pgettext("calls", "Answered"), [one.answered for one in hours], style="main"),
            Series(_("Not answered"), [one.incoming - one.answered for one in hours], style="over"),
            Series(
                _("Answer rate"),
                [one.answer_rate for one in hours],
                "line",
                axis="right",
                style="plain",
                unit="%",
            ),
        ],
    )


def _returned_chart(picture: CallPicture) -> Chart:
    hours = picture.by_hour.values()
    return Chart(
        name="missed-by-hour",
        title=_("Missed calls by the hour in which the customer rang"),
        heading=_("Hour"),
        categories=[f"{hour:02}:00" for hour in picture.by_hour],
        series=[
            Series(_("Missed calls"), [one.missed for one in hours], style="over"),
            Series(_("Returned in time"), [one.in_time for one in hours], style="main"),
            Series(
                pgettext("time to return a call", "Median"),
                [one.median_minutes for one in hours],
                "line",
                axis="right",
                style="plain",
                unit=_("min"),
            ),
        ],
    )


@require_safe
def duty_roster(request: HttpRequest) -> HttpResponse:
    """Show who takes the calls of each manager's customers now."""
    user = reader_of(request.user)
    units = None if user.is_manager else Unit.objects.visible_to(user)
    form = CallFilterForm(request.GET, units=units)
    managers = StaffUser.objects.visible_to(user).active().managers().select_related("unit")
    if not form.is_valid():
        managers = managers.none()
    elif form.cleaned_data.get("unit") is not None:
        managers = managers.filter(unit__path__startswith=form.cleaned_data["unit"].path)
    page = keyset_page(managers, order=["staff_number", "pk"], cursor=request.GET.get("cursor"))
    missed = MissedCall.objects.visible_to(user)
    context = {
        "form": form,
        "page": page,
        "roster": roster_of(page.rows, missed),
        "now": clock.now(),
    }
    return answer(request, "contacts/_duty_roster.html", context)
