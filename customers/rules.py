"""The contact cadence of article 8, the face-to-face cadence of article 9, and profile rules.

Plain values in and out: no database, no clock, no settings. Dates are local dates of the unit.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from hashlib import blake2s

from core.phones import mask_phones_in, plain_number, without_extension
from core.signs import INVISIBLE


class Cadence(StrEnum):
    """The two clocks of a customer: any contact (article 8), face to face (article 9)."""

    CONTACT = "contact"
    VISIT = "visit"


class Figure(StrEnum):
    """A figure of the service standard. The unit is part of the name."""

    CONTACT_INTERVAL_MONTHS = "contact_interval_months"
    CONTACT_WATCHED_DAYS = "contact_watched_days"
    VISIT_INTERVAL_MONTHS = "visit_interval_months"
    VISIT_WATCHED_DAYS = "visit_watched_days"
    DUE_SOON_DAYS = "due_soon_days"
    CHANGE_GRACE_DAYS = "change_grace_days"
    ESCALATION_DAYS = "escalation_days"
    EXEMPTION_MAX_DAYS = "exemption_max_days"
    LATE_AFTER_HOURS = "late_after_hours"
    BROADCAST_CUSTOMERS = "broadcast_customers"
    BROADCAST_MINUTES = "broadcast_minutes"
    STALE_FACT_DAYS = "stale_fact_days"
    WARNING_LINE_POINTS = "warning_line_points"
    WARNING_LIFT_PERCENT = "warning_lift_percent"
    WARNING_CAPACITY = "warning_capacity"
    WARNING_FOLLOW_UP_HOURS = "warning_follow_up_hours"
    WARNING_FADE_POINTS = "warning_fade_points"
    WARNING_FADE_MONTHS = "warning_fade_months"
    WARNING_REST_DAYS = "warning_rest_days"
    WARNING_JUMP_POINTS = "warning_jump_points"
    CODE_LIFE_MINUTES = "code_life_minutes"
    CASE_FIRST_HOURS = "case_first_hours"
    CASE_SECOND_DAYS = "case_second_days"
    CASE_THIRD_DAYS = "case_third_days"
    CASE_CHECK_MONTHS = "case_check_months"
    REVIEW_DAYS = "review_days"
    PLAN_WEEK_DUE_HOURS = "plan_week_due_hours"
    PLAN_MONTH_DUE_WORKDAY = "plan_month_due_workday"
    PLAN_YEAR_DUE_DAY = "plan_year_due_day"
    PLAN_CALL_MINUTES = "plan_call_minutes"
    PLAN_MESSAGE_MINUTES = "plan_message_minutes"
    PLAN_VISIT_MINUTES = "plan_visit_minutes"
    PLAN_SHARE_PERCENT = "plan_share_percent"
    LOG_DUE_HOURS = "log_due_hours"
    INSPECTION_MIN_RECORDS = "inspection_min_records"
    INSPECTION_PERCENT = "inspection_percent"
    FINDING_DUE_DAYS = "finding_due_days"
    SIGNAL_LATE_DAYS = "signal_late_days"
    SIGNAL_SAME_TEXT = "signal_same_text"
    SIGNAL_MONTH_END_PERCENT = "signal_month_end_percent"
    SIGNAL_SAME_DURATION = "signal_same_duration"
    COMPLAINT_RESPONSE_MINUTES = "complaint_response_minutes"
    COMPLAINT_RESOLUTION_HOURS = "complaint_resolution_hours"
    COMPLAINT_REOPENED_HOURS = "complaint_reopened_hours"
    COMPLAINT_STATUTORY_DAYS = "complaint_statutory_days"
    COMPLAINT_WARN_PERCENT = "complaint_warn_percent"
    COMPLAINT_ESCALATE_PERCENT = "complaint_escalate_percent"
    COMPLAINT_ABOVE_PERCENT = "complaint_above_percent"
    COMPLAINT_COOL_DOWN_MINUTES = "complaint_cool_down_minutes"
    COMPLAINT_CALL_BACK_DAYS = "complaint_call_back_days"
    COMPLAINT_SEEN_DAYS = "complaint_seen_days"
    COMPLAINT_REPEAT_DAYS = "complaint_repeat_days"
    REQUEST_ESCALATE_HOURS = "request_escalate_hours"
    MISSED_CALL_MINUTES = "missed_call_minutes"
    CALL_AHEAD_MINUTES = "call_ahead_minutes"
    NUMBER_SEARCHES_AN_HOUR = "number_searches_an_hour"


INTERVAL_FIGURES = {
    Cadence.CONTACT: (Figure.CONTACT_INTERVAL_MONTHS, Figure.CONTACT_WATCHED_DAYS),
    Cadence.VISIT: (Figure.VISIT_INTERVAL_MONTHS, Figure.VISIT_WATCHED_DAYS),
}


class MissingStandardError(LookupError):
    """No row of the service standard says what a figure is on a day."""


@dataclass(frozen=True)
class StandardRow:
    """One dated figure: it holds from ``effective_from`` until the next row of its kind.

    ``tier`` is empty where the figure is the same for every tier; such a row also ends what the
    tiers' own rows of earlier days said.
    """

    figure: str
    tier: str
    effective_from: date
    value: int


class Standards:
    """The service standard as dated rows, asked by figure, tier and day."""

    def __init__(self, rows: Iterable[StandardRow]) -> None:
        self._dated: dict[tuple[str, str], list[tuple[date, int]]] = {}
        for row in rows:
            self._dated.setdefault((row.figure, row.tier), []).append(
                (row.effective_from, row.value)
            )
        for dated in self._dated.values():
            dated.sort()

    def value(self, figure: Figure, on: date, tier: str = "") -> int:
        """Return the figure in force on ``on`` for ``tier``: the latest row that has begun.

        A row for every tier and the tier's own rows are one line of days: whichever began last
        holds. Of two that begin on the same day the tier's own holds. Raises MissingStandardError
        where no row has begun by then.
        """
        begun = [self._begun(figure, "", on), self._begun(figure, tier, on) if tier else None]
        rows = [(row[0], place, row[1]) for place, row in enumerate(begun) if row is not None]
        if not rows:
            raise MissingStandardError(f"No {figure.value} for “{tier}” on {on}.")
        return max(rows)[2]

    def value_from_beginning(self, figure: Figure, on: date, tier: str = "") -> int:
        """Return what ``value`` does; for a day before the first row, what that row says.

        A customer may be VIP, or have been contacted, longer than the standard is written down.
        """
        first = [self._dated[key][0][0] for key in self._keys(figure, tier)]
        return self.value(figure, max(on, min(first, default=on)), tier)

    def _keys(self, figure: Figure, tier: str) -> list[tuple[str, str]]:
        """Return under which keys there are rows for ``tier``: those of all tiers, its own."""
        keys = dict.fromkeys([(figure.value, ""), (figure.value, tier)])
        return [key for key in keys if key in self._dated]

    def _begun(self, figure: Figure, tier: str, on: date) -> tuple[date, int] | None:
        """Return the latest row of exactly ``tier`` that has begun by ``on``."""
        dated = self._dated.get((figure.value, tier), [])
        place = bisect_right(dated, on, key=lambda pair: pair[0])
        return dated[place - 1] if place else None

    def interval(self, cadence: Cadence, on: date, tier: str, *, watched: bool) -> Interval:
        """Return the interval of ``cadence`` on ``on``: months, or days while watched."""
        months, watched_days = INTERVAL_FIGURES[cadence]
        if watched:
            return Interval(days=self.value_from_beginning(watched_days, on, tier))
        return Interval(months=self.value_from_beginning(months, on, tier))

    def dates(self, cadence: Cadence, tiers: Iterable[str]) -> set[date]:
        """Return the days on which an interval of ``cadence`` changes for any of ``tiers``."""
        return {
            day
            for figure in INTERVAL_FIGURES[cadence]
            for tier in {"", *tiers}
            for day, _ in self._dated.get((figure.value, tier), [])
        }


def add_months(day: date, months: int) -> date:
    """Return the same day ``months`` calendar months later, clamped to that month's end."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


