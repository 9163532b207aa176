"""Work logs: a manager's month, one day's log, and the supervisor's day of all managers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import clock
from core.forms import add_refusal
from core.htmx import answer, is_partial
from core.pagination import keyset_page
from staff.models import StaffUser
from staff.querysets import StaffQuerySet
from workplans.forms.logs import LogForm, LogQueueForm, RemarkForm, written_in
from workplans.models import Lapse, LogRemark, WorkLog
from workplans.querysets import WorkLogQuerySet
from workplans.rules.logs import LogState, may_begin_log
from workplans.services import logs
from workplans.services.daily import load_daily
from workplans.services.log_days import (
    LogDay,
    counts_on,
    days_of,
    month_around,
    month_of,
    narrowed,
    neighbours,
)
from workplans.views.shared import manager_of, overseer_of, person_of, reader_of, units_of

WEEK = 7


# --- A manager's month --------------------------------------------------------------------------


@require_safe
def log_list(request: HttpRequest) -> HttpResponse:
    """Show the logs of a month as a calendar: the person's own, or those of ``manager``."""
    user = reader_of(request.user)
    wanted = request.GET.get("manager", "")
    if not wanted and not user.is_manager:
        return redirect("workplans:log_queue")
    manager = _manager(user, _number(wanted)) if wanted else user
    today = clock.today(manager.time_zone)
    first, last = month_around(_month_of(request, today))
    days = month_of(manager, first, last)
    weeks = _weeks(days)
    lapses = Lapse.objects.visible_to(user).open().filter(manager=manager).oldest_first()
    context = {
        "manager": manager,
        "is_own": manager.pk == user.pk,
        "weeks": weeks,
        "weekdays": [day.day for day in _first_whole(weeks)],
        "first": first,
        "previous": first - timedelta(days=1),
        "next": last + timedelta(days=1) if last < today else None,
        "today": today,
        "lapses": list(lapses[:20]),
        "states": _state_counts(days),
    }
    return answer(request, "workplans/_log_list.html", context)


def _state_counts(days: list[LogDay]) -> list[tuple[LogState, int]]:
    shown = (LogState.ON_TIME, LogState.LATE, LogState.MISSING, LogState.LEAVE)
    counts = [(state, sum(day.state == state for day in days)) for state in shown]
    return [(state, number) for state, number in counts if number]


def _weeks(days: list[LogDay]) -> list[list[LogDay | None]]:
    before = days[0].day.isoweekday() - 1
    cells: list[LogDay | None] = [None] * before + list(days)
    cells += [None] * (-len(cells) % WEEK)
    return [cells[n : n + WEEK] for n in range(0, len(cells), WEEK)]


def _first_whole(weeks: list[list[LogDay | None]]) -> list[LogDay]:
    """A week without gaps, for the names of its days; every month has one."""
    return next([day for day in week if day] for week in weeks if all(week))


def _month_of(request: HttpRequest, today: date) -> date:
    text = request.GET.get("month", "")
    try:
        return date.fromisoformat(f"{text}-01") if text else today
    except ValueError as error:
        raise Http404 from error


# --- One day ------------------------------------------------------------------------------------


@require_safe
def log_today(request: HttpRequest) -> HttpResponse:
    """Lead to today's log of the manager who asks."""
    user = manager_of(request.user)
    return redirect("workplans:log_detail", user.pk, clock.today(user.time_zone))


@dataclass(frozen=True)
class Refused:
    """What was sent and could not be kept, to be shown again."""

    form: LogForm | None = None
    remark: RemarkForm | None = None
    is_changed: bool = False


@require_safe
def log_detail(request: HttpRequest, pk: int, day: date) -> HttpResponse:
    """Show one day: what came in by itself, what the manager wrote, what was answered."""
    user = reader_of(request.user)
    context = _context(request, _manager(user, pk), day)
    return answer(request, "workplans/_log_daily.html", context)


