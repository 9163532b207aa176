"""What a signal sees of a customer on a day (article 17), at its edges."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules import add_months
from retention.rules.features import (
    Blank,
    Complained,
    Facts,
    Feature,
    MonthOfUse,
    Operator,
    Question,
    compare,
    latest_bill,
    recheck_on,
    value_of,
)

TODAY = date(2026, 11, 23)
OCTOBER = date(2026, 10, 1)


def months(name: str, *values: Any, last: date = OCTOBER) -> Facts:
    """Some months in a row that end with ``last``; only the figure ``name`` is known."""
    rows = []
    for back, value in zip(range(len(values) - 1, -1, -1), values, strict=True):
        month = add_months(last, -back)
        rows.append(MonthOfUse(month, add_months(month, 1), **{name: value}))
    return Facts(rows)


def seen(feature: Feature, facts: Facts, window: int = 3, day: date = TODAY) -> Any:
    return value_of(feature, facts.as_known_on(day), day, window)


@pytest.mark.parametrize(
    ("values", "change"),
    [
        ((100, 100, 100, 60), Decimal("-40.00")),
        ((900, 100, 100, 100, 60), Decimal("-40.00")),  # the fifth month back is no matter
        ((100, None, 100, 60), Decimal("-40.00")),
        ((100, 100, 60), Decimal("-40.00")),
        ((100, 60), Blank.UNKNOWN),  # one month is no average
        ((None, None, 100, 60), Blank.UNKNOWN),
        ((100, 100, 100, None), Blank.UNKNOWN),
        ((100, 100, 100, 0), Decimal("-100.00")),
        ((0, 0, 0, 60), Blank.NOT_APPLICABLE),  # who never used it cannot use it less
        ((3, 3, 3, 2), Decimal("-33.33")),
        ((100, 100, 100, 160), Decimal("60.00")),
    ],
)
def test_change_against_the_own_average(values: tuple[Any, ...], change: Any) -> None:
    assert seen(Feature.VOICE_CHANGE_PERCENT, months("voice_minutes", *values)) == change
    assert seen(Feature.DATA_CHANGE_PERCENT, months("data_mb", *values)) == change


def test_the_bill_is_compared_in_the_same_way() -> None:
    facts = months("bill", Decimal("200.00"), Decimal("100.00"), Decimal("75.00"))
    assert seen(Feature.BILL_CHANGE_PERCENT, facts) == Decimal("-50.00")


@pytest.mark.parametrize(
    ("last", "value"),
    [
        (date(2026, 10, 1), Decimal(20)),
        (date(2026, 9, 1), Decimal(20)),
        (date(2026, 8, 1), Blank.UNKNOWN),  # says nothing of the present any more
    ],
)
def test_usage_speaks_for_two_months(last: date, value: Any) -> None:
    assert seen(Feature.DAYS_WITHOUT_USE, months("days_without_use", 20, last=last)) == value


def test_the_month_that_runs_is_not_known_yet() -> None:
    november = months("days_without_use", 20, last=date(2026, 11, 1))
    assert seen(Feature.DAYS_WITHOUT_USE, november) is Blank.UNKNOWN
    assert seen(Feature.DAYS_WITHOUT_USE, november, day=date(2026, 12, 1)) == 20


def test_what_comes_in_later_was_not_known_then() -> None:
    late = Facts([MonthOfUse(OCTOBER, TODAY, days_without_use=20)])
    assert seen(Feature.DAYS_WITHOUT_USE, late, day=TODAY - timedelta(days=1)) is Blank.UNKNOWN
    assert seen(Feature.DAYS_WITHOUT_USE, late) == 20


@pytest.mark.parametrize(
    ("balance", "arrears"),
    [
        (Decimal("-12.50"), Decimal("12.50")),
        (Decimal(0), Decimal(0)),
        (Decimal(80), Decimal(0)),
        (None, Blank.UNKNOWN),
    ],
)
def test_arrears_are_what_the_balance_lacks(balance: Any, arrears: Any) -> None:
    assert seen(Feature.ARREARS_YUAN, months("balance", balance)) == arrears


@pytest.mark.parametrize("feature", [Feature.SUSPENSIONS, Feature.CARE_CALLS])
@pytest.mark.parametrize(
    ("values", "total"),
    [
        ((9, 1, 0, 2), Decimal(3)),
        ((1, None, 2), Decimal(3)),
        ((None, None), Blank.UNKNOWN),
    ],
)
def test_counts_are_added_over_the_window(
    feature: Feature, values: tuple[Any, ...], total: Any
) -> None:
    assert seen(feature, months(feature.value, *values)) == total


@pytest.mark.parametrize(
    ("end", "left"),
    [
        (TODAY, Decimal(0)),
        (TODAY + timedelta(days=60), Decimal(60)),
        (TODAY - timedelta(days=1), Decimal(-1)),
        (None, Blank.UNKNOWN),
    ],
)
def test_days_left_of_the_contract(end: date | None, left: Any) -> None:
    assert seen(Feature.CONTRACT_DAYS_LEFT, months("contract_end", end)) == left


@pytest.mark.parametrize(
    ("due", "days"),
    [
        (TODAY - timedelta(days=1), Decimal(1)),
        (TODAY, Decimal(0)),
        (TODAY + timedelta(days=9), Decimal(0)),
        (None, Blank.NOT_APPLICABLE),
    ],
)
def test_days_overdue_need_no_usage(due: date | None, days: Any) -> None:
    assert seen(Feature.CONTACT_OVERDUE_DAYS, Facts(due_on=due)) == days


@pytest.mark.parametrize(
    ("values", "without"),
    [
        ((2, 0, 0, 0), Decimal(3)),
        ((0, 0, 0, 1), Decimal(0)),
        ((0, 0, 0, 0), Blank.NOT_APPLICABLE),  # never roamed: nothing has stopped
        ((None, None), Blank.UNKNOWN),
        ((2, *[0] * 11), Decimal(11)),
        ((2, *[0] * 12), Blank.NOT_APPLICABLE),  # more than twelve months ago
    ],
)
def test_months_without_roaming_only_for_who_roamed(values: tuple[Any, ...], without: Any) -> None:
    facts = months("roaming_days", *values)
    assert seen(Feature.MONTHS_WITHOUT_ROAMING, facts, window=12) == without


def test_days_with_the_present_manager() -> None:
    changed = Facts(manager_changed_on=TODAY - timedelta(days=5))
    assert seen(Feature.DAYS_WITH_MANAGER, changed) == 5
    assert seen(Feature.DAYS_WITH_MANAGER, Facts()) is Blank.NOT_APPLICABLE
    later = Facts(manager_changed_on=TODAY + timedelta(days=1))
    assert seen(Feature.DAYS_WITH_MANAGER, later) is Blank.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [
        (Operator.LESS, True, False, False),
        (Operator.AT_MOST, True, True, False),
        (Operator.MORE, False, False, True),
        (Operator.AT_LEAST, False, True, True),
    ],
)
def test_operators_at_the_threshold(operator: Operator, below: bool, at: bool, above: bool) -> None:
    answers = [compare(Decimal(value), operator, Decimal(7)) for value in (6, 7, 8)]
    assert answers == [below, at, above]


def test_the_latest_known_bill() -> None:
    assert latest_bill(months("bill", Decimal(9), Decimal(8), None).months) == 8
    assert latest_bill([]) is None


days = st.integers(-500, 200).map(lambda n: TODAY + timedelta(days=n))
figures = st.one_of(st.none(), st.integers(0, 3))
a_month = st.builds(
    MonthOfUse,
    month=st.integers(-16, 2).map(lambda n: add_months(date(2026, 11, 1), n)),
    received_on=days,
    voice_minutes=figures,
    roaming_days=figures,
    days_without_use=figures,
    suspensions=figures,
    contract_end=st.one_of(st.none(), days),
)
facts = st.builds(
    Facts,
    months=st.lists(a_month, max_size=6, unique_by=lambda m: m.month).map(
        lambda rows: sorted(rows, key=lambda m: m.month)
    ),
    due_on=st.one_of(st.none(), days),
    manager_changed_on=st.one_of(st.none(), days),
)
questions = st.builds(
    Question,
    feature=st.sampled_from(list(Feature)),
    operator=st.sampled_from(list(Operator)),
    threshold=st.decimals(-90, 90, places=2),
)


@given(all_=facts, question=questions, window=st.integers(1, 12), ahead=st.integers(1, 120))
def test_until_the_day_to_look_again_no_answer_changes(
    all_: Facts, question: Question, window: int, ahead: int
) -> None:
    def answer(day: date) -> Any:
        value = value_of(question.feature, all_.as_known_on(day), day, window)
        if isinstance(value, Blank):
            return value
        return compare(value, question.operator, question.threshold)

    again = recheck_on(all_, all_.as_known_on(TODAY), [question], TODAY)
    day = TODAY + timedelta(days=ahead)
    if again is None or day < again:
        assert answer(day) == answer(TODAY)


COMPLAINED = [
    Complained(date(2026, 8, 24), date(2026, 8, 26)),
    Complained(date(2026, 8, 23), date(2026, 8, 25)),  # three months ago to the day
    Complained(date(2026, 11, 20)),
    Complained(date(2026, 11, 24)),  # not yet
]


def test_complaints_open_and_within_the_window() -> None:
    facts = Facts(complaints=COMPLAINED)
    assert seen(Feature.OPEN_COMPLAINTS, facts) == 1
    assert seen(Feature.COMPLAINTS, facts) == 2
    assert seen(Feature.COMPLAINTS, facts, window=4) == 3
    assert seen(Feature.OPEN_COMPLAINTS, facts, day=date(2026, 8, 25)) == 1  # closed a day later
    assert seen(Feature.COMPLAINTS, Facts()) == 0


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.integers(1, 12),
    st.integers(0, 400),
)
def test_the_day_on_which_a_complaint_leaves_the_window_is_looked_at(
    received_on: date, window: int, days: int
) -> None:
    facts = Facts(complaints=[Complained(received_on, received_on)])
    day = received_on + timedelta(days=days)
    question = Question(Feature.COMPLAINTS, Operator.AT_LEAST, Decimal(1))
    again = recheck_on(facts, facts.as_known_on(day), [question], day)
    now = seen(Feature.COMPLAINTS, facts, window, day)
    last = (again or day + timedelta(days=400)) - timedelta(days=1)
    assert seen(Feature.COMPLAINTS, facts, window, last) == now
