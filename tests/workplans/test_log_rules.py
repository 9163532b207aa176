"""Who owes a plan or a log, for which days, until when (articles 4 and 5)."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workplans.rules.calendar import (
    Deadline,
    Deadlines,
    PlanKind,
    WorkCalendar,
    days_between,
    period_of,
)
from workplans.rules.logs import (
    LOG,
    LOG_BACK_DAYS,
    Attendance,
    DaySpan,
    LogFacts,
    LogState,
    asked_until,
    log_is_asked,
    log_state,
    may_begin_log,
    owed_between,
    works_on,
)
from workplans.services.calendar import moment_of

DEADLINES = Deadlines(week_hours=10, month_workday=1, year_day=10, log_hours=12)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
SPRING_FESTIVAL = WorkCalendar(
    {
        date(2026, 2, 14): True,
        **{date(2026, 2, day): False for day in range(15, 24)},
        date(2026, 2, 28): True,
    }
)
USUAL = Attendance()
AT_WEEKENDS = Attendance(weekdays=frozenset({3, 4, 5, 6, 7}))


def away(first: date, last: date) -> Attendance:
    return Attendance(away=(DaySpan(first, last),))


def state(day: date, attendance: Attendance = USUAL, **facts: bool) -> LogState:
    known = {"is_submitted": False, "is_late": False, "is_due": False, "is_future": False}
    return log_state(day, LogFacts(**{**known, **facts}), attendance, SPRING_FESTIVAL)


@pytest.mark.parametrize(
    ("day", "attendance", "asked"),
    [
        (date(2026, 11, 23), USUAL, True),
        (date(2026, 11, 22), USUAL, False),
        (date(2026, 11, 22), AT_WEEKENDS, True),
        (date(2026, 11, 23), AT_WEEKENDS, False),
        # A make-up Saturday is everybody's, a holiday nobody's.
        (date(2026, 2, 14), USUAL, True),
        (date(2026, 2, 28), USUAL, True),
        (date(2026, 2, 16), USUAL, False),
        (date(2026, 2, 18), AT_WEEKENDS, False),
        (date(2026, 2, 24), USUAL, True),
        # Leave includes both its days, and no more.
        (date(2026, 11, 23), away(date(2026, 11, 23), date(2026, 11, 24)), False),
        (date(2026, 11, 24), away(date(2026, 11, 23), date(2026, 11, 24)), False),
        (date(2026, 11, 25), away(date(2026, 11, 23), date(2026, 11, 24)), True),
        (date(2026, 2, 14), away(date(2026, 2, 14), date(2026, 2, 14)), False),
        # Over the turn of the year.
        (date(2026, 12, 31), away(date(2026, 12, 30), date(2027, 1, 4)), False),
        (date(2027, 1, 5), away(date(2026, 12, 30), date(2027, 1, 4)), True),
        (date(2026, 11, 23), Attendance(is_active=False), False),
    ],
)
def test_a_log_is_asked_for_on_each_day_at_work_and_on_no_other(
    day: date, attendance: Attendance, asked: bool
) -> None:
    assert log_is_asked(day, attendance, SPRING_FESTIVAL) is asked


def test_what_was_submitted_counts_and_the_rest_is_by_the_day() -> None:
    monday, sunday = date(2026, 11, 23), date(2026, 11, 22)
    assert state(monday, is_submitted=True) == LogState.ON_TIME
    assert state(monday, is_submitted=True, is_late=True, is_due=True) == LogState.LATE
    assert state(sunday, is_submitted=True) == LogState.ON_TIME
    assert state(monday) == LogState.OPEN
    assert state(monday, is_due=True) == LogState.MISSING
    assert state(monday, is_due=True, is_watched=False) == LogState.OFF
    assert state(monday, is_watched=False) == LogState.OPEN
    assert state(monday, is_future=True) == LogState.OFF
    assert state(sunday, is_due=True) == LogState.OFF
    assert state(monday, away(monday, monday), is_due=True) == LogState.LEAVE
    assert state(date(2026, 2, 17), is_due=True) == LogState.OFF


def test_a_log_is_begun_on_its_day_or_within_a_month() -> None:
    today = date(2027, 1, 5)
    assert may_begin_log(today, today)
    assert may_begin_log(today - timedelta(days=LOG_BACK_DAYS), today)
    assert not may_begin_log(today - timedelta(days=LOG_BACK_DAYS + 1), today)
    assert not may_begin_log(today + timedelta(days=1), today)


def test_noon_is_that_of_the_zone_also_where_the_clocks_change() -> None:
    deadline = Deadline(date(2026, 3, 29), 12)
    shanghai, urumqi = moment_of(deadline, "Asia/Shanghai"), moment_of(deadline, "Asia/Urumqi")
    assert urumqi - shanghai == timedelta(hours=2)
    berlin = moment_of(deadline, "Europe/Berlin")
    assert (berlin.hour, berlin.utcoffset()) == (12, timedelta(hours=2))
    assert moment_of(Deadline(date(2026, 12, 31), 24), "Asia/Shanghai").astimezone(
        ZoneInfo("Asia/Shanghai")
    ).date() == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("kind", "day", "attendance", "due"),
    [
        (PlanKind.WEEK, date(2026, 11, 25), USUAL, Deadline(date(2026, 11, 23), 10)),
        # Away on Monday: the first day back.
        (
            PlanKind.WEEK,
            date(2026, 11, 25),
            away(date(2026, 11, 20), date(2026, 11, 24)),
            Deadline(date(2026, 11, 25), 10),
        ),
        # Away for all of the week, Sunday or not.
        (PlanKind.WEEK, date(2026, 11, 25), away(date(2026, 11, 23), date(2026, 11, 27)), None),
        # Spring Festival: the whole week is off; the next begins with a holiday.
        (PlanKind.WEEK, date(2026, 2, 18), USUAL, None),
        (PlanKind.WEEK, date(2026, 2, 23), USUAL, Deadline(date(2026, 2, 24), 10)),
        (PlanKind.MONTH, date(2026, 11, 9), USUAL, Deadline(date(2026, 11, 2), 24)),
        (
            PlanKind.MONTH,
            date(2026, 11, 9),
            away(date(2026, 11, 1), date(2026, 11, 15)),
            Deadline(date(2026, 11, 16), 24),
        ),
        # 10 January 2027 is a Sunday.
        (PlanKind.YEAR, date(2027, 6, 1), USUAL, Deadline(date(2027, 1, 11), 24)),
        (PlanKind.YEAR, date(2028, 6, 1), USUAL, Deadline(date(2028, 1, 10), 24)),
        (PlanKind.YEAR, date(2028, 6, 1), away(date(2028, 1, 1), date(2028, 12, 31)), None),
    ],
)
def test_a_plan_is_asked_for_by_its_day_or_the_first_day_back(
    kind: PlanKind, day: date, attendance: Attendance, due: Deadline | None
) -> None:
    period = period_of(kind, day)
    assert asked_until(period, DEADLINES, attendance, SPRING_FESTIVAL) == due


def test_what_is_due_on_a_monday() -> None:
    monday = date(2026, 11, 23)
    assert {
        (owed.subject, owed.starts_on)
        for owed in owed_between(monday, monday, DEADLINES, USUAL, WorkCalendar())
    } == {("week", monday)}
    # Sunday's log of who worked on Sunday.
    assert {
        (owed.subject, owed.starts_on, owed.due)
        for owed in owed_between(monday, monday, DEADLINES, AT_WEEKENDS, WorkCalendar())
    } == {(LOG, date(2026, 11, 22), Deadline(monday, 12))}


@given(st.lists(DAYS, min_size=2, max_size=2, unique=True), DAYS)
def test_nothing_is_asked_of_the_days_of_leave(days: list[date], day: date) -> None:
    span = DaySpan(min(days), max(days))
    attendance = Attendance(away=(span,))
    if day in span:
        assert not works_on(day, attendance, SPRING_FESTIVAL)
    else:
        assert works_on(day, attendance, SPRING_FESTIVAL) == works_on(day, USUAL, SPRING_FESTIVAL)


@given(DAYS, st.integers(0, 20))
def test_spans_that_follow_each_other_owe_what_the_whole_owes(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    whole = list(owed_between(first, last, DEADLINES, USUAL, SPRING_FESTIVAL))
    parts = [
        owed
        for day in days_between(first, last)
        for owed in owed_between(day, day, DEADLINES, USUAL, SPRING_FESTIVAL)
    ]
    assert set(whole) == set(parts)
    assert len(whole) == len(parts)
