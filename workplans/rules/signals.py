"""What looks odd about contact records (article 6): questions to look into, no accusations.

Each rule takes the records that one person entered and returns the signs it sees, each with the
facts that explain it: plain values that fit into JSON. No database, no clock, no settings.

A moment says when a contact was, and not whether it began or ended then. Where records are
compared by time, only what cannot be true in either reading is a sign.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

PERSONAL_CHANNELS = frozenset({"phone", "visit", "reception"})
"""What takes the whole person: two of them at once cannot be. An activity has many guests."""

SLACK = timedelta(minutes=1)
"""Times are written down to the minute."""

LONGEST = timedelta(hours=4)
"""A longer duration is taken for this long where records are compared by time."""

SHORTEST_VISIT = timedelta(minutes=15)
"""So long takes a visit of which no duration is known, with the way to it from another place."""

ROUND_MINUTES = 5
"""A duration is round where it is a multiple of so many minutes."""

SHORTEST_TEXT = 8
"""A text of fewer letters and digits says too little to have been pasted."""

LAST_DAYS = 3
FEWEST_IN_MONTH = 20
"""Fewer records in a month say nothing about its end."""

CALL_TOLERANCE = timedelta(minutes=30)
"""So far may the moment of a record and that of the call lie apart."""

MOST_OTHERS = 5
"""So many other records are named as facts; the count is always whole."""

MOST_COMPARED = 50
"""With so many records after it one is compared, however many are of the same minute."""


class Kind(StrEnum):
    """What looks odd."""

    BURST = "burst"
    PASTED = "pasted"
    LATE = "late"
    MONTH_END = "month_end"
    NO_CALL = "no_call"
    TWO_PLACES = "two_places"
    SAME_DURATION = "same_duration"


@dataclass(frozen=True)
class Place:
    """Where something is, as far as a text says it: city and district, each "" where unknown."""

    city: str = ""
    district: str = ""

    def __bool__(self) -> bool:
        return bool(self.city or self.district)


@dataclass(frozen=True)
class Entry:
    """One standing record that a person entered by hand.

    ``day``: the local date. ``text``: what the same words share (``same_words``), "" where it is
    a written message or says too little. ``sites``: the place or addresses where it can have been,
    in words; ``places``: what these say of city and district.
    """

    record: int
    customer: int
    day: date
    happened_at: datetime
    recorded_at: datetime
    channel: str
    reached: bool = True
    date_only: bool = False
    duration_seconds: int | None = None
    text: str = ""
    sites: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()

    @property
    def lasted(self) -> timedelta:
        """How long it was; nothing where it is not known."""
        return timedelta(seconds=self.duration_seconds or 0)

    @property
    def has_time(self) -> bool:
        """Whether it was with the person at a known time."""
        return self.reached and not self.date_only and self.channel in PERSONAL_CHANNELS


@dataclass(frozen=True)
class Sign:
    """One oddity of one record, with what explains it."""

    record: int
    kind: Kind
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """The figures of the standard: see ``Figure.SIGNAL_*``."""

    late_days: int
    same_text: int
    month_end_percent: int
    same_duration: int


@dataclass(frozen=True)
class KnownCalls:
    """What the call centre knows: the moments of calls by customer, ``first`` to ``last``.

    Nothing is known of what was before or after.
    """

    first: datetime
    last: datetime
    times: Mapping[int, Sequence[datetime]]


def signs_of(
    entries: Sequence[Entry], limits: Limits, *, today: date, calls: KnownCalls | None = None
) -> list[Sign]:
    """Return all signs of one person's ``entries``. ``calls`` None: nothing is known of calls."""
    found = [
        *bursts(entries),
        *pasted_texts(entries, limits.same_text),
        *late_entries(entries, limits.late_days),
        *month_ends(entries, limits.month_end_percent, today),
        *two_places(entries),
        *same_durations(entries, limits.same_duration),
    ]
    if calls is not None:
        found += calls_without_event(entries, calls)
    return found


# --- Closer together than they lasted -----------------------------------------------------------


def bursts(entries: Iterable[Entry]) -> list[Sign]:
    """Return the calls, visits and receptions that one person cannot have had one after another.

    Two are too close when less time lies between their moments than the shorter of them lasted.
    Two visits of a family at the same place are not.
    """
    timed = [entry for entry in entries if entry.has_time and entry.duration_seconds]
    close = _too_close(timed, lambda one, other: min(one.lasted, other.lasted) - SLACK, _together)
    return [
        Sign(
            entry.record,
            Kind.BURST,
            {
                "count": len(others),
                "others": _ids(others),
                "gap_seconds": int(min(abs(_gap(entry, other)) for other in others)),
                "duration_seconds": entry.duration_seconds,
            },
        )
        for entry, others in close
    ]


def _together(one: Entry, other: Entry) -> bool:
    """Whether the person can have been with both at once: face to face at the same place."""
    both_met = "phone" not in (one.channel, other.channel)
    return both_met and bool(set(one.sites) & set(other.sites))


