"""What wants doing today and in which order; how the board's figures add up and are judged.

Plain values in and out: no database, no clock, no settings. Dates are local dates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from operator import add, attrgetter
from typing import Self, TypeVar

# --- My day (articles 7 to 9, 14, 17, 18, 20) ----------------------------------------------------


class Matter(StrEnum):
    """Why a customer is on My day, the most pressing first: the order of the list."""

    CALL = "call"
    CASE = "case"
    REQUEST = "request"
    FOLLOW_UP = "follow_up"
    WARNING = "warning"
    RETENTION = "retention"
    OVERDUE = "overdue"
    VISIT = "visit"
    HANDOVER = "handover"
    SOON = "soon"
    BIRTHDAY = "birthday"


MATTERS = tuple(Matter)
TIERS = ("diamond", "gold", "silver")
END_OF_TIME = float("inf")
"""What knows only its day comes after what knows the moment."""

SUBJECT = {
    Matter.CALL: "missed_call",
    Matter.REQUEST: "request",
    Matter.CASE: "retention",
    Matter.WARNING: "warning",
    Matter.RETENTION: "retention",
    Matter.FOLLOW_UP: "follow_up",
    Matter.OVERDUE: "contact",
    Matter.VISIT: "visit",
    Matter.HANDOVER: "contact",
    Matter.SOON: "contact",
    Matter.BIRTHDAY: "birthday",
}
"""Which row a snooze hides, and which row the log form is opened from. A missed call and a promise
to deliver something have a clock of their own and are never hidden."""


@dataclass(frozen=True)
class Situation:
    """What My day asks about one customer; a date is None where there is none.

    ``called_on``: the day by which a missed call is returned. ``request_on``: the day by which
    something promised is delivered, or the customer is told that it is. ``promised_on``: the
    earliest open promise. ``birthday_on``: the next birthday, where it is near.
    ``first_contact_on``: the day by which a new manager makes the first contact.
    ``exempt_until``: the last day of an exemption, included. ``snoozed``: the subjects whose row
    is hidden today. ``case_on``: the day by which an open retention case is decided.
    ``warning_on``: by when an open churn warning wants following up, or its next step.
    ``retention_on``: the day on which a saved customer is asked again. ``…_at``: the moment of
    that day, where it is known.
    """

    customer: int
    tier: str
    contact_due_on: date | None = None
    visit_due_on: date | None = None
    contact_exempt_until: date | None = None
    visit_exempt_until: date | None = None
    called_on: date | None = None
    called_at: datetime | None = None
    request_on: date | None = None
    request_at: datetime | None = None
    promised_on: date | None = None
    first_contact_on: date | None = None
    case_on: date | None = None
    case_at: datetime | None = None
    warning_on: date | None = None
    warning_at: datetime | None = None
    warning_is_hard: bool = False
    retention_on: date | None = None
    birthday_on: date | None = None
    snoozed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Task:
    """One thing that wants doing for one customer by or on a day; ``at``: by which moment of it.

    ``is_hard``: it cannot wait, whatever the day.
    """

    customer: int
    tier: str
    matter: Matter
    on: date
    at: datetime | None = None
    is_hard: bool = False

    @property
    def subject(self) -> str:
        """Which row a snooze of it hides."""
        return SUBJECT[self.matter]


@dataclass(frozen=True)
class Row:
    """One row of My day: the most pressing task of a customer, and what else there is."""

    task: Task
    others: tuple[Task, ...] = ()


@dataclass
class Agenda:
    """The tasks of a day: those to show and those that a snooze hides."""

    tasks: list[Task] = field(default_factory=list)
    snoozed: list[Task] = field(default_factory=list)


def tasks_of(situation: Situation, today: date, soon_days: int) -> list[Task]:
    """Return everything that wants doing for one customer, snoozed or not.

    A missed call at once; a promise from its day on; a contact or a visit from ``soon_days``
    before it is due, unless the customer is excused from it today; the first contact after a
    handover at once, unless the customer is excused; a birthday as long as it is near. An open
    retention case takes the place of the churn warning.
    """
    last = today + timedelta(days=soon_days)
    days: dict[Matter, date | None] = {
        Matter.CALL: situation.called_on,
        Matter.REQUEST: _not_after(situation.request_on, today),
        Matter.CASE: situation.case_on,
        Matter.FOLLOW_UP: _not_after(situation.promised_on, today),
        Matter.WARNING: None if situation.case_on else situation.warning_on,
        Matter.RETENTION: _not_after(situation.retention_on, today),
        Matter.BIRTHDAY: situation.birthday_on,
    }
    contact_on = _not_after(situation.contact_due_on, last)
    if not _holds(situation.contact_exempt_until, today):
        days[Matter.HANDOVER] = situation.first_contact_on
        if contact_on is not None:
            days[Matter.OVERDUE if contact_on < today else Matter.SOON] = contact_on
    if not _holds(situation.visit_exempt_until, today):
        days[Matter.VISIT] = _not_after(situation.visit_due_on, last)
    moments = {
        Matter.CALL: situation.called_at,
        Matter.REQUEST: situation.request_at,
        Matter.CASE: situation.case_at,
        Matter.WARNING: situation.warning_at,
    }
    return [
        Task(
            situation.customer,
            situation.tier,
            matter,
            on,
            at=moments.get(matter),
            is_hard=matter is Matter.WARNING and situation.warning_is_hard,
        )
        for matter, on in days.items()
        if on is not None
    ]


def agenda(situations: Iterable[Situation], today: date, soon_days: int) -> Agenda:
    """Return all tasks of the day, those that a snooze hides apart; both ranked."""
    found = Agenda()
    for situation in situations:
        for task in tasks_of(situation, today, soon_days):
            hidden = task.subject in situation.snoozed
            (found.snoozed if hidden else found.tasks).append(task)
    found.tasks.sort(key=urgency)
    found.snoozed.sort(key=urgency)
    return found


def urgency(task: Task) -> tuple[int, bool, date, float, int, int]:
    """Return the key of the ranking.

    Matter, then what cannot wait, then the oldest day and moment, then the higher tier.
    """
    return (
        MATTERS.index(task.matter),
        not task.is_hard,
        task.on,
        task.at.timestamp() if task.at is not None else END_OF_TIME,
        TIERS.index(task.tier),
        task.customer,
    )


def rows_of(tasks: Iterable[Task], show: Matter | None = None) -> list[Row]:
    """Return the ranked rows, each customer once: by its most pressing task.

    ``show``: only customers with a task of that matter, which then leads their row.
    """
    of_customer: dict[int, list[Task]] = {}
    for task in sorted(tasks, key=urgency):
        of_customer.setdefault(task.customer, []).append(task)
    rows = []
    for own in of_customer.values():
        lead = next((task for task in own if show in (None, task.matter)), None)
        if lead is not None:
            rows.append(Row(lead, tuple(task for task in own if task is not lead)))
    return sorted(rows, key=lambda row: urgency(row.task))


def count_by_matter(tasks: Iterable[Task]) -> dict[Matter, int]:
    """Return how many customers have a task of each matter."""
    customers: dict[Matter, set[int]] = {matter: set() for matter in MATTERS}
    for task in tasks:
        customers[task.matter].add(task.customer)
    return {matter: len(found) for matter, found in customers.items()}


def _not_after(day: date | None, last: date) -> date | None:
    return day if day is not None and day <= last else None


def _holds(until: date | None, today: date) -> bool:
    return until is not None and until >= today


# --- The board ---------------------------------------------------------------------------------


class Judgement(StrEnum):
    """How a figure looks; each has a sign of its own, not only a colour."""

    NONE = "none"
    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"


WATCH_SHARE = 0.05
"""Up to this share of the customers a shortcoming wants watching; above it is bad."""


@dataclass(frozen=True)
class Sums:
    """Counts that add up figure by figure."""

    def __add__(self, other: Self) -> Self:
        names = [figure.name for figure in fields(self)]
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True)
class Figures(Sums):
    """The board's figures of some customers: how many of them, figure by figure."""

    active: int = 0
    contacted: int = 0
    soon: int = 0
    overdue_diamond: int = 0
    overdue_gold: int = 0
    overdue_silver: int = 0
    exempt: int = 0
    visits_overdue: int = 0
    escalated: int = 0
    warnings: int = 0
    warnings_late: int = 0
    reviews_overdue: int = 0

    @property
    def overdue(self) -> int:
        """Overdue customers of all tiers."""
        return self.overdue_diamond + self.overdue_gold + self.overdue_silver

    def __add__(self, other: Figures) -> Figures:
        return Figures(*map(add, _all_of(self), _all_of(other)))


