"""What a signal can ask about a customer, and how it is answered for a day (article 17).

Plain values in and out: no database, no clock, no settings. Dates are local dates of the unit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum, StrEnum
from functools import lru_cache

from customers.rules import add_months

FRESH_MONTHS = 2
"""Usage of a month still speaks for the present this many months after it."""
LEAST_MONTHS = 2
"""An average of fewer months is none."""
LONGEST_WINDOW = 12
MONTHS_READ = FRESH_MONTHS + LONGEST_WINDOW
"""How far back of the present month anything is looked at."""
HUNDREDTH = Decimal("0.01")


class Operator(StrEnum):
    """How a value is compared with a signal's threshold."""

    LESS = "lt"
    AT_MOST = "lte"
    MORE = "gt"
    AT_LEAST = "gte"


class Feature(StrEnum):
    """What is known of a customer on a day; the unit is part of the name.

    ``…_change_percent``: the latest month against the customer's own average of the months in
    the window before it (-40 is a fall by 40 %).
    """

    VOICE_CHANGE_PERCENT = "voice_change_percent"
    DATA_CHANGE_PERCENT = "data_change_percent"
    BILL_CHANGE_PERCENT = "bill_change_percent"
    DAYS_WITHOUT_USE = "days_without_use"
    ARREARS_YUAN = "arrears_yuan"
    SUSPENSIONS = "suspensions"
    CONTRACT_DAYS_LEFT = "contract_days_left"
    CONTACT_OVERDUE_DAYS = "contact_overdue_days"
    MONTHS_WITHOUT_ROAMING = "months_without_roaming"
    CARE_CALLS = "care_calls"
    DAYS_WITH_MANAGER = "days_with_manager"
    OPEN_COMPLAINTS = "open_complaints"
    COMPLAINTS = "complaints"


class Blank(Enum):
    """Why there is no value: not known, or the question does not arise for this customer."""

    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


Value = Decimal | Blank

CHANGES = {
    Feature.VOICE_CHANGE_PERCENT: "voice_minutes",
    Feature.DATA_CHANGE_PERCENT: "data_mb",
    Feature.BILL_CHANGE_PERCENT: "bill",
}
SUMS = {Feature.SUSPENSIONS: "suspensions", Feature.CARE_CALLS: "care_calls"}
RUNNING = {
    Feature.CONTRACT_DAYS_LEFT,
    Feature.CONTACT_OVERDUE_DAYS,
    Feature.DAYS_WITH_MANAGER,
}
"""Features whose value moves by one each day although nothing happened."""
APART_FROM_USE = {
    Feature.CONTACT_OVERDUE_DAYS,
    Feature.DAYS_WITH_MANAGER,
    Feature.OPEN_COMPLAINTS,
    Feature.COMPLAINTS,
}
"""Features that ask nothing of the usage."""


@lru_cache(maxsize=256)
def month_after(month: date) -> date:
    """Return the first day of the month after ``month``."""
    return add_months(month, 1)


@dataclass(frozen=True, slots=True)
class MonthOfUse:
    """One customer's usage of one month (its first day); None is not known.

    ``received_on``: the local day on which it came in. Money in yuan; ``balance`` below zero is
    arrears.
    """

    month: date
    received_on: date
    bill: Decimal | None = None
    voice_minutes: int | None = None
    data_mb: int | None = None
    roaming_days: int | None = None
    balance: Decimal | None = None
    days_without_use: int | None = None
    contract_end: date | None = None
    suspensions: int | None = None
    care_calls: int | None = None

    @property
    def counts_from(self) -> date:
        """The first day on which it is known and its month is over."""
        return max(month_after(self.month), self.received_on)


