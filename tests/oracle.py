"""The rules of the standard once more, as slow and plain as they are written down.

Written from the rules alone and day by day, without looking at how the product computes: tests hold
the two against each other over random histories. Only for tests; nothing here is fast or clever.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Row:
    """One row of the standard: of one tier, or ("") of all."""

    figure: str
    tier: str
    day: date
    value: int


@dataclass(frozen=True)
class Said:
    """One contact record, as it was entered."""

    day: date
    at: datetime
    customer: int
    sender: int
    channel: str = "phone"
    outcome: str = "reached"
    direction: str = "outgoing"
    role: str = "manager"
    text: str = ""
    automatic: bool = False
    voided: bool = False


@dataclass
class Person:
    """One customer: dated tiers, the days of open warnings (end excluded), and key since."""

    vip_since: date
    tiers: list[tuple[date, str]]
    watches: list[tuple[date, date | None]] = field(default_factory=list)
    key_since: date | None = None


def months_later(day: date, months: int) -> date:
    """Months are calendar months, clamped to the month's end."""
    year, month = day.year, day.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def figure(rows: Sequence[Row], name: str, tier: str, day: date) -> int:
    """The row that began last holds, of the tier or of all; of one day the tier's own."""
    best: Row | None = None
    for row in rows:
        if row.figure != name or row.tier not in ("", tier) or row.day > day:
            continue
        if best is None or row.day > best.day or (row.day == best.day and row.tier):
            best = row
    assert best is not None
    return best.value


def is_open(person: Person, day: date) -> bool:
    """Whether a warning was open on the day."""
    return any(start <= day and (end is None or day < end) for start, end in person.watches)


def tier_on(person: Person, day: date) -> str:
    """The tier of a day is that of the last change until then."""
    held = person.tiers[0][1]
    for since, tier in person.tiers:
        if since <= day:
            held = tier
    return held


def interval_end(rows: Sequence[Row], clock: str, person: Person, day: date, start: date) -> date:
    """When the interval ends that holds on ``day``, counted from ``start``."""
    tier = tier_on(person, day)
    if is_open(person, day):
        return start + timedelta(days=figure(rows, f"{clock}_watched_days", tier, day))
    return months_later(start, figure(rows, f"{clock}_interval_months", tier, day))


def due(rows: Sequence[Row], clock: str, person: Person, start: date, today: date) -> date:
    """Walk from the start of the clock to today, a day at a time."""
    plain = due_on = interval_end(rows, clock, person, start, start)
    at_earliest: date | None = None
    day = start
    while day < today:
        day += DAY
        new = interval_end(rows, clock, person, day, start)
        if new == plain:
            continue
        became_shorter, was_overdue = new < plain, day > due_on
        if became_shorter and not was_overdue:
            given = day + timedelta(days=figure(rows, "change_grace_days", "", day))
            at_earliest = given if at_earliest is None else max(at_earliest, given)
        plain = new
        due_on = new if at_earliest is None else max(new, at_earliest)
    return due_on


def counted(records: Sequence[Said], *, most: int = 5, minutes: int = 60) -> list[Said]:
    """The records that are contacts. ``most`` and ``minutes``: what makes one text a broadcast."""
    found = []
    for one in records:
        written = one.channel in ("sms", "mms", "im")
        if one.voided or one.automatic or one.outcome != "reached":
            continue
        if one.role not in ("manager", "cover", "supervisor", "import"):
            continue
        if written and one.direction == "incoming":
            continue
        if written and one.text and _went_to_many(one, records, most, minutes):
            continue
        found.append(one)
    return found


def _went_to_many(one: Said, records: Sequence[Said], most: int, minutes: int) -> bool:
    """Whether an hour that holds the message holds the sender's text to more than so many."""
    same = [
        other
        for other in records
        if other.sender == one.sender
        and other.text == one.text
        and other.channel in ("sms", "mms", "im")
        and other.direction == "outgoing"
        and not other.voided
        and not other.automatic
    ]
    hour = timedelta(minutes=minutes)
    for begin in {other.at for other in same}:
        if not begin <= one.at <= begin + hour:
            continue
        if len({other.customer for other in same if begin <= other.at <= begin + hour}) > most:
            return True
    return False


def contact_due(rows: Sequence[Row], person: Person, mine: Sequence[Said], today: date) -> date:
    """The contact clock runs from the last contact, else from the day of becoming VIP."""
    last = max((one.day for one in mine), default=person.vip_since)
    return due(rows, "contact", person, last, today)


def visit_due(
    rows: Sequence[Row], person: Person, mine: Sequence[Said], today: date
) -> date | None:
    """Of key customers: from the latest of last visit, VIP date and the day of becoming key."""
    if person.key_since is None:
        return None
    met = [one.day for one in mine if one.channel in ("visit", "reception", "activity")]
    start = max([*met, person.vip_since, person.key_since])
    return due(rows, "visit", person, start, today)


# --- Complaints ---------------------------------------------------------------------------------


def resolution_due(
    received: datetime, hours: int, least: int, steps: Sequence[tuple[str, datetime]]
) -> datetime:
    """Let the resolution clock tick each minute through the steps (at whole minutes).

    It stands still while the customer is waited for and once it has stopped; a pause that is
    ended by the stop is a pause. Reopened it has what was left, at least so many hours. The
    answer is when it would run out from where it stands.
    """
    left, now, stands, state = hours * 60, received, received, "running"
    for kind, at in steps:
        while now < at:
            now += timedelta(minutes=1)
            left -= state == "running"
        if state in ("running", "waiting") or kind == "reopened":
            stands = at
        if kind == "reopened":
            left = max(left, least * 60)
        state = _clock_after(kind)
    return stands + timedelta(minutes=left)


def _clock_after(kind: str) -> str:
    """Whether the clock ticks, waits or has stopped after a step."""
    if kind in ("resumed", "reopened"):
        return "running"
    return "waiting" if kind == "waiting" else "stopped"


def statutory_due(received: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Look at the calendar on the wall each quarter of an hour until the last day is torn off."""
    day = received.astimezone(zone).date()
    now = received.replace(minute=0, second=0, microsecond=0)
    left = days
    while left >= 0:
        now += timedelta(minutes=15)
        if now.astimezone(zone).date() > day:
            day = now.astimezone(zone).date()
            left -= 1
    return now


# --- Cover --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Away:
    """Somebody is away from day to day, both included, and who stands in."""

    who: int
    stand_in: int
    first: date
    last: date

    def is_on(self, day: date) -> bool:
        """Whether it holds on the day."""
        return self.first <= day <= self.last


def serving(who: int, day: date, covers: Sequence[Away]) -> set[int]:
    """All who serve the customers of ``who`` on the day: who stands in for one who serves, too."""
    found = {who}
    while True:
        more = {c.stand_in for c in covers if c.is_on(day) and c.who in found} - found
        if not more:
            return found
        found |= more


def can_be_arranged(new: Away, covers: Sequence[Away]) -> bool:
    """One stand-in a day, and on no day does it come back to where it began."""
    day = new.first
    while day <= new.last:
        today = [c for c in covers if c.is_on(day)]
        if any(c.who == new.who for c in today):
            return False
        if new.who in serving(new.stand_in, day, today):
            return False
        day += DAY
    return new.who != new.stand_in