def _gap(one: Entry, other: Entry) -> float:
    return (one.happened_at - other.happened_at).total_seconds()


def _too_close(
    entries: Iterable[Entry],
    needed: Callable[[Entry, Entry], timedelta],
    fine: Callable[[Entry, Entry], bool],
) -> list[tuple[Entry, list[Entry]]]:
    """Return each entry that has others nearer than ``needed`` of both, with those others.

    ``fine`` says of two that they may be that near.
    """
    ordered = sorted(entries, key=lambda entry: (entry.happened_at, entry.record))
    near: dict[Entry, list[Entry]] = defaultdict(list)
    for place, entry in enumerate(ordered):
        for other in ordered[place + 1 : place + 1 + MOST_COMPARED]:
            gap = other.happened_at - entry.happened_at
            if gap >= LONGEST:
                break
            if gap < min(needed(entry, other), LONGEST) and not fine(entry, other):
                near[entry].append(other)
                near[other].append(entry)
    return list(near.items())


# --- The same text again ------------------------------------------------------------------------


def same_words(text: str) -> str:
    """Return what texts of the same words share, whatever their blanks and points; "" if short."""
    words = re.sub(r"[\W_]+", "", text).casefold()
    return words if len(words) >= SHORTEST_TEXT else ""


def pasted_texts(entries: Iterable[Entry], customers: int) -> list[Sign]:
    """Return the records whose text stands with so many different customers in one month."""
    texts = _grouped(
        entries, lambda entry: (entry.text, entry.day.year, entry.day.month) if entry.text else None
    )
    return [
        Sign(
            entry.record,
            Kind.PASTED,
            {
                "customers": len({one.customer for one in same}),
                "times": len(same),
                "others": _ids(one for one in same if one is not entry),
            },
        )
        for same in texts
        if len({one.customer for one in same}) >= customers
        for entry in same
    ]


# --- Entered long after the fact ----------------------------------------------------------------


def late_entries(entries: Iterable[Entry], days: int) -> list[Sign]:
    """Return the records entered more than so many days after the contact.

    Records that know only their date are never late.
    """
    return [
        Sign(
            entry.record,
            Kind.LATE,
            {"days": late.days, "recorded_at": entry.recorded_at.isoformat()},
        )
        for entry in entries
        if not entry.date_only
        and (late := entry.recorded_at - entry.happened_at) > timedelta(days=days)
    ]


# --- Many at the month's end --------------------------------------------------------------------


