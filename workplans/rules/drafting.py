"""How a plan is drafted: what wants doing, spread over the days a manager works (article 4).

Plain values in and out: no database, no clock, no settings. Dates are local dates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from enum import StrEnum

from contacts.rules import likely_channel, likely_occasion

MESSAGE_CHANNELS = frozenset({"sms", "mms", "im"})
FACE_TO_FACE = frozenset({"visit", "reception", "activity"})
VISIT_CHANNELS = frozenset({"visit", "reception"})
TIERS = ("diamond", "gold", "silver", "")
LONGEST_PURPOSE = 300
ANY_HOUR = time(12)
"""Where in a day stands who likes no hour best: after the morning's, before the afternoon's."""


class Reason(StrEnum):
    """Why something is in a draft, the most pressing first, as My day ranks."""

    CASE = "case"
    FOLLOW_UP = "follow_up"
    WARNING = "warning"
    RETENTION = "retention"
    OVERDUE = "overdue"
    VISIT = "visit"
    SOON = "soon"
    OCCASION = "occasion"
    BIRTHDAY = "birthday"
    CARRIED = "carried"


RANK = {reason: place for place, reason in enumerate(Reason)}
URGENT = (Reason.CASE, Reason.FOLLOW_UP, Reason.WARNING, Reason.RETENTION)
"""What is planned for itself; any contact with the customer in the period goes with it."""

AT_ONCE = (Reason.CASE, Reason.WARNING, Reason.OVERDUE, Reason.OCCASION)
"""What is planned for the first day there is."""

MATTER_OF = {
    Reason.CASE: "retention",
    Reason.FOLLOW_UP: "follow_up",
    Reason.WARNING: "retention",
    Reason.RETENTION: "retention",
    Reason.OVERDUE: "contact",
    Reason.VISIT: "visit",
    Reason.SOON: "contact",
    Reason.OCCASION: "contact",
    Reason.BIRTHDAY: "birthday",
}
SUBJECT_OF = {
    Reason.FOLLOW_UP: "follow_up",
    Reason.WARNING: "warning",
    Reason.CASE: "retention",
    Reason.RETENTION: "retention",
    Reason.OVERDUE: "contact",
    Reason.SOON: "contact",
    Reason.VISIT: "visit",
    Reason.BIRTHDAY: "birthday",
}
"""Which row of My day a snooze hides."""


@dataclass(frozen=True)
class Sizes:
    """Minutes that planned work takes, and how much of the working hours a draft fills."""

    call_minutes: int
    message_minutes: int
    visit_minutes: int
    share_percent: int


def minutes_for(channel: str, *, needs_visit: bool, sizes: Sizes) -> int:
    """Return how many minutes a contact by ``channel`` takes; without a channel a call's."""
    if needs_visit or channel in FACE_TO_FACE:
        return sizes.visit_minutes
    return sizes.message_minutes if channel in MESSAGE_CHANNELS else sizes.call_minutes


@dataclass(frozen=True)
class Carried:
    """An item that another plan left: of the last one, or of the month's for these days.

    ``on``: the day it was planned for, where that day is still to come.
    """

    text: str = ""
    matter: str = "contact"
    channel: str = ""
    occasion: str = ""
    purpose: str = ""
    minutes: int = 15
    needs_visit: bool = False
    on: date | None = None


@dataclass(frozen=True)
class Wish:
    """One thing that is wanted of a customer by a day; ``purpose``: what it is about."""

    reason: Reason
    on: date
    purpose: str = ""
    is_hard: bool = False


@dataclass
class Candidate:
    """A customer who may come into a draft, and what is wanted.

    ``exempt_until``: the last day of an exemption, included. ``snoozed``: until when a row of My
    day is hidden, by its subject. ``wishes``: what is not read from the clocks. ``place``: where
    the customer lives, as ``place_of`` says.
    """

    customer: int
    manager: int
    tier: str
    contact_due_on: date | None = None
    visit_due_on: date | None = None
    contact_exempt_until: date | None = None
    visit_exempt_until: date | None = None
    has_complaint: bool = False
    birthday_on: date | None = None
    preferred_channel: str = ""
    preferred_from: time | None = None
    opted_out: Collection[str] = ()
    place: str = ""
    snoozed: Mapping[str, date] = field(default_factory=dict)
    wishes: Sequence[Wish] = ()
    carried: Carried | None = None


@dataclass(frozen=True)
class Errand:
    """One item of a draft before it has a day.

    ``by``: the day it is wanted by. ``at_once``: on the first day there is. ``not_before``,
    ``not_after``: the days outside of which it makes no sense.
    """

    customer: int | None
    manager: int
    reason: Reason
    by: date
    tier: str = ""
    at_once: bool = False
    is_hard: bool = False
    not_before: date | None = None
    not_after: date | None = None
    matter: str = "contact"
    needs_visit: bool = False
    channel: str = ""
    occasion: str = ""
    purpose: str = ""
    text: str = ""
    minutes: int = 15
    place: str = ""
    preferred_from: time | None = None
    is_carried: bool = False

    @property
    def urgency(self) -> tuple[int, bool, date, int, int]:
        """The key of the ranking: matter, what cannot wait, the oldest day, the higher tier."""
        tier = TIERS.index(self.tier)
        return (RANK[self.reason], not self.is_hard, self.by, tier, self.customer or 0)