@dataclass(frozen=True, slots=True)
class Complained:
    """One complaint: the local day on which it came in, and on which it was closed (None: open)."""

    received_on: date
    closed_on: date | None = None

    def as_known_on(self, day: date) -> Complained:
        """Return what was known of it on ``day``."""
        closed = self.closed_on
        return self if closed is None or closed <= day else Complained(self.received_on)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a score can depend on. ``months``: in order of month, each once.

    ``complaints``: those open or of the last ``LONGEST_WINDOW`` months. ``due_on``: the day after
    which a contact is overdue; None where that clock does not run.
    ``manager_changed_on``: when the customer last got another manager; None where never.
    """

    months: Sequence[MonthOfUse] = ()
    due_on: date | None = None
    manager_changed_on: date | None = None
    complaints: Sequence[Complained] = ()

    def as_known_on(self, day: date) -> Facts:
        """Return what was known on ``day``: months that are over and had come in."""
        first = add_months(day.replace(day=1), -MONTHS_READ)
        changed = self.manager_changed_on
        return Facts(
            months=[m for m in self.months if m.month >= first and m.counts_from <= day],
            due_on=self.due_on,
            manager_changed_on=changed if changed is not None and changed <= day else None,
            complaints=[c.as_known_on(day) for c in self.complaints if c.received_on <= day],
        )


def latest_month(months: Sequence[MonthOfUse], as_of: date) -> MonthOfUse | None:
    """Return the latest month that is known; None where even that one is too long ago."""
    oldest = add_months(as_of.replace(day=1), -FRESH_MONTHS)
    return months[-1] if months and months[-1].month >= oldest else None


def latest_bill(months: Sequence[MonthOfUse]) -> Decimal | None:
    """Return the latest bill that is known, in yuan."""
    return next((m.bill for m in reversed(months) if m.bill is not None), None)


def value_of(feature: Feature, facts: Facts, as_of: date, window_months: int) -> Value:
    """Return the value of ``feature`` on ``as_of``, to a hundredth.

    ``facts`` are those known on that day (``as_known_on``).
    """
    if feature in APART_FROM_USE:
        return _apart_from_use(feature, facts, as_of, window_months)
    latest = latest_month(facts.months, as_of)
    if latest is None:
        return Blank.UNKNOWN
    if feature in CHANGES:
        return _change(facts.months, latest, CHANGES[feature], window_months)
    if feature in SUMS:
        return _sum(_window(facts.months, latest, window_months), SUMS[feature])
    if feature is Feature.MONTHS_WITHOUT_ROAMING:
        return _months_without_roaming(_window(facts.months, latest, window_months), latest)
    return _of_the_latest(feature, latest, as_of)


def _apart_from_use(feature: Feature, facts: Facts, as_of: date, window_months: int) -> Value:
    if feature is Feature.CONTACT_OVERDUE_DAYS:
        return _days(facts.due_on, as_of, at_least_zero=True)
    if feature is Feature.DAYS_WITH_MANAGER:
        return _days(facts.manager_changed_on, as_of)
    if feature is Feature.OPEN_COMPLAINTS:
        return Decimal(sum(one.closed_on is None for one in facts.complaints))
    return Decimal(sum(_within(one, as_of, window_months) for one in facts.complaints))


def _within(complaint: Complained, as_of: date, window_months: int) -> bool:
    """Say whether a complaint came in within the window that ends with ``as_of``."""
    return as_of < add_months(complaint.received_on, window_months)


def compare(value: Decimal, operator: Operator, threshold: Decimal) -> bool:
    """Say whether ``value`` is less, at most, more or at least ``threshold``."""
    if operator is Operator.LESS:
        return value < threshold
    if operator is Operator.AT_MOST:
        return value <= threshold
    if operator is Operator.MORE:
        return value > threshold
    return value >= threshold


@dataclass(frozen=True, slots=True)
class Question:
    """What a signal asks: a feature against a threshold."""

    feature: Feature
    operator: Operator
    threshold: Decimal


def recheck_on(
    facts: Facts, known: Facts, questions: Iterable[Question], as_of: date
) -> date | None:
    """Return the first day after ``as_of`` on which an answer may be another by itself.

    Never too late; too early costs only another look. ``facts`` are all that is stored, months
    too that do not count on ``as_of`` yet; ``known`` those that do. None: without new data
    nothing changes.
    """
    days = [month.counts_from for month in facts.months]
    latest = latest_month(known.months, as_of)
    if latest is not None:
        days.append(add_months(latest.month, FRESH_MONTHS + 1))
    if facts.manager_changed_on is not None:
        days.append(facts.manager_changed_on)
    # Whatever its window, a complaint leaves it on such a day.
    for one in facts.complaints:
        days.append(one.received_on)
        days.extend(add_months(one.received_on, n + 1) for n in range(LONGEST_WINDOW))
    for question in questions:
        days.extend(_flips(question, known, latest))
    return min((day for day in days if day > as_of), default=None)


def _flips(question: Question, facts: Facts, latest: MonthOfUse | None) -> Iterator[date]:
    """Yield the day on which the answer to a question about running days changes."""
    threshold = question.threshold
    if question.feature is Feature.CONTRACT_DAYS_LEFT:
        end = latest.contract_end if latest is not None else None
        if end is not None:
            # Falling: "at most" and "more" change when the days left reach the threshold.
            reaches = question.operator in (Operator.AT_MOST, Operator.MORE)
            left = math.floor(threshold) if reaches else math.ceil(threshold) - 1
            yield end - timedelta(days=left)
        return
    start = {
        Feature.CONTACT_OVERDUE_DAYS: facts.due_on,
        Feature.DAYS_WITH_MANAGER: facts.manager_changed_on,
    }.get(question.feature)
    if start is not None:
        # Rising: "at least" and "less" change when the days reach the threshold.
        reaches = question.operator in (Operator.AT_LEAST, Operator.LESS)
        yield start + timedelta(days=math.ceil(threshold) if reaches else math.floor(threshold) + 1)


def _days(since: date | None, as_of: date, *, at_least_zero: bool = False) -> Value:
    if since is None:
        return Blank.NOT_APPLICABLE
    days = (as_of - since).days
    return Decimal(max(days, 0) if at_least_zero else days)


def _window(
    months: Sequence[MonthOfUse], latest: MonthOfUse, window_months: int
) -> list[MonthOfUse]:
    """Return the months of the window that ends with the latest one."""
    after = add_months(latest.month, -window_months)
    return [m for m in months if m.month > after]


def _change(
    months: Sequence[MonthOfUse], latest: MonthOfUse, name: str, window_months: int
) -> Value:
    present = getattr(latest, name)
    first = add_months(latest.month, -window_months)
    before = [getattr(m, name) for m in months if first <= m.month < latest.month]
    known = [Decimal(value) for value in before if value is not None]
    if present is None or len(known) < LEAST_MONTHS:
        return Blank.UNKNOWN
    total = sum(known)
    if total <= 0:
        return Blank.NOT_APPLICABLE
    change = (Decimal(present) * len(known) / total - 1) * 100
    return change.quantize(HUNDREDTH, ROUND_HALF_UP)


def _sum(months: Sequence[MonthOfUse], name: str) -> Value:
    known = [getattr(m, name) for m in months if getattr(m, name) is not None]
    return Decimal(sum(known)) if known else Blank.UNKNOWN


def _months_without_roaming(months: Sequence[MonthOfUse], latest: MonthOfUse) -> Value:
    known = [m for m in months if m.roaming_days is not None]
    if not known:
        return Blank.UNKNOWN
    last = next((m.month for m in reversed(known) if m.roaming_days), None)
    if last is None:
        return Blank.NOT_APPLICABLE
    present = latest.month
    return Decimal((present.year - last.year) * 12 + present.month - last.month)


def _of_the_latest(feature: Feature, latest: MonthOfUse, as_of: date) -> Value:
    if feature is Feature.CONTRACT_DAYS_LEFT:
        end = latest.contract_end
        return Blank.UNKNOWN if end is None else Decimal((end - as_of).days)
    if feature is Feature.ARREARS_YUAN:
        balance = latest.balance
        return Blank.UNKNOWN if balance is None else max(-balance, Decimal(0))
    days = latest.days_without_use
    return Blank.UNKNOWN if days is None else Decimal(days)
