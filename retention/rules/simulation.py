"""Invented lives of customers: how they use the phone, pay, waver and leave (for demonstrations).

Plain values in and out: no database, no clock, no settings. The same for the same ``Random``.
Months are counted as ``year * 12 + month - 1``. Money in yuan. Dates are local dates.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from math import exp
from random import Random
from typing import Any, NamedTuple

from customers.rules import add_months
from retention.rules.courses import COURSES, FADING, SUDDEN, WITHOUT_SIGNS, Course

AHEAD_MONTHS = 5
"""Who leaves within so many months after the last day shows it already."""
CONTRACT_MONTHS = 24
LATER_MONTHS, MORE_LATER = 2, 8
"""Of those who have all stayed, so many times the usual share leave soon: there is more to see."""
SETTLED_DAYS = 60
"""Nobody leaves sooner than this after becoming VIP, or after the first day."""
LOST_A_YEAR = {"diamond": 0.012, "gold": 0.02, "silver": 0.036}
"""Which share closes the number or ports out in a year, by tier."""
OTHERWISE_A_YEAR = {"vip_ended": 0.005, "transfer": 0.003, "death": 0.0015}
"""Departures that do not count against the goal."""
WAVERING_A_YEAR = 0.05
"""Which share shows the signs in a year, and stays."""

SPRING_FESTIVAL_IN_JANUARY = {
    2017,
    2020,
    2023,
    2025,
    2028,
    2031,
    2033,
    2036,
    2039,
    2042,
    2044,
    2047,
}
"""Years whose Spring Festival is in January; in February in all others (2015 to 2047)."""
BY_TIER = {
    "diamond": (680.0, 1500.0, 60_000.0),
    "gold": (390.0, 900.0, 35_000.0),
    "silver": (210.0, 520.0, 20_000.0),
}
"""A typical monthly bill, voice minutes and data in MB."""
PLANS = {
    "diamond": ("全球通尊享 588", "全球通尊享 888"),
    "gold": ("全球通畅享 298", "全球通畅享 398"),
    "silver": ("全球通乐享 158", "全球通乐享 198"),
}
COMPETITORS = ("中国电信", "中国联通", "中国广电")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN_NAMES = (
    "伟",
    "芳",
    "建国",
    "秀英",
    "志强",
    "丽华",
    "海涛",
    "雪梅",
    "文博",
    "晓燕",
    "俊杰",
    "玉兰",
)


class Leavers(StrEnum):
    """Who of a population leaves.

    As usual; nobody up to the last day, but many soon after; or everybody up to the last day.
    """

    AS_USUAL = "as_usual"
    LATER = "later"
    EVERYBODY = "everybody"


class Figures(NamedTuple):
    """One month's figures, named and ordered as a usage snapshot has them; None: not known."""

    bill: Decimal | None
    voice_minutes: int | None
    data_mb: int | None
    sms_count: int | None
    roaming_days: int | None
    balance: Decimal | None
    days_without_use: int | None
    plan: str
    contract_end: date | None
    suspensions: int | None
    care_calls: int | None


@dataclass(frozen=True, slots=True)
class Habits:
    """What is usual for a customer."""

    bill: float
    voice: float
    data: float
    sms: float
    plan: str
    noise: float
    travels: bool
    pays_late: float
    calls_care: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """A course that a customer goes through: at the ``worst`` (0 to 1) in the month ``peak``."""

    course: Course
    peak: int
    months: int
    worst: float = 1.0

    def level(self, month: int) -> float:
        """Return how bad it is in ``month``, 0 to 1: it grows evenly, and is over in two months."""
        gap = self.peak - month
        length = self.months if gap >= 0 else 2
        return self.worst * max(0.0, 1 - abs(gap) / length)


@dataclass(frozen=True, slots=True)
class Leaving:
    """When, how and why a customer leaves. ``cause`` is empty where none is coded."""

    left_on: date
    kind: str
    is_voluntary: bool
    cause: str = ""
    competitor: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """One customer's invented life.

    ``contracts``: from which day on which end is known. ``signs``: events by day.
    """

    habits: Habits
    trouble: Trouble | None
    leaving: Leaving | None
    contracts: Sequence[tuple[date, date]]
    signs: Sequence[tuple[str, date]]


def month_number(day: date) -> int:
    """Return the number of the month of ``day``."""
    return day.year * 12 + day.month - 1