@dataclass(frozen=True)
class Interval:
    """A cadence's interval: calendar months or days."""

    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """Return the day on which the interval that begins on ``day`` ends."""
        return add_months(day, self.months) + timedelta(days=self.days)


@dataclass(frozen=True)
class IntervalChange:
    """From ``on`` another interval holds: the tier, the standard or the watch changed.

    ``grace_days``: how many days the standard of that day gives (None: the common figure).
    """

    on: date
    interval: Interval
    grace_days: int | None = None


@dataclass(frozen=True)
class WatchSpan:
    """Days on which a churn warning was open; ``ends_on`` is the first day without (None: open)."""

    starts_on: date
    ends_on: date | None = None

    def covers(self, day: date) -> bool:
        """Say whether the customer was watched on ``day``."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


@dataclass(frozen=True)
class TierSpan:
    """From ``on`` the customer has ``tier``."""

    on: date
    tier: str


@dataclass(frozen=True)
class CadenceHistory:
    """All that an interval can depend on: the tiers in order of date, and the watched days."""

    tiers: Sequence[TierSpan]
    watches: Sequence[WatchSpan] = field(default=())

    def tier_on(self, day: date) -> str:
        """Return the tier held on ``day``; the first one for days before it."""
        place = bisect_right(self.tiers, day, key=lambda span: span.on)
        return self.tiers[max(place - 1, 0)].tier

    @property
    def last_change_on(self) -> date:
        """The latest day on which the tier or the watch changed."""
        days = [span.on for span in self.tiers]
        days += [span.ends_on or span.starts_on for span in self.watches]
        return max(days)

    def watched_on(self, day: date) -> bool:
        """Say whether a churn warning was open on ``day``."""
        return any(span.covers(day) for span in self.watches)


def due_on(
    start: date, interval: Interval, changes: Sequence[IntervalChange], grace_days: int
) -> date:
    """Return the day by which the customer must be contacted (articles 8 and 9).

    ``start``: the last counted contact, or the day the clock began. ``interval``: the one in
    force on that day. ``changes``: those after it, in order of date. A change computes anew; one
    that shortens the interval of a customer who was not overdue on its day (the due day itself is
    not overdue) gives at least ``grace_days`` from its day, until the next counted contact.
    """
    due = interval.after(start)
    floor: date | None = None
    for change in changes:
        was_due, fresh = due, change.interval.after(start)
        shorter = fresh < interval.after(start)
        if shorter and change.on <= was_due:
            given = grace_days if change.grace_days is None else change.grace_days
            earliest = change.on + timedelta(days=given)
            floor = max(floor, earliest) if floor else earliest
        interval = change.interval
        due = max(fresh, floor) if floor else fresh
    return due


def cadence_due_on(
    cadence: Cadence,
    *,
    start: date,
    history: CadenceHistory,
    standards: Standards,
    today: date,
) -> date:
    """Return the due day of ``cadence`` for a customer whose clock started on ``start``.

    ``history`` and ``standards`` give the interval of each day; changes dated after ``today`` do
    not hold yet. Articles 8 and 9.
    """

    def interval_on(day: date) -> Interval:
        return standards.interval(
            cadence, day, history.tier_on(day), watched=history.watched_on(day)
        )

    tiers = {span.tier for span in history.tiers}
    days = {span.on for span in history.tiers} | standards.dates(cadence, tiers)
    days |= {span.starts_on for span in history.watches}
    days |= {span.ends_on for span in history.watches if span.ends_on}
    began = interval_on(start)
    changes: list[IntervalChange] = []
    held = began
    for day in sorted(day for day in days if start < day <= today):
        interval = interval_on(day)
        if interval != held:
            grace = standards.value_from_beginning(Figure.CHANGE_GRACE_DAYS, day)
            changes.append(IntervalChange(day, interval, grace))
            held = interval
    return due_on(start, began, changes, grace_days=0)


@dataclass(frozen=True)
class Clocks:
    """What the clocks of one customer say: local dates, None where a clock does not run."""

    contact_due_on: date | None
    visit_due_on: date | None


@dataclass(frozen=True)
class LastContacts:
    """The days of a customer's last counted contact and last counted face-to-face contact."""

    contact_on: date | None
    visit_on: date | None


