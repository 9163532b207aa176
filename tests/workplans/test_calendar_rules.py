"""Working days, periods and deadlines (articles 4 and 5)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workplans.models import WorkdayException
from workplans.rules.calendar import (
    Deadline,
    Deadlines,
    PlanKind,
    WorkCalendar,
    log_due,
    next_period,
    period_of,
    plan_due,
    previous_period,
)
from workplans.services.calendar import fill_workdays, load_calendar

DEADLINES = Deadlines(week_hours=10, month_workday=1, year_day=10, log_hours=12)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))

SPRING_FESTIVAL = WorkCalendar(
    {
        date(2026, 2, 14): True,
        **{date(2026, 2, day): False for day in range(15, 24)},
        date(2026, 2, 28): True,
    }
)


def test_a_make_up_saturday_is_worked_and_the_festival_is_not() -> None:
    assert SPRING_FESTIVAL.is_workday(date(2026, 2, 14))
    assert not SPRING_FESTIVAL.is_workday(date(2026, 2, 16))
    assert SPRING_FESTIVAL.workdays(date(2026, 2, 14), date(2026, 2, 25)) == [
        date(2026, 2, 14),
        date(2026, 2, 24),
        date(2026, 2, 25),
    ]


def test_a_week_begins_on_monday_and_may_cross_years() -> None:
    week = period_of(PlanKind.WEEK, date(2027, 1, 1))
    assert (week.starts_on, week.ends_on) == (date(2026, 12, 28), date(2027, 1, 3))
    assert date(2027, 1, 3) in week
    assert date(2027, 1, 4) not in week


def test_a_month_ends_on_its_last_day() -> None:
    assert period_of(PlanKind.MONTH, date(2028, 2, 10)).ends_on == date(2028, 2, 29)
    assert period_of(PlanKind.MONTH, date(2026, 12, 31)).ends_on == date(2026, 12, 31)


@given(st.sampled_from(list(PlanKind)), DAYS)
def test_periods_follow_each_other_without_a_gap(kind: PlanKind, day: date) -> None:
    period = period_of(kind, day)
    assert day in period
    assert (next_period(period).starts_on - period.ends_on).days == 1
    assert previous_period(next_period(period)) == period


def test_a_weeks_plan_is_due_on_monday_at_ten() -> None:
    week = period_of(PlanKind.WEEK, date(2026, 11, 25))
    assert plan_due(week, DEADLINES, WorkCalendar()) == Deadline(date(2026, 11, 23), 10)


def test_a_months_plan_is_due_on_the_first_working_day() -> None:
    november = period_of(PlanKind.MONTH, date(2026, 11, 25))
    assert plan_due(november, DEADLINES, WorkCalendar()) == Deadline(date(2026, 11, 2), 24)
    october = period_of(PlanKind.MONTH, date(2026, 10, 1))
    golden_week = WorkCalendar({date(2026, 10, day): False for day in range(1, 8)})
    assert plan_due(october, DEADLINES, golden_week) == Deadline(date(2026, 10, 8), 24)


def test_a_years_plan_is_due_at_the_end_of_the_tenth_of_january() -> None:
    year = period_of(PlanKind.YEAR, date(2027, 6, 1))
    assert plan_due(year, DEADLINES, WorkCalendar()) == Deadline(date(2027, 1, 10), 24)


def test_a_log_is_due_at_noon_of_the_next_day() -> None:
    assert log_due(date(2026, 12, 31), DEADLINES) == Deadline(date(2027, 1, 1), 12)


def test_working_days_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        WorkCalendar().nth_workday(date(2026, 11, 1), 0)


@pytest.mark.django_db
def test_the_announced_calendar_is_there_and_filling_it_again_changes_nothing() -> None:
    calendar = load_calendar(date(2026, 1, 1), date(2026, 12, 31))
    assert calendar.is_workday(date(2026, 2, 14))
    assert not calendar.is_workday(date(2026, 2, 17))
    WorkdayException.objects.filter(day=date(2026, 2, 17)).update(is_workday=True, by_hand=True)
    assert fill_workdays(years=[2026]) == 0
    assert load_calendar(date(2026, 2, 17), date(2026, 2, 17)).is_workday(date(2026, 2, 17))


@pytest.mark.django_db
def test_a_year_that_is_not_announced_yet_adds_nothing() -> None:
    assert fill_workdays(years=[2090]) == 0