@require_POST
def log_edit(request: HttpRequest, pk: int, day: date) -> HttpResponse:
    """Keep what was written, as often as a field is left; the form itself stays as it is."""
    user = manager_of(request.user)
    manager = _own(user, pk)
    form = LogForm(request.POST)
    log, is_changed, status = _found(user, day), False, 422
    if form.is_valid():
        try:
            log = logs.save_log(
                actor=user,
                log=logs.open_log(actor=user, day=day),
                texts=form.texts(),
                version=form.cleaned_data["version"] or 1,
            )
        except logs.LogChangedError as meanwhile:
            log, is_changed = meanwhile.log, True
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            status = 200
    if not is_partial(request):
        if status == 200:
            messages.success(request, _("Saved."))
            return redirect("workplans:log_detail", pk, day)
        return _again(request, manager, day, Refused(form=form, is_changed=is_changed))
    context = {
        "log": log,
        "form": form,
        "zone": clock.zone_info(manager.time_zone),
        "saved_at": clock.now(),
        "is_changed": is_changed,
        "others": _others(log, form) if is_changed and log is not None else [],
    }
    return render(request, "workplans/_log_saved.html", context, status=status)


def _others(log: WorkLog, form: LogForm) -> list[tuple[str, str]]:
    """What stands where the person wrote something else."""
    return [
        (str(form[name].label), getattr(log, name))
        for name in logs.TEXTS
        if getattr(log, name) != form.cleaned_data.get(name)
    ]


@require_POST
def log_submit(request: HttpRequest, pk: int, day: date) -> HttpResponse:
    """Hand the day's log in, with what stands in the form."""
    user = manager_of(request.user)
    manager = _own(user, pk)
    form = LogForm(request.POST)
    is_changed = False
    if form.is_valid():
        try:
            log = logs.submit_log(
                actor=user,
                log=logs.open_log(actor=user, day=day),
                texts=form.texts(),
                version=form.cleaned_data["version"] or 1,
            )
        except logs.LogChangedError:
            is_changed = True
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            late = _("The log is submitted, late.")
            messages.success(request, late if log.is_late else _("The log is submitted."))
            return redirect("workplans:log_detail", pk, day)
    return _again(request, manager, day, Refused(form=form, is_changed=is_changed))


@require_POST
def log_answer(request: HttpRequest, pk: int, day: date) -> HttpResponse:
    """Write a supervisor's answer, or the manager's reply, into a submitted log."""
    user = person_of(request.user)
    log = get_object_or_404(_answerable(user), manager=pk, log_date=day)
    form = RemarkForm(request.POST)
    if form.is_valid():
        try:
            logs.answer_log(
                actor=user,
                log=log,
                text=form.cleaned_data["text"],
                submission_key=form.cleaned_data["submission_key"],
                again=form.cleaned_data["again"],
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            logs.mark_read(actor=user, log=log)
            messages.success(request, _("Your answer stands in the log."))
            return redirect("workplans:log_detail", pk, day)
    return _again(request, log.manager, day, Refused(remark=form))


@require_POST
def log_read(request: HttpRequest, pk: int, day: date) -> HttpResponse:
    """Mark what the person has before them as read; the page asks for it once it is shown."""
    user = reader_of(request.user)
    log = get_object_or_404(WorkLog.objects.visible_to(user), manager=pk, log_date=day)
    logs.mark_read(actor=user, log=log)
    return HttpResponse(status=204)


def _answerable(user: StaffUser) -> WorkLogQuerySet:
    rows = WorkLog.objects.visible_to(user).answerable_by(user)
    return rows.select_related("manager__unit")


def _manager(user: StaffUser, pk: int) -> StaffUser:
    """The manager whose logs ``user`` may read."""
    people = StaffUser.objects.visible_to(user).managers().select_related("unit")
    return get_object_or_404(people, pk=pk)


def _own(user: StaffUser, pk: int) -> StaffUser:
    if user.pk != pk:
        raise Http404
    return user


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < WEEK + WEEK):
        raise Http404
    return int(text)


def _found(user: StaffUser, day: date) -> WorkLog | None:
    return WorkLog.objects.visible_to(user).of(user.pk, day).first()


def _again(request: HttpRequest, manager: StaffUser, day: date, refused: Refused) -> HttpResponse:
    """The page once more, with what was entered and why it was refused."""
    context = _context(request, manager, day, refused)
    status = 409 if refused.is_changed else 422
    return render(request, "workplans/log_detail.html", context, status=status)