def month_ends(entries: Iterable[Entry], percent: int, today: date) -> list[Sign]:
    """Return the records of a month's last three days where these hold so much of the month.

    Judged once the month is over by ``today``, and where it holds enough records to tell.
    """
    months = _grouped(entries, lambda entry: entry.day.replace(day=1))
    return [
        Sign(
            entry.record,
            Kind.MONTH_END,
            {"last": len(last), "month": len(month), "percent": len(last) * 100 // len(month)},
        )
        for month in months
        if len(month) >= FEWEST_IN_MONTH and _last_of_month(month[0].day) < today
        for last in [[entry for entry in month if _is_at_the_end(entry.day)]]
        if len(last) * 100 >= percent * len(month)
        for entry in last
    ]


def _is_at_the_end(day: date) -> bool:
    return (_last_of_month(day) - day).days < LAST_DAYS


def _last_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


# --- Calls the call centre knows nothing of -----------------------------------------------------


def calls_without_event(entries: Iterable[Entry], calls: KnownCalls) -> list[Sign]:
    """Return the calls that reached a customer while the call centre knows of none.

    A call answers for a record within half an hour of it. What lies outside of the time that is
    known is not judged.
    """
    known = {customer: sorted(times) for customer, times in calls.times.items()}
    first, last = calls.first + CALL_TOLERANCE, calls.last - CALL_TOLERANCE
    return [
        Sign(entry.record, Kind.NO_CALL, _nearest_call(entry, known.get(entry.customer, [])))
        for entry in entries
        if entry.has_time
        and entry.channel == "phone"
        and first <= entry.happened_at <= last
        and not _has_call(entry, known.get(entry.customer, []))
    ]


def _has_call(entry: Entry, times: Sequence[datetime]) -> bool:
    place = bisect_left(times, entry.happened_at - CALL_TOLERANCE)
    return place < len(times) and times[place] <= entry.happened_at + CALL_TOLERANCE


def _nearest_call(entry: Entry, times: Sequence[datetime]) -> dict[str, Any]:
    if not times:
        return {}
    nearest = min(times, key=lambda time: abs(time - entry.happened_at))
    return {"nearest": nearest.isoformat()}


# --- At two far places at once ------------------------------------------------------------------

_PROVINCE = re.compile(r"^\s*(?:中国)?[\u4e00-\u9fff]{2,7}?(?:省|自治区)")
_CITY = re.compile(r"^\s*([\u4e00-\u9fff]{2,6}?(?:市|自治州|盟|地区))")
_NO_CITY = ("超市", "城市", "门市", "夜市", "集市", "菜市", "花市", "加盟", "联盟")
_DISTRICT = re.compile(r"^\s*([\u4e00-\u9fff]{1,6}?(?:区|县|旗|市))")
_NO_DISTRICT = (
    *("小区", "社区", "园区", "校区", "厂区", "院区", "景区", "街区", "片区", "住宅区", "生活区"),
    *("商业区", "办公区", "工业区", "服务区", "休息区", "红旗", *_NO_CITY),
)
_SOME_DISTRICT = frozenset({"市区", "城区", "郊区", "山区", "地区"})


def place_of(text: str, city: str = "") -> Place:
    """Return the place that an address or a place's name begins with, as far as it says one.

    ``city``: where it is known beside the text. "江海省滨江市东城区人民路1号" is in the city
    滨江市 and the district 东城区; "阳光小区3栋" says neither.
    """
    rest = _PROVINCE.sub("", text)
    written = _named(_CITY.match(rest), _NO_CITY)
    district = _named(_DISTRICT.match(rest.strip().removeprefix(written)), _NO_DISTRICT)
    return Place(_plain(written or city), "" if district in _SOME_DISTRICT else district)


def _named(found: re.Match[str] | None, unless: tuple[str, ...]) -> str:
    return found[1] if found and not found[1].endswith(unless) else ""


def _plain(city: str) -> str:
    """A city's name the same whether it is called 滨江 or 滨江市."""
    name = city.strip().casefold()
    return name.removesuffix("市") if len(name) > 2 else name


def is_far(one: Place, other: Place) -> bool:
    """Say whether two places cannot be near: other cities, or other districts.

    Nothing is said of places of which the same is not known.
    """
    if one.city and other.city and one.city != other.city:
        return True
    return bool(one.district and other.district) and one.district != other.district


def two_places(entries: Iterable[Entry]) -> list[Sign]:
    """Return the visits that one person made at far places at once.

    At once: less time lies between them than the shorter of them lasted, a quarter of an hour at
    the least. Far: every place where the one can have been is far from every one of the other.
    """
    visits = [
        entry for entry in entries if entry.has_time and entry.channel == "visit" and entry.places
    ]
    close = _too_close(
        visits,
        lambda one, other: max(min(one.lasted, other.lasted) - SLACK, SHORTEST_VISIT),
        lambda one, other: not all(is_far(a, b) for a in one.places for b in other.places),
    )
    return [
        Sign(
            entry.record,
            Kind.TWO_PLACES,
            {
                "here": _name(entry.places[0]),
                "there": _name(others[0].places[0]),
                "gap_seconds": int(abs(_gap(entry, others[0]))),
                "others": _ids(others),
            },
        )
        for entry, others in close
    ]


def _name(place: Place) -> str:
    return f"{place.city} {place.district}".strip()


# --- The same round duration again --------------------------------------------------------------


def same_durations(entries: Iterable[Entry], times: int) -> list[Sign]:
    """Return the records with a round duration that came so often in one week (from Monday)."""
    weeks = _grouped(entries, _round_duration_of_week)
    return [
        Sign(
            entry.record,
            Kind.SAME_DURATION,
            {
                "minutes": (entry.duration_seconds or 0) // 60,
                "times": len(same),
                "others": _ids(one for one in same if one is not entry),
            },
        )
        for same in weeks
        if len(same) >= times
        for entry in same
    ]


def _round_duration_of_week(entry: Entry) -> tuple[int, date] | None:
    seconds = entry.duration_seconds
    if not seconds or seconds % (ROUND_MINUTES * 60) or entry.channel not in PERSONAL_CHANNELS:
        return None
    return seconds, entry.day - timedelta(days=entry.day.isoweekday() - 1)


# --- What the rules share -----------------------------------------------------------------------

K = TypeVar("K", bound=Hashable)


def whole_groups_from(first: date) -> date:
    """Return from which day on records are needed to judge those of ``first`` and later.

    Months and weeks are judged whole.
    """
    monday = first - timedelta(days=first.isoweekday() - 1)
    return min(first.replace(day=1), monday)


def _grouped(entries: Iterable[Entry], key: Callable[[Entry], K | None]) -> Iterator[list[Entry]]:
    """Yield the entries that share a key, in the order of time; those without one are left out."""
    groups: dict[K, list[Entry]] = defaultdict(list)
    for entry in entries:
        if (of := key(entry)) is not None:
            groups[of].append(entry)
    for group in groups.values():
        yield sorted(group, key=lambda entry: (entry.happened_at, entry.record))


def _ids(entries: Iterable[Entry]) -> list[int]:
    return sorted(entry.record for entry in entries)[:MOST_OTHERS]