def contact_start(last_contact_on: date | None, vip_since: date) -> date:
    """Return the day the contact clock runs from: the last counted contact, else the VIP date."""
    return last_contact_on or vip_since


def visit_start(last_visit_on: date | None, vip_since: date, key_since: date) -> date:
    """Return the day the face-to-face clock runs from: the latest of the three (article 9)."""
    return max(last_visit_on or vip_since, vip_since, key_since)


def is_overdue(due: date, today: date) -> bool:
    """Overdue: today after the due day."""
    return today > due


def is_due_soon(due: date, today: date, soon_days: int) -> bool:
    """Due soon: 0 to ``soon_days`` days before the due day, the due day included."""
    return timedelta(0) <= due - today <= timedelta(days=soon_days)


# --- Profile (article 12) ---------------------------------------------------------------------


class FactGroup(StrEnum):
    """The three groups of a profile's facts."""

    BASICS = "basics"
    LIKINGS = "likings"
    PRIVATE = "private"


FACTS: Mapping[str, FactGroup] = {
    "birthday": FactGroup.BASICS,
    "phone": FactGroup.BASICS,
    "address": FactGroup.BASICS,
    "gender": FactGroup.BASICS,
    "id_province": FactGroup.BASICS,
    "preferred_channel": FactGroup.LIKINGS,
    "preferred_hours": FactGroup.LIKINGS,
    "character": FactGroup.LIKINGS,
    "sports": FactGroup.LIKINGS,
    "rewards": FactGroup.LIKINGS,
    "employer": FactGroup.PRIVATE,
    "position": FactGroup.PRIVATE,
    "occupation": FactGroup.PRIVATE,
    "family_members": FactGroup.PRIVATE,
    "family_background": FactGroup.PRIVATE,
    "job_history": FactGroup.PRIVATE,
}
"""Every fact of a profile, the most useful first: that is the order in which they are asked."""