@dataclass(frozen=True)
class Placed:
    """An errand with its day."""

    errand: Errand
    day: date


@dataclass
class Draft:
    """What a draft holds, in the order of each day, and what did not fit."""

    placed: list[Placed] = field(default_factory=list)
    left: list[Errand] = field(default_factory=list)


# --- What is wanted ----------------------------------------------------------------------------


def errands_of(one: Candidate, *, first: date, last: date, sizes: Sizes) -> list[Errand]:
    """Return what is to be planned with a customer for the days from ``first`` to ``last``.

    ``last``: until when what is due belongs into the plan. What is pressing stands for itself and
    takes a due contact with it; a due visit takes it too. A birthday goes with a contact that can
    wait for it. Exempt customers are left out until their exemption ends, and nobody with an open
    complaint is congratulated.
    """
    wishes = [wish for wish in _wishes(one, first, last) if wish.on <= last]
    urgent = [wish for wish in wishes if wish.reason in URGENT]
    usual = [wish for wish in wishes if wish.reason not in (*URGENT, Reason.BIRTHDAY)]
    found = []
    if urgent:
        found.append(_errand(one, urgent, first, sizes))
        usual = [wish for wish in usual if wish.reason is Reason.VISIT]
    # What must wait for its day does not hold up the rest.
    for start in sorted({_start(one, wish.reason, first) for wish in usual}):
        group = [wish for wish in usual if _start(one, wish.reason, first) == start]
        found.append(_errand(one, group, first, sizes))
    if one.carried is not None and not (urgent or usual):
        found += _carried_on(one, first, last)
    birthday = [wish for wish in wishes if wish.reason is Reason.BIRTHDAY]
    if birthday:
        found = _with_birthday(one, found, birthday[0], first, sizes)
    return [errand for errand in found if errand.not_before is None or errand.not_before <= last]


def text_errand(carried: Carried, manager: int, first: date, last: date) -> Errand:
    """Return the errand of a carried item without a customer."""
    return Errand(
        customer=None,
        manager=manager,
        reason=Reason.CARRIED,
        by=carried.on or last,
        at_once=carried.on is None or carried.on < first,
        matter=carried.matter,
        channel=carried.channel,
        occasion=carried.occasion,
        purpose=carried.purpose,
        text=carried.text,
        minutes=carried.minutes,
        is_carried=True,
    )


def channel_of(reason: Reason, one: Candidate, *, needs_visit: bool) -> str:
    """Return the channel by the customer's liking, never one that is refused (article 10)."""
    if needs_visit:
        if one.preferred_channel in VISIT_CHANNELS - frozenset(one.opted_out):
            return one.preferred_channel
        return likely_channel("visit", one.preferred_channel, one.opted_out)
    return likely_channel("contact", one.preferred_channel, one.opted_out)


def _wishes(one: Candidate, first: date, last: date) -> list[Wish]:
    """Everything that is wanted, each but what is exempt for good; snoozed until their day."""
    found = list(one.wishes)
    if one.contact_due_on is not None:
        late = one.contact_due_on < first
        found.append(Wish(Reason.OVERDUE if late else Reason.SOON, one.contact_due_on))
    if one.visit_due_on is not None and not frozenset(one.opted_out) >= VISIT_CHANNELS:
        found.append(Wish(Reason.VISIT, one.visit_due_on))
    if one.birthday_on is not None and not one.has_complaint:
        found.append(Wish(Reason.BIRTHDAY, one.birthday_on))
    return [wish for wish in found if _start(one, wish.reason, first) <= last]


def _start(one: Candidate, reason: Reason, first: date) -> date:
    """The first day on which it may be done: after an exemption, and after a snooze."""
    start = max(first, one.snoozed.get(SUBJECT_OF.get(reason, ""), first))
    until = None
    if reason is Reason.VISIT:
        until = one.visit_exempt_until
    elif reason not in URGENT:
        until = one.contact_exempt_until
    return start if until is None else max(start, until + timedelta(days=1))


