"""My day: what wants doing today, as one ranked list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core import clock
from core.addresses import address_maker
from core.htmx import is_partial
from core.markup import draw
from core.templatetags.core_tags import icon
from core.templatetags.ui import due_mark, tier_badge
from customers.models import BirthCalendar
from portfolio.forms import SNOOZED, DayFilterForm
from portfolio.rules import Matter, Row, Task, count_by_matter, rows_of
from portfolio.services.day import Day, Line, lines_of, load_day, lunar_date_in_words
from portfolio.services.renewal import Mark, look, mark_of
from portfolio.views.access import person_of
from staff.models import Role, StaffUser

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SECTION_SIZE = 8
LIST_SIZE = 50
SUMMARY_CHARACTERS = 60
MOST_REASONS = 2

MATTER_NAMES: Mapping[Matter, StrOrPromise] = {
    Matter.CALL: gettext_lazy("Missed calls"),
    Matter.CASE: gettext_lazy("Asking to leave"),
    Matter.REQUEST: gettext_lazy("Service requests"),
    Matter.FOLLOW_UP: gettext_lazy("Promises"),
    Matter.WARNING: gettext_lazy("Churn warnings"),
    Matter.RETENTION: gettext_lazy("Saved customers"),
    Matter.OVERDUE: gettext_lazy("Overdue"),
    Matter.VISIT: gettext_lazy("Visits"),
    Matter.HANDOVER: gettext_lazy("First contacts"),
    Matter.SOON: gettext_lazy("Due within 7 days"),
    Matter.BIRTHDAY: gettext_lazy("Birthdays"),
}

OTHER_NAMES: Mapping[Matter, StrOrPromise] = {
    Matter.CALL: gettext_lazy("Missed call"),
    Matter.CASE: gettext_lazy("Asking to leave"),
    Matter.REQUEST: gettext_lazy("Service request"),
    Matter.FOLLOW_UP: gettext_lazy("Promise"),
    Matter.WARNING: gettext_lazy("Churn warning"),
    Matter.RETENTION: gettext_lazy("Saved customer"),
    Matter.OVERDUE: gettext_lazy("Contact"),
    Matter.VISIT: gettext_lazy("Face to face"),
    Matter.HANDOVER: gettext_lazy("First contact"),
    Matter.SOON: gettext_lazy("Contact"),
    Matter.BIRTHDAY: gettext_lazy("Birthday"),
}

RARE = {
    Matter.CALL,
    Matter.REQUEST,
    Matter.HANDOVER,
    Matter.CASE,
    Matter.WARNING,
    Matter.RETENTION,
}
"""Their filters are there while there are any."""

NEVER_HIDDEN = {Matter.CALL, Matter.REQUEST}
"""They have a clock of their own."""

NOTHING = SafeString("")

HOMES = {
    Role.MANAGER: "staff:staff_profile",
    Role.SUPERVISOR: "portfolio:board",
    Role.COMPLAINT_HANDLER: "complaints:complaint_list",
    Role.HEAD_OFFICE: "portfolio:board",
    Role.ADMINISTRATOR: "exchange:roster_import_list",
}
"""Where those begin who serve nobody today."""


@dataclass(frozen=True)
class Tab:
    """One filter of My day, with how many customers it would show."""

    value: str
    name: StrOrPromise
    count: int
    is_current: bool


@dataclass(frozen=True)
class Shown:
    """One row in words and marks; ``others``: what else there is, and by when.

    ``pk``: the customer's, plain, for the ids of elements. ``url``: the page on which it is done.
    ``call``, ``log`` and ``hide``: the links of the row; ``call`` is empty where nobody can be
    called. ``hidden``: until when and why the row is hidden; ``wake_url`` shows it again.
    """

    line: Line
    pk: str
    tier: str
    due: str
    reason: str
    others: list[tuple[StrOrPromise, str]]
    url: str
    call: SafeString
    log: SafeString
    hide: SafeString
    wake_url: str = ""
    hidden: tuple[date, str] | None = None


@dataclass(frozen=True)
class Links:
    """Where the links of a row lead: to the page on which it is done, to log it, to hide it."""

    url: str
    log_url: str
    snooze_url: str
    wake_url: str = ""
    hidden: tuple[date, str] | None = None


@dataclass(frozen=True)
class Section:
    """The rows of one matter; ``more``: how many there are beyond those shown."""

    matter: str
    name: StrOrPromise
    rows: list[Shown]
    more: int


@require_safe
@never_cache
def my_day(request: HttpRequest) -> HttpResponse:
    """Show what wants doing today; whoever has no customers goes to where their work is."""
    user = person_of(request.user)
    if not user.scope.manager_ids:
        return redirect(HOMES[Role(user.role)])
    today = clock.today(user.time_zone)
    show, without_limit = DayFilterForm(request.GET).chosen()
    day = load_day(user, today)
    painter = Painter(today, here=quote(request.get_full_path(), safe=""))
    context = {
        "today": today,
        "mark": mark_of(user, today, day.progress),
        "lunar": lunar_date_in_words(today),
        "day": day,
        "show": show,
        "tabs": _tabs(day.agenda.tasks, show),
        "sections": _sections(day, user, painter, show, without_limit=without_limit),
        "snoozed_count": len(day.agenda.snoozed),
        "shows_snoozed": show == SNOOZED,
        "has_customers": day.progress.total > 0,
    }
    template = "portfolio/_day_list.html" if is_partial(request) else "portfolio/my_day.html"
    return render(request, template, context)


@require_safe
@never_cache
def day_changed(request: HttpRequest) -> HttpResponse:
    """Say whether My day changed since its mark: 204 where not; and what to ask with next."""
    user = person_of(request.user)
    if not user.scope.manager_ids:
        raise Http404
    today = clock.today(user.time_zone)
    changed, mark = look(user, today, Mark.read(request.GET.get("mark", "")))
    return HttpResponse(status=200 if changed else 204, headers={"X-Day-Mark": str(mark)})


def _tabs(tasks: Sequence[Task], show: str) -> list[Tab]:
    counts = count_by_matter(tasks)
    everybody = len({task.customer for task in tasks})
    first = Tab("", _("All"), everybody, show == "")
    return [first] + [
        Tab(matter.value, MATTER_NAMES[matter], count, show == matter)
        for matter, count in counts.items()
        if count or matter not in RARE or show == matter
    ]


def _sections(
    day: Day, user: StaffUser, painter: Painter, show: str, *, without_limit: bool
) -> list[Section]:
    """The rows as sections by matter, each cut to what fits; two statements for all."""
    if show == SNOOZED:
        rows = [Row(task) for task in day.agenda.snoozed]
    else:
        rows = rows_of(day.agenda.tasks, Matter(show) if show else None)
    limit = len(rows) if without_limit else LIST_SIZE if show else SECTION_SIZE
    of_matter: dict[Matter, list[Row]] = {}
    for row in rows:
        of_matter.setdefault(row.task.matter, []).append(row)
    first = [row for found in of_matter.values() for row in found[:limit]]
    shown: dict[Matter, list[Shown]] = {matter: [] for matter in of_matter}
    for line in lines_of(day, first, user):
        shown[line.row.task.matter].append(painter.shown(line))
    return [
        Section(matter.value, MATTER_NAMES[matter], shown[matter], max(len(found) - limit, 0))
        for matter, found in of_matter.items()
    ]


class Painter:
    """Makes rows as the page shows them; what repeats on many is made once a page."""

    def __init__(self, today: date, *, here: str) -> None:
        self._here = here
        self._tier = cache(tier_badge)
        self._due = cache(lambda day: due_mark(day, today))
        self._log_url = address_maker("contacts:contact_log")
        self._snooze_url = address_maker("contacts:row_snooze")
        self._wake_url = address_maker("contacts:row_wake")
        self._customer_url = address_maker("customers:customer_detail")
        self._tell_url = address_maker("complaints:request_tell")
        self._case_url = address_maker("retention:case_detail")
        self._follow_up_url = address_maker("retention:case_follow_up")
        self._warning_url = address_maker("retention:warning_detail")
        self._found_url = address_maker("retention:warning_follow_up")
        self._warning_snooze_url = address_maker("retention:warning_snooze")
        self._warning_wake_url = address_maker("retention:warning_wake")
        self._left = get_template("components/_time_left.html")
        self._now = clock.now()
        self._call = draw("{}{}", icon("phone"), _("Call"))
        self._log = draw("{}{}", icon("pencil"), _("Log"))
        self._hide_words, self._hide = draw("{}", _("Hide for some days")), icon("zzz")

    def shown(self, line: Line) -> Shown:
        """Return ``line`` in words and addresses."""
        customer, task = line.customer, line.row.task
        links = self._links(line, task)
        return Shown(
            line=line,
            pk=str(customer.pk),
            tier=self._tier(customer.tier),
            due=self._until(task),
            reason=REASONS[task.matter](line, task.on),
            others=[self._other(other) for other in line.row.others],
            url=links.url,
            call=self._call_link(line, links.log_url),
            log=self._log_link(customer.pk, links.log_url),
            hide=self._hide_link(customer.pk, links.snooze_url) if links.snooze_url else NOTHING,
            wake_url=links.wake_url,
            hidden=links.hidden,
        )

    def _call_link(self, line: Line, log_url: str) -> SafeString:
        # Who rang wants to be called, and at that number.
        rang = line.call.number if line.row.task.matter is Matter.CALL and line.call else ""
        if not rang and (not line.phone or line.refuses_calls):
            return NOTHING
        return draw(
            '<a id="call_{0}" class="btn btn-primary" href="tel:{1}" data-call="{2}&amp;call=1"'
            ' aria-labelledby="call_{0} name_{0}">{3}</a>',
            line.customer.pk,
            rang or line.phone,
            log_url,
            self._call,
        )

    def _log_link(self, pk: int, url: str) -> SafeString:
        return draw(
            '<a id="log_{0}" class="btn" href="{1}&amp;next={2}" hx-get="{1}" hx-target="#drawer"'
            ' hx-swap="innerHTML" data-key="l" aria-labelledby="log_{0} name_{0}">{3}</a>',
            pk,
            url,
            self._here,
            self._log,
        )

    def _hide_link(self, pk: int, url: str) -> SafeString:
        return draw(
            '<a id="hide_{0}" class="btn btn-icon" href="{1}&amp;next={2}" hx-get="{1}"'
            ' hx-target="#drawer" hx-swap="innerHTML" data-key="s" aria-label="{3}"'
            ' aria-describedby="name_{0}" title="{3}">{4}</a>',
            pk,
            url,
            self._here,
            self._hide_words,
            self._hide,
        )

    def _links(self, line: Line, task: Task) -> Links:
        """Where a row leads; of retention to the warning or case, and on to what was found."""
        pk, snooze = line.customer.pk, line.snooze
        if task.matter in NEVER_HIDDEN:
            log_url = f"{self._log_url(pk)}?row=contact"
            if task.matter is Matter.REQUEST and line.request is not None:
                # The contact that is logged tells the customer.
                log_url += f"&then={quote(self._tell_url(line.request.pk), safe='')}"
            return Links(self._customer_url(pk), log_url, snooze_url="")
        links = Links(
            url=self._customer_url(pk),
            log_url=f"{self._log_url(pk)}?row={task.subject}",
            snooze_url=f"{self._snooze_url(pk)}?row={task.subject}",
            wake_url=self._wake_url(snooze.pk) if snooze else "",
            hidden=(snooze.until, snooze.reason) if snooze else None,
        )
        return self._of_retention(links, line, task.matter)

    def _of_retention(self, links: Links, line: Line, matter: Matter) -> Links:
        """Lead to the warning or case, and from a contact that counts on to what was found."""
        if matter is Matter.CASE and line.case is not None:
            return replace(links, url=self._case_url(line.case.pk))
        if matter is Matter.RETENTION and line.follow_up is not None:
            then = quote(self._follow_up_url(line.follow_up.pk), safe="")
            url = self._case_url(line.follow_up.case)
            return replace(links, url=url, log_url=f"{links.log_url}&then={then}")
        if matter is not Matter.WARNING or line.warning is None:
            return links
        warning = line.warning
        then = quote(self._found_url(warning.pk), safe="")
        until = warning.snoozed_until
        return Links(
            url=self._warning_url(warning.pk),
            log_url=f"{self._log_url(line.customer.pk)}?row=retention&then={then}",
            snooze_url=f"{self._warning_snooze_url(warning.pk)}?row=warning",
            wake_url=self._warning_wake_url(warning.pk),
            hidden=(until, warning.snooze_reason) if until is not None else None,
        )

    def _until(self, task: Task) -> str:
        """How long is left: to the minute where the moment is known."""
        if task.at is not None:
            return self._left.render({"at": task.at, "now": self._now})
        return self._due(task.on)

    def _other(self, task: Task) -> tuple[StrOrPromise, str]:
        if task.matter is Matter.BIRTHDAY:
            return OTHER_NAMES[task.matter], date_format(task.on, "MONTH_DAY_FORMAT")
        return OTHER_NAMES[task.matter], self._until(task)


def _call_in_words(line: Line, on: date) -> str:
    due = line.call
    if due is None:
        return ""
    rang = ngettext("Rang %(times)s time", "Rang %(times)s times", due.times) % {"times": due.times}
    if not due.attempts:
        return rang
    tried = ngettext("tried %(times)s time", "tried %(times)s times", due.attempts)
    return f"{rang} · {tried % {'times': due.attempts}}"


def _request_in_words(line: Line, on: date) -> str:
    due = line.request
    if due is None:
        return ""
    what = Truncator(due.what).chars(SUMMARY_CHARACTERS)
    return _("Done, tell the customer: %(what)s") % {"what": what} if due.is_done else what


def _promise_in_words(line: Line, on: date) -> str:
    words = _("Promised to get back on %(day)s") % {"day": _day(on)}
    summary = Truncator(line.promise.summary if line.promise else "").chars(SUMMARY_CHARACTERS)
    return f"{words} – {summary}" if summary else words


def _case_in_words(line: Line, on: date) -> str:
    if line.case is None:
        return ""
    words = [line.case.reason, line.case.competitor]
    if line.case.waiting:
        words.append(
            ngettext(
                "%(number)s measure waits for approval",
                "%(number)s measures wait for approval",
                line.case.waiting,
            )
            % {"number": line.case.waiting}
        )
    if line.case.ready:
        words.append(
            ngettext(
                "%(number)s measure may be offered",
                "%(number)s measures may be offered",
                line.case.ready,
            )
            % {"number": line.case.ready}
        )
    return " · ".join(str(word) for word in words if word)


def _warning_in_words(line: Line, on: date) -> str:
    if line.warning is None:
        return ""
    if line.warning.is_contacted and line.warning.next_step:
        return _("Next step: %(step)s") % {"step": line.warning.next_step}
    return " · ".join(str(reason) for reason in line.warning.reasons[:MOST_REASONS])


def _retention_in_words(line: Line, on: date) -> str:
    return line.follow_up.kind if line.follow_up is not None else ""


def _contact_in_words(line: Line, on: date) -> str:
    if line.customer.last_contact_on is None:
        return _("Contact by %(day)s · never reached") % {"day": _day(on)}
    return _("Contact by %(day)s · last reached on %(last)s") % {
        "day": _day(on),
        "last": _day(line.customer.last_contact_on),
    }


def _visit_in_words(line: Line, on: date) -> str:
    if line.customer.last_visit_on is None:
        return _("Meet by %(day)s · never met") % {"day": _day(on)}
    return _("Meet by %(day)s · last met on %(last)s") % {
        "day": _day(on),
        "last": _day(line.customer.last_visit_on),
    }


def _handover_in_words(line: Line, on: date) -> str:
    old = line.handover.old_manager if line.handover else None
    if old is None:
        return _("Newly assigned: first contact by %(day)s") % {"day": _day(on)}
    return _("Came from %(name)s: first contact by %(day)s") % {
        "name": old.name,
        "day": _day(on),
    }


def _birthday_in_words(line: Line, on: date) -> str:
    day = {"day": date_format(on, "MONTH_DAY_FORMAT")}
    if line.customer.birth_calendar == BirthCalendar.LUNAR:
        return _("Birthday on %(day)s, by the lunar calendar") % day
    return _("Birthday on %(day)s") % day


REASONS: Mapping[Matter, Callable[[Line, date], str]] = {
    Matter.CALL: _call_in_words,
    Matter.REQUEST: _request_in_words,
    Matter.CASE: _case_in_words,
    Matter.WARNING: _warning_in_words,
    Matter.RETENTION: _retention_in_words,
    Matter.FOLLOW_UP: _promise_in_words,
    Matter.OVERDUE: _contact_in_words,
    Matter.VISIT: _visit_in_words,
    Matter.HANDOVER: _handover_in_words,
    Matter.SOON: _contact_in_words,
    Matter.BIRTHDAY: _birthday_in_words,
}


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
