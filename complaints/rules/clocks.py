"""The clocks of a complaint (article 21): first response, resolution, the statutory answer.

They run 24 × 7 from the moment the complaint was received. The response clock is never paused and
stops at the first contact by the handler that reached the customer. The resolution clock stands
still while the customer is waited for and stops at *resolved*; reopened, it resumes what was
left, at least ``reopened_hours``. The statutory answer is due by the end of a local day and never
paused. Tier and deadlines are those of the registration: they are read from the standard once,
kept with the complaint, and no row that comes later or is dated back changes them. A report that
others were merged into is answered by the earliest day that the law gives any of them.

Plain values in and out: no database, no clock, no settings. Moments are aware.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from customers.rules import Figure, Standards

RESPONSE, RESOLUTION, STATUTORY = "response", "resolution", "statutory"
WARNED, ESCALATED, ABOVE = "warned", "escalated", "above"


@dataclass(frozen=True)
class Deadlines:
    """The figures of one complaint: minutes, hours, hours, days and percents."""

    response_minutes: int
    resolution_hours: int
    reopened_hours: int
    statutory_days: int
    warn_percent: int
    escalate_percent: int
    above_percent: int


def round_of(clock: str, reopened: int) -> int:
    """Return the round in which an alarm of ``clock`` is told once: only one clock begins anew."""
    return reopened if clock == RESOLUTION else 0


def deadlines_of(standards: Standards, tier: str, received_on: date) -> Deadlines:
    """Return the figures in force for ``tier`` on the local day the complaint was received.

    Asked once, when the complaint is registered.
    """

    def figure(name: Figure) -> int:
        return standards.value(name, received_on, tier)

    return Deadlines(
        response_minutes=figure(Figure.COMPLAINT_RESPONSE_MINUTES),
        resolution_hours=figure(Figure.COMPLAINT_RESOLUTION_HOURS),
        reopened_hours=figure(Figure.COMPLAINT_REOPENED_HOURS),
        statutory_days=figure(Figure.COMPLAINT_STATUTORY_DAYS),
        warn_percent=figure(Figure.COMPLAINT_WARN_PERCENT),
        escalate_percent=figure(Figure.COMPLAINT_ESCALATE_PERCENT),
        above_percent=figure(Figure.COMPLAINT_ABOVE_PERCENT),
    )


@dataclass(frozen=True)
class Event:
    """One step of a complaint as the clocks see it: its kind and when it was."""

    kind: str
    at: datetime


@dataclass(frozen=True)
class Alarm:
    """When somebody is to be told: of which clock, at which level."""

    at: datetime
    clock: str
    level: str


@dataclass(frozen=True)
class Clocks:
    """What the clocks of one complaint say.

    ``resolution_due_at``: while the customer is waited for, as it was when that began; once
    resolved, as it was then, so that it was in time where ``resolved_at`` is not after it.
    ``allowance`` and ``used``: the unpaused time of the present round and what is gone of it.
    ``alarms``: what is to be told if nothing changes, the nearest first.
    """

    response_due_at: datetime
    resolution_due_at: datetime
    statutory_due_at: datetime
    responded_at: datetime | None
    paused_since: datetime | None
    paused: timedelta
    resolved_at: datetime | None
    closed_at: datetime | None
    reopened: int
    allowance: timedelta
    used: timedelta
    alarms: tuple[Alarm, ...]

    @property
    def is_running(self) -> bool:
        """Whether nothing is resolved yet."""
        return self.resolved_at is None and self.closed_at is None

    @property
    def due_at(self) -> datetime:
        """The nearest deadline that runs; once resolved, the statutory one."""
        running = [self.statutory_due_at]
        if self.is_running:
            if self.responded_at is None:
                running.append(self.response_due_at)
            if self.paused_since is None:
                running.append(self.resolution_due_at)
        return min(running)

    def alarm_at(self, clock: str, level: str) -> datetime | None:
        """Return when ``level`` of ``clock`` is told; None where that clock stands still."""
        return next((a.at for a in self.alarms if (a.clock, a.level) == (clock, level)), None)

    def next_alarm(self, told: Iterable[tuple[str, str]]) -> datetime | None:
        """Return when the first alarm is that is not among ``told`` (clock, level)."""
        known = set(told)
        return next((a.at for a in self.alarms if (a.clock, a.level) not in known), None)


def end_of_statutory_day(received_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the moment day ``days`` after the local day of the receipt is over in ``zone``."""
    day = received_at.astimezone(zone).date() + timedelta(days=days + 1)
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def clocks_of(
    received_at: datetime,
    events: Sequence[Event],
    deadlines: Deadlines,
    zone: ZoneInfo,
    *,
    of_doubles: datetime | None = None,
) -> Clocks:
    """Return the clocks after ``events``, in the order in which they were written down.

    An event that is dated before the one before it is taken to be at that one's moment, so that
    no time is ever counted twice or below nothing. ``zone``: the unit's. ``of_doubles``: the
    earliest statutory deadline of the reports that were merged into this one.
    """
    run = _Run(received_at, timedelta(hours=deadlines.resolution_hours))
    for event in events:
        run.take(event, timedelta(hours=deadlines.reopened_hours))
    response_due_at = received_at + timedelta(minutes=deadlines.response_minutes)
    own = end_of_statutory_day(received_at, deadlines.statutory_days, zone)
    statutory_due_at = min(own, of_doubles or own)
    return Clocks(
        response_due_at=response_due_at,
        resolution_due_at=run.mark + run.allowance - run.used,
        statutory_due_at=statutory_due_at,
        responded_at=run.responded_at,
        paused_since=None if run.merged_at else run.paused_since,
        paused=run.paused,
        resolved_at=run.resolved_at,
        closed_at=run.merged_at or run.closed_at,
        reopened=run.reopened,
        allowance=run.allowance,
        used=run.used,
        alarms=_alarms(run, received_at, deadlines, response_due_at, statutory_due_at),
    )