def _context(
    request: HttpRequest, manager: StaffUser, day: date, refused: Refused | None = None
) -> dict[str, Any]:
    user, today = person_of(request.user), clock.today(manager.time_zone)
    log = WorkLog.objects.visible_to(user).of(manager.pk, day).select_related("read_by").first()
    if log is None and day > today:
        raise Http404
    (shown,) = days_of([manager], day)
    is_own = user.pk == manager.pk
    log = log or logs.new_log(manager, day)
    log.manager = manager
    may_write = is_own and not log.is_signed and (bool(log.pk) or may_begin_log(day, today))
    refused = refused or Refused()
    form = refused.form or LogForm(initial=written_in(log))
    if refused.form is not None and isinstance(form.data, QueryDict):
        newest = form.data.copy()
        newest["version"] = str(log.version)
        form.data = newest
    remarks = LogRemark.objects.visible_to(user).filter(log=log.pk).select_related("author")
    may_answer = bool(log.pk) and _answerable(user).filter(pk=log.pk).exists()
    return {
        "manager": manager,
        "day": day,
        "today": today,
        "zone": clock.zone_info(manager.time_zone),
        "shown": shown,
        "log": log,
        "is_own": is_own,
        "may_write": may_write,
        "form": form,
        "is_changed": refused.is_changed,
        "others": _others(log, form) if refused.is_changed else [],
        "texts": [(form[name].label, getattr(log, name)) for name in logs.TEXTS],
        "daily": load_daily(user, log),
        "remarks": [(r, r.text) for r in remarks] if log.pk else [],
        "may_answer": may_answer,
        "remark_form": refused.remark or RemarkForm(),
        "days": _neighbour_days(manager, day, today),
        "around": None if is_own else _around(user, manager, day),
    }


def _neighbour_days(manager: StaffUser, day: date, today: date) -> tuple[str, str]:
    """The addresses of the day before and, up to today, of the day after."""
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    name = "workplans:log_detail"
    following = reverse(name, args=[manager.pk, after]) if after <= today else ""
    return reverse(name, args=[manager.pk, before]), following


def _around(user: StaffUser, manager: StaffUser, day: date) -> tuple[str, str]:
    """The addresses of the submitted logs before and after this one, of the same day."""
    rows = WorkLog.objects.visible_to(user).submitted().filter(log_date=day)
    within = rows.filter(manager__unit=manager.unit_id).order_by("manager__staff_number")
    before, after = neighbours(within.only("manager_id"), manager.pk)
    return (
        reverse("workplans:log_detail", args=[before, day]) if before else "",
        reverse("workplans:log_detail", args=[after, day]) if after else "",
    )


# --- The supervisor's day -----------------------------------------------------------------------


@require_safe
def log_queue(request: HttpRequest) -> HttpResponse:
    """Show where the logs of a day stand: all managers within the person's scope."""
    user = overseer_of(request.user)
    today = clock.today(user.time_zone)
    form = LogQueueForm(request.GET, units=units_of(user), today=today)
    people = StaffUser.objects.visible_to(user).managers().active()
    is_known = form.is_valid()
    day = (form.cleaned_data.get("day") if is_known else None) or today
    if day > today:
        day = today
    people = _narrowed(people, form) if is_known else people.none()
    state = form.cleaned_data.get("state", "")
    listed = narrowed(people, state, day) if state else people
    page = keyset_page(
        listed.select_related("unit"),
        order=["staff_number"],
        cursor=request.GET.get("cursor"),
    )
    context = {
        "form": form,
        "day": day,
        "today": today,
        "previous": day - timedelta(days=1),
        "next": day + timedelta(days=1) if day < today else None,
        "counts": counts_on(people, day),
        "state": state,
        "page": page,
        "rows": days_of(page.rows, day),
        "may_enter_leave": user.is_supervisor,
    }
    return answer(request, "workplans/_log_queue.html", context)


def _narrowed(people: StaffQuerySet, form: LogQueueForm) -> StaffQuerySet:
    given = form.cleaned_data
    if given["unit"] is not None:
        people = people.filter(unit__path__startswith=given["unit"].path)
    if given["manager"]:
        people = people.named(given["manager"])
    return people