@dataclass(frozen=True)
class WorkFigures(Sums):
    """How some managers plan, keep their logs and were inspected (articles 4 to 6).

    Plans of the present week and month; logs and inspections of the present month.
    """

    managers: int = 0
    week_approved: int = 0
    month_approved: int = 0
    plans_waiting: int = 0
    plans_missing: int = 0
    logs_submitted: int = 0
    logs_missing: int = 0
    inspected: int = 0
    findings_open: int = 0
    findings_overdue: int = 0

    @property
    def logs_asked(self) -> int:
        """The logs that are there or should be."""
        return self.logs_submitted + self.logs_missing


@dataclass(frozen=True)
class CareFigures(Sums):
    """Complaints, promises and missed calls of some customers (articles 7, 20, 21).

    ``…_late``: past their time. ``justified``: complaints found justified this year.
    """

    complaints: int = 0
    complaints_late: int = 0
    justified: int = 0
    requests: int = 0
    requests_late: int = 0
    calls: int = 0
    calls_late: int = 0


NO_FIGURES = Figures()
_all_of = attrgetter(*(figure.name for figure in fields(Figures)))
S = TypeVar("S", bound=Sums)


def total(parts: Iterable[S], nothing: S) -> S:
    """Return the sum of ``parts``, figure by figure."""
    return sum(parts, nothing)


def shortcoming(count: int, of: int) -> Judgement:
    """Judge how many of ``of`` customers are not as they should be."""
    if of == 0:
        return Judgement.NONE
    if count == 0:
        return Judgement.GOOD
    return Judgement.WATCH if count <= of * WATCH_SHARE else Judgement.BAD


def roll_up(direct: Mapping[str, S], paths: Collection[str], nothing: S) -> dict[str, S]:
    """Return the figures of each unit with all below it.

    ``direct``: what belongs to the unit at a path itself; a path ("/1/4/") begins with the path
    of every unit above it. ``paths``: the units asked for.
    """
    sums = dict.fromkeys(paths, nothing)
    for path, figures in direct.items():
        for above in _prefixes(path):
            if above in sums:
                sums[above] += figures
    return sums


def _prefixes(path: str) -> Sequence[str]:
    ids = path.strip("/").split("/")
    return [f"/{'/'.join(ids[:length])}/" for length in range(1, len(ids) + 1)]


# --- Handover ----------------------------------------------------------------------------------

FIRST_CONTACT_DAYS = 7
"""The first contact after a handover is due within so many days."""

FIRST_CONTACT_RECORDERS = ("manager", "cover", "supervisor")
"""Whose contact makes the new manager known: their own, the cover's or the supervisor's."""


def first_contact_due_on(effective_on: date) -> date:
    """Return the day by which customers handed over on ``effective_on`` hear of it."""
    return effective_on + timedelta(days=FIRST_CONTACT_DAYS)