def completeness(known: Iterable[str]) -> int:
    """Return how much of a profile is known, in whole percent of its facts (article 12)."""
    return round(100 * len(set(known) & set(FACTS)) / len(FACTS))


def facts_to_ask(
    known: Iterable[str],
    confirmed_on: Mapping[str, date],
    *,
    today: date,
    stale_days: int,
    limit: int = 2,
) -> list[str]:
    """Return the one or two facts to ask for next (article 12).

    Missing ones first, the most useful before others; then those never confirmed or confirmed
    more than ``stale_days`` ago, the oldest first.
    """
    have = set(known)
    missing = [fact for fact in FACTS if fact not in have]
    limit_day = today - timedelta(days=stale_days)
    stale = [f for f in FACTS if f in have and confirmed_on.get(f, date.min) < limit_day]
    stale.sort(key=lambda fact: confirmed_on.get(fact, date.min))
    return (missing + stale)[:limit]


# --- Search -----------------------------------------------------------------------------------

SURNAME_READINGS: Mapping[str, str] = {
    "单": "shan", "仇": "qiu", "解": "xie", "区": "ou", "曾": "zeng", "查": "zha", "盖": "ge",
    "朴": "piao", "任": "ren", "翟": "zhai", "覃": "qin", "尉": "wei", "缪": "miao", "乐": "yue",
    "种": "chong", "秘": "bi", "召": "shao", "燕": "yan", "纪": "ji", "华": "hua", "洗": "xian",
    "冼": "xian", "员": "yun", "繁": "po", "黑": "he", "折": "she", "逄": "pang",
    "长孙": "zhangsun", "尉迟": "yuchi", "万俟": "moqi",
    "澹台": "tantai", "单于": "chanyu", "令狐": "linghu",
    "宿": "su", "牟": "mu", "谌": "chen", "隗": "wei", "郇": "xun", "晟": "cheng", "祭": "zhai",
}  # fmt: skip
"""Surnames that are read otherwise than the same characters elsewhere."""

SHORTEST_NUMBER_PART = 4


_UNSAID = re.compile(
    r"[\s.\u00b7\u0387\u16eb\u1427\u2022\u2024\u2027\u2219\u22c5\u2e31\u2e33\u3002\u30fb\uff61\uff65"
    rf"{INVISIBLE}]+"
)
"""What a search passes over: spaces, what nobody sees, and the dot inside a name, of any kind."""


def normalised(text: str) -> str:
    """Return ``text`` as it is searched: half width, lower case, without spaces and dots."""
    return _UNSAID.sub("", unicodedata.normalize("NFKC", text).lower())


def search_words(name: str, number: str, syllables: Sequence[str]) -> str:
    """Return the words a customer is found by, with a space before and after each.

    Every ending of the name, of its pinyin, of its initials and of the customer number (from
    four characters) is a word, so that any part is found as the beginning of a word: the
    trigram index of PostgreSQL then serves two Chinese characters too.
    """
    flat, code = normalised(name), normalised(number)
    initials = "".join(s[:1] for s in syllables)
    words = [flat[i:] for i in range(len(flat))]
    words += ["".join(syllables[i:]) for i in range(len(syllables))]
    words += [initials[i:] for i in range(len(initials))]
    words += [code[i:] for i in range(max(len(code) - SHORTEST_NUMBER_PART + 1, 0))] or [code]
    return f" {' '.join(dict.fromkeys(word for word in words if word))} "


def split_surname(name: str) -> tuple[str, str, str]:
    """Return surname, its special reading (or empty) and the rest of a Chinese name."""
    for length in (2, 1):
        surname = name[:length]
        if surname in SURNAME_READINGS:
            return surname, SURNAME_READINGS[surname], name[length:]
    return "", "", name


def syllables_of(name: str) -> list[str]:
    """Return the pinyin of a name, a syllable a character, surnames read as surnames."""
    # Imported where names are written: it costs web workers memory and start-up time.
    from pypinyin import Style, lazy_pinyin

    _surname, reading, rest = split_surname(normalised(name))
    first = [reading] if reading else []
    letters = lazy_pinyin(rest, style=Style.NORMAL, errors="default", v_to_u=False)
    return first + [part.lower() for part in "".join(f" {p}" for p in letters).split()]