def _errand(one: Candidate, wishes: Sequence[Wish], first: date, sizes: Sizes) -> Errand:
    """One errand for several wishes: it is led by the most pressing one."""
    lead = min(wishes, key=lambda wish: (RANK[wish.reason], not wish.is_hard, wish.on))
    by = min(wish.on for wish in wishes)
    needs_visit = any(wish.reason is Reason.VISIT for wish in wishes)
    channel = channel_of(lead.reason, one, needs_visit=needs_visit)
    row = "visit" if needs_visit else lead.reason.value
    carried = one.carried or Carried()
    start = max(_start(one, wish.reason, first) for wish in wishes)
    asked = lead.reason is Reason.OCCASION
    return Errand(
        customer=one.customer,
        manager=one.manager,
        tier=one.tier,
        reason=lead.reason,
        by=by,
        at_once=by < first or lead.reason in AT_ONCE,
        is_hard=lead.is_hard,
        not_before=None if start <= first else start,
        matter="visit" if needs_visit else MATTER_OF[lead.reason],
        needs_visit=needs_visit,
        channel=channel,
        occasion="customer_question" if asked else likely_occasion(row),
        purpose=(lead.purpose or carried.purpose)[:LONGEST_PURPOSE],
        minutes=minutes_for(channel, needs_visit=needs_visit, sizes=sizes),
        place=one.place,
        preferred_from=one.preferred_from,
    )


def _carried_on(one: Candidate, first: date, last: date) -> list[Errand]:
    """What another plan left of a customer of whom nothing else is wanted."""
    carried = one.carried
    if carried is None:
        return []
    reason = Reason.VISIT if carried.needs_visit else Reason.CARRIED
    start = _start(one, reason, first)
    errand = replace(
        text_errand(carried, one.manager, first, last),
        customer=one.customer,
        tier=one.tier,
        not_before=None if start <= first else start,
        needs_visit=carried.needs_visit,
        place=one.place,
        preferred_from=one.preferred_from,
    )
    return [errand]


def _with_birthday(
    one: Candidate, errands: list[Errand], wish: Wish, first: date, sizes: Sizes
) -> list[Errand]:
    """The birthday with a contact that can wait for it, else as an errand of its own."""
    for place, errand in enumerate(errands):
        if not errand.at_once and errand.by >= wish.on and errand.reason not in URGENT:
            joined = replace(errand, by=wish.on, occasion=likely_occasion("birthday"))
            return [*errands[:place], joined, *errands[place + 1 :]]
    own = _errand(one, [wish], first, sizes)
    return [*errands, replace(own, not_after=wish.on, at_once=False)]


# --- Spread over the days ----------------------------------------------------------------------


def spread(
    errands: Iterable[Errand],
    room: Mapping[date, int],
    serving: Mapping[int, Sequence[date]],
    visits: Mapping[date, Collection[str]] | None = None,
) -> Draft:
    """Give each errand its day, the most pressing first; what finds no room is left.

    ``room``: minutes by day. ``serving``: on which days each manager's customers are served.
    ``visits``: the places where somebody is visited anyhow. What is late comes on the first day
    with room, the rest on the last day up to the one it is wanted by, else on the first after;
    visits in one place on one day.
    """
    draft = Draft()
    left = dict(room)
    places = {day: set(there) for day, there in (visits or {}).items()}
    for errand in sorted(errands, key=lambda one: one.urgency):
        days = _days_for(errand, serving)
        day = _choose(errand, [day for day in days if left.get(day, 0) >= errand.minutes], places)
        if day is not None:
            left[day] -= errand.minutes
            if errand.needs_visit and errand.place:
                places.setdefault(day, set()).add(errand.place)
            draft.placed.append(Placed(errand, day))
        elif days or errand.not_after is None:
            draft.left.append(errand)
    draft.placed.sort(key=_in_the_day)
    return draft


def _days_for(errand: Errand, serving: Mapping[int, Sequence[date]]) -> list[date]:
    return [
        day
        for day in serving.get(errand.manager, ())
        if (errand.not_before is None or day >= errand.not_before)
        and (errand.not_after is None or day <= errand.not_after)
    ]


def _choose(
    errand: Errand, days: Sequence[date], places: Mapping[date, Collection[str]]
) -> date | None:
    """The best of the ``days`` with room, which are in order."""
    if not days:
        return None
    in_time = days if errand.at_once else [day for day in days if day <= errand.by]
    if errand.needs_visit and errand.place:
        same = [day for day in in_time if errand.place in places.get(day, ())]
        in_time = same or in_time
    if not in_time:
        return days[0]
    return in_time[0] if errand.at_once else in_time[-1]


def _in_the_day(one: Placed) -> tuple[date, time, tuple[int, bool, date, int, int]]:
    return (one.day, one.errand.preferred_from or ANY_HOUR, one.errand.urgency)


# --- Places ------------------------------------------------------------------------------------

_DISTRICT = re.compile(r"[^区县旗\d]*[区县旗]")
_STREET = re.compile(r"\D*")


def place_of(city: str, address: str) -> str:
    """Return what two addresses in one place share: city and district, else city and street."""
    town = "".join(unicodedata.normalize("NFKC", city).split())
    text = "".join(unicodedata.normalize("NFKC", address).split())
    if town:
        text = text.rpartition(town)[2]
    found = _DISTRICT.match(text) or _STREET.match(text)
    return f"{town}{found.group() if found is not None else ''}"