class _Run:
    """The clocks while the steps are gone through.

    ``mark``: the moment up to which ``used`` counts; the running time begins there.
    """

    def __init__(self, received_at: datetime, allowance: timedelta) -> None:
        self.mark = received_at
        self.latest = received_at
        self.allowance = allowance
        self.used = timedelta(0)
        self.paused = timedelta(0)
        self.paused_since: datetime | None = None
        self.responded_at: datetime | None = None
        self.resolved_at: datetime | None = None
        self.closed_at: datetime | None = None
        self.merged_at: datetime | None = None
        self.reopened = 0

    @property
    def is_running(self) -> bool:
        """Whether the resolution clock runs."""
        return self.resolved_at is None and self.closed_at is None and self.paused_since is None

    def take(self, event: Event, least: timedelta) -> None:
        """Go through one step; ``least``: what a reopened complaint has at least."""
        if event.kind == "responded":
            self._respond(event.at)
            return
        at = self.latest = max(event.at, self.latest)
        if event.kind == "waiting" and self.is_running:
            self._stop_at(at)
            self.paused_since = at
        elif event.kind in ("resumed", "resolved", "closed"):
            self._go_on(event.kind, at)
        elif event.kind == "reopened" and (self.resolved_at or self.closed_at):
            self.allowance = max(self.allowance - self.used, least)
            self.used, self.mark = timedelta(0), at
            self.resolved_at = self.closed_at = None
            self.reopened += 1
        elif event.kind in ("merged", "unmerged"):
            self.merged_at = at if event.kind == "merged" else None

    def _respond(self, at: datetime) -> None:
        if self.responded_at is None or at < self.responded_at:
            self.responded_at = at

    def _go_on(self, kind: str, at: datetime) -> None:
        """The customer is no longer waited for, or the clock stops."""
        if self.paused_since is not None:
            # The pause counts on every path, straight to closed included.
            self.paused += at - self.paused_since
            self.paused_since, self.mark = None, at
        if kind == "resumed":
            return
        if self.is_running:
            self._stop_at(at)
            self.resolved_at = at
        if kind == "closed" and self.closed_at is None:
            self.closed_at = at

    def _stop_at(self, at: datetime) -> None:
        self.used += at - self.mark
        self.mark = at


def _alarms(
    run: _Run,
    received_at: datetime,
    deadlines: Deadlines,
    response_due_at: datetime,
    statutory_due_at: datetime,
) -> tuple[Alarm, ...]:
    """What is to be told: nothing once it is resolved or merged; of a paused clock nothing."""
    if run.resolved_at is not None or run.closed_at is not None or run.merged_at is not None:
        return ()
    levels = (
        (WARNED, deadlines.warn_percent),
        (ESCALATED, deadlines.escalate_percent),
        (ABOVE, deadlines.above_percent),
    )
    statutory = statutory_due_at - received_at
    found = [
        Alarm(received_at + statutory * deadlines.warn_percent / 100, STATUTORY, WARNED),
        # By law there is no percent of it: at its end it is broken.
        Alarm(statutory_due_at, STATUTORY, ESCALATED),
    ]
    if run.responded_at is None:
        whole = response_due_at - received_at
        found += [Alarm(received_at + whole * p / 100, RESPONSE, level) for level, p in levels]
    if run.is_running:
        found += [
            Alarm(run.mark + run.allowance * p / 100 - run.used, RESOLUTION, level)
            for level, p in levels
        ]
    return tuple(sorted(found, key=lambda alarm: (alarm.at, alarm.clock)))