def month_of(number: int) -> date:
    """Return the first day of the month with this number."""
    return date(number // 12, number % 12 + 1, 1)


def invented_name(random: Random) -> str:
    """Return a person's name."""
    return random.choice(SURNAMES) + random.choice(GIVEN_NAMES)


def invent_life(
    random: Random,
    *,
    tier: str,
    vip_since: date,
    first: date,
    last: date,
    leavers: Leavers = Leavers.AS_USUAL,
) -> Life:
    """Return a life from ``first`` to ``last``; who leaves soon after ``last`` shows it already."""
    habits = _habits(random, tier)
    leaving, course = _leaving(random, tier, vip_since, first, last, leavers)
    trouble = _wavering(random, first, last) if leaving is None else None
    if leaving is not None:
        peak = month_number(leaving.left_on) - 1
        trouble = Trouble(course, peak, random.randint(*course.months))
    return Life(
        habits=habits,
        trouble=trouble,
        leaving=leaving,
        contracts=_contracts(random, first, last, leaving, course),
        signs=_signs(random, leaving, course, trouble),
    )


def invent_months(
    random: Random, life: Life, *, first: date, last: date
) -> Iterator[tuple[date, Figures]]:
    """Yield the months of ``life`` that are over on ``last``; now and then one is missing.

    None from the month of the leaving on, but where only the VIP status ends.
    """
    until = month_number(last)
    if life.leaving is not None and life.leaving.kind != "vip_ended":
        until = min(until, month_number(life.leaving.left_on))
    for number in range(month_number(first), until):
        figures = _figures(random, life, number)
        if random.random() >= 0.008:
            yield month_of(number), figures


# --- Fate --------------------------------------------------------------------------------------


def _leaving(
    random: Random, tier: str, vip_since: date, first: date, last: date, leavers: Leavers
) -> tuple[Leaving | None, Course]:
    settled = max(first, vip_since) + timedelta(days=SETTLED_DAYS)
    begin = max(settled, last + timedelta(days=1)) if leavers is Leavers.LATER else settled
    ahead = {Leavers.EVERYBODY: 0, Leavers.LATER: LATER_MONTHS}.get(leavers, AHEAD_MONTHS)
    end = add_months(last, ahead)
    days = (end - begin).days + 1
    if days <= 0:
        return None, SUDDEN
    rates = {"": LOST_A_YEAR[tier], **OTHERWISE_A_YEAR}
    share = sum(rates.values()) * days / 365.25 * (MORE_LATER if leavers is Leavers.LATER else 1)
    if leavers is not Leavers.EVERYBODY and random.random() >= share:
        return None, SUDDEN
    left_on = begin + timedelta(days=random.randrange(days))
    other = random.choices(list(rates), list(rates.values()))[0]
    if other:
        is_voluntary = other == "transfer"
        return Leaving(left_on, other, is_voluntary), FADING if other == "vip_ended" else SUDDEN
    course = random.choices(COURSES, [course.weight for course in COURSES])[0]
    competitor = random.choice(COMPETITORS) if course.has_competitor else ""
    if course.cause == WITHOUT_SIGNS and random.random() < 0.5:
        competitor = ""
    leaving = Leaving(left_on, course.kind, course.is_voluntary, course.cause, competitor)
    return leaving, course


def _wavering(random: Random, first: date, last: date) -> Trouble | None:
    months = month_number(last) - month_number(first)
    if random.random() >= WAVERING_A_YEAR * months / 12:
        return None
    course = random.choices(COURSES, [course.weight for course in COURSES])[0]
    peak = month_number(first) + random.randrange(max(months, 1))
    return Trouble(course, peak, random.randint(*course.months), random.uniform(0.35, 0.85))


def _contracts(
    random: Random, first: date, last: date, leaving: Leaving | None, course: Course
) -> list[tuple[date, date]]:
    """Contracts end every two years; most are renewed around that day, some never are."""
    if random.random() < 0.1 and not course.ends_contract:
        return []
    if leaving is not None and course.ends_contract:
        end = leaving.left_on + timedelta(days=random.randint(-45, 30))
        return [(date.min, end)]
    end = first + timedelta(days=random.randrange(CONTRACT_MONTHS * 30))
    found = [(date.min, end)]
    while end < add_months(last, 4):
        renewed_on = end + timedelta(days=round(random.triangular(-100, 45, -45)))
        end = add_months(end, CONTRACT_MONTHS)
        found.append((renewed_on, end))
    return found


def _signs(
    random: Random, leaving: Leaving | None, course: Course, trouble: Trouble | None
) -> list[tuple[str, date]]:
    if leaving is not None:
        return [
            (sign.kind, leaving.left_on - timedelta(days=random.randint(*sign.days_before)))
            for sign in course.signs
            if random.random() < sign.share
        ]
    if trouble is not None and random.random() < 0.12:
        day = month_of(trouble.peak) + timedelta(days=random.randrange(28))
        return [("portability_query", day)]
    return []


# --- Months ------------------------------------------------------------------------------------


def _habits(random: Random, tier: str) -> Habits:
    bill, voice, data = BY_TIER[tier]
    wealth = exp(random.gauss(0, 0.25))
    return Habits(
        bill=bill * wealth,
        voice=voice * exp(random.gauss(0, 0.4)),
        data=data * exp(random.gauss(0, 0.4)),
        sms=8 * exp(random.gauss(0, 0.6)),
        plan=PLANS[tier][wealth > 1],
        noise=0.28 if random.random() < 0.08 else random.uniform(0.06, 0.16),
        travels=random.random() < 0.35,
        pays_late=0.3 if random.random() < 0.05 else 0.01,
        calls_care=0.5 if random.random() < 0.05 else 0.12,
    )


def is_spring_festival(month: date) -> bool:
    """Say whether the Spring Festival falls in ``month``."""
    return month.month == (1 if month.year in SPRING_FESTIVAL_IN_JANUARY else 2)


def season(month: date) -> tuple[float, float, float]:
    """Return how a month differs: factors of voice and data, and the chance of a journey."""
    if is_spring_festival(month):
        return 1.2, 1.15, 0.6
    if month.month in (7, 8):
        return 0.96, 1.12, 0.5
    if month.month == 10:
        return 1.0, 1.05, 0.45
    return 1.0, 1.0, 0.15


def _figures(random: Random, life: Life, number: int) -> Figures:
    month = month_of(number)
    days = monthrange(month.year, month.month)[1]
    habits, trouble = life.habits, life.trouble
    level = trouble.level(number) if trouble is not None else 0.0
    course = trouble.course if trouble is not None else SUDDEN
    voice, data, journey = season(month)
    left = 1 - course.bill * level
    # Part of the bill is the plan's fee, so it moves less than the usage does.
    noise = exp(random.gauss(0, habits.noise * 0.6))
    bill = _money(habits.bill * (0.7 + 0.3 * data) * noise * left)
    late = course.has_arrears and random.random() < level * 1.2
    late = late or random.random() < habits.pays_late
    idle = random.random() ** 3 * 3 + course.idle * level * random.uniform(0.9, 1.1)
    travels = habits.travels and level < 0.4 and random.random() < journey
    figures = Figures(
        bill=bill,
        voice_minutes=_used(random, habits.voice * voice, habits, 1 - course.voice * level),
        data_mb=_used(random, habits.data * data, habits, 1 - course.data * level),
        sms_count=_used(random, habits.sms, habits, 1 - course.voice * level),
        roaming_days=random.randint(1, 8) if travels else 0,
        balance=-bill if late else _money(random.uniform(0.1, 1.5) * habits.bill),
        days_without_use=min(int(idle), days),
        plan=habits.plan,
        contract_end=_contract_end(life.contracts, month.replace(day=days)),
        suspensions=int(late and random.random() < 0.35),
        care_calls=_count(random, habits.calls_care + course.care * level),
    )
    return _with_gaps(random, figures)


def _used(random: Random, usual: float, habits: Habits, left: float) -> int:
    return round(usual * left * exp(random.gauss(0, habits.noise)))


def _count(random: Random, expected: float) -> int:
    """Return a number of calls, ``expected`` on average (Poisson's distribution)."""
    limit, product, calls = exp(-expected), random.random(), 0
    while product > limit:
        product *= random.random()
        calls += 1
    return calls


def _money(yuan: float) -> Decimal:
    return Decimal(round(yuan * 100)).scaleb(-2)


def _contract_end(contracts: Sequence[tuple[date, date]], day: date) -> date | None:
    return next((end for known_from, end in reversed(contracts) if known_from <= day), None)


_CAN_BE_MISSING = ("voice_minutes", "data_mb", "roaming_days", "balance", "care_calls", "bill")


def _with_gaps(random: Random, figures: Figures) -> Figures:
    if random.random() >= 0.02:
        return figures
    missing = random.choice(_CAN_BE_MISSING)
    names = Figures.__annotations__
    kept: list[Any] = [None if n == missing else f for n, f in zip(names, figures, strict=True)]
    return Figures(*kept)