def words_of(
    name: str, number: str, phones: Iterable[str], merged: Iterable[str] = ()
) -> tuple[str, str]:
    """Return the words and the phone numbers that a customer's search entry holds.

    ``merged``: the customer numbers of the rows that were merged into this one.
    """
    kept = [plain_number(phone) or phone for phone in phones]
    # A switchboard is found with the extension and without it.
    digits = list(
        dict.fromkeys(one for number in kept for one in (number, without_extension(number)))
    )
    # A phone number that somebody wrote into the name would be found digit by digit.
    name = mask_phones_in(str(name))
    words = [search_words(name, number, syllables_of(name))]
    words += [search_words("", other, ()).lstrip() for other in merged]
    return (
        "".join(words),
        f" {' '.join(digits)} " if digits else "",
    )


# --- Birthdays (article 14) -------------------------------------------------------------------


@dataclass(frozen=True)
class BirthdayKey:
    """A birthday as it is kept: calendar ("solar" or "lunar"), month, day, leap month or not."""

    calendar: str
    month: int
    day: int
    leap: bool = False


def solar_keys(day: date) -> list[BirthdayKey]:
    """Return the solar birthdays that are kept on ``day``; 29 February falls on the 28th."""
    keys = [BirthdayKey("solar", day.month, day.day)]
    if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
        keys.append(BirthdayKey("solar", 2, 29))
    return keys


@dataclass(frozen=True)
class LunarDay:
    """A day of the lunar calendar, with what its year and month are like."""

    month: int
    day: int
    leap: bool
    month_days: int
    leap_month_of_year: int
    """The number of the leap month of that lunar year, 0 without one."""
    leap_month_days: int
    """How many days that leap month has, 0 without one."""


def lunar_keys(today: LunarDay) -> list[BirthdayKey]:
    """Return the lunar birthdays that are kept on ``today``.

    A 30th in a month of 29 days is kept on the 29th; a birthday in a leap month that this year
    lacks is kept in the ordinary month of the same number.
    """
    days = [today.day]
    if today.day == today.month_days == 29:
        days.append(30)
    keys = [BirthdayKey("lunar", today.month, day, today.leap) for day in days]
    if not today.leap and today.leap_month_of_year != today.month:
        keys += [BirthdayKey("lunar", today.month, day, True) for day in days]
    return keys


# --- Likeness: who may be the same person ------------------------------------------------------


class Likeness(StrEnum):
    """What makes two customers look like one person."""

    PHONE = "phone"
    """The same phone number."""
    BIRTHDAY = "birthday"
    """The same name and the same birthday."""
    EMPLOYER = "employer"
    """The same name and the same employer."""


SHORTEST_PHONE = 7
"""Shorter numbers are service numbers and extensions: they tell nobody apart."""

MOST_ALIKE = 20
"""More customers with one number or name than this share a switchboard, not a person."""


def letters_of(text: str) -> str:
    """Return a name's letters and digits alone, half width and lower case."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


@dataclass(frozen=True)
class Traits:
    """What is compared of a customer. ``birthday`` without its year, which may be unknown."""

    name: str
    phones: Sequence[str] = ()
    birthday: BirthdayKey | None = None
    birth_year: int | None = None
    employer: str = ""


def likeness_keys(traits: Traits) -> dict[str, Likeness]:
    """Return the keys that two customers who look alike share, each with what it stands for.

    A key is 32 hexadecimal digits, from which nothing personal can be read. Years of birth are
    no part of it: ``years_agree`` compares them.
    """
    parts: list[tuple[Likeness, tuple[str, ...]]] = [
        (Likeness.PHONE, (number,))
        for number in (plain_number(phone) or phone for phone in traits.phones)
        if len(number) >= SHORTEST_PHONE
    ]
    name, employer = letters_of(traits.name), letters_of(traits.employer)
    if name and traits.birthday is not None:
        born = traits.birthday
        day = f"{born.calendar} {born.month}-{born.day} {int(born.leap)}"
        parts.append((Likeness.BIRTHDAY, (name, day)))
    if name and employer:
        parts.append((Likeness.EMPLOYER, (name, employer)))
    return {_digest(kind, words): kind for kind, words in parts}


def years_agree(kind: Likeness, one: int | None, other: int | None) -> bool:
    """Say whether two years of birth let ``kind`` stand: equal, or one is not known."""
    return kind is not Likeness.BIRTHDAY or None in (one, other) or one == other


def _digest(kind: Likeness, words: Sequence[str]) -> str:
    return blake2s("\n".join((kind, *words)).encode(), digest_size=16).hexdigest()
