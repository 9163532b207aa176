"""What a draft holds and on which day (article 4)."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staff.rules import CoverSpan
from workplans.rules.calendar import WorkCalendar
from workplans.rules.days import Hours, Span, WorkDays, capacity, room_of
from workplans.rules.drafting import (
    Candidate,
    Carried,
    Draft,
    Errand,
    Reason,
    Sizes,
    Wish,
    errands_of,
    place_of,
    spread,
    text_errand,
)
from workplans.rules.targets import contacts_needed, profiles_needed, spread_evenly

MONDAY = date(2026, 11, 23)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = (
    MONDAY + timedelta(days=n) for n in range(1, 7)
)
WEEK = [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY]
SIZES = Sizes(call_minutes=15, message_minutes=5, visit_minutes=60, share_percent=60)
ME, OTHER = 1, 2

SPRING_FESTIVAL = WorkCalendar(
    {
        date(2026, 2, 14): True,
        **{date(2026, 2, day): False for day in range(15, 24)},
        date(2026, 2, 28): True,
    }
)


def a_candidate(number: int = 1, **fields: Any) -> Candidate:
    return Candidate(**{"customer": number, "manager": ME, "tier": "gold", **fields})


def errands(*candidates: Candidate, last: date = SUNDAY) -> list[Errand]:
    return [
        errand
        for one in candidates
        for errand in errands_of(one, first=MONDAY, last=last, sizes=SIZES)
    ]


def draft(
    *candidates: Candidate, minutes: int = 288, days: list[date] | None = None, **given: Any
) -> Draft:
    days = WEEK if days is None else days
    return spread(errands(*candidates), dict.fromkeys(days, minutes), {ME: days}, **given)


def days_of(found: Draft) -> dict[int | None, date]:
    return {one.errand.customer: one.day for one in found.placed}


# --- Days ----------------------------------------------------------------------------------------


def test_a_make_up_saturday_is_worked_by_who_never_works_on_one() -> None:
    days = WorkDays(ME, calendar=SPRING_FESTIVAL)
    week = days.there(date(2026, 2, 9), date(2026, 2, 15))
    assert week == [date(2026, 2, day) for day in range(9, 15)]
    assert days.there(date(2026, 2, 16), date(2026, 2, 22)) == []


def test_weekdays_are_the_managers_own() -> None:
    days = WorkDays(ME, hours=Hours(weekdays=frozenset({2, 6})))
    assert days.there(MONDAY, SUNDAY) == [TUESDAY, SATURDAY]


def test_what_falls_into_the_festival_belongs_to_the_week_before() -> None:
    days = WorkDays(ME, calendar=SPRING_FESTIVAL)
    assert days.last_day_for(date(2026, 2, 15), date(2026, 3, 8)) == date(2026, 2, 23)
    assert days.last_day_for(SUNDAY, SUNDAY + timedelta(days=21)) == SUNDAY


def test_leave_counts_like_a_holiday_and_a_cover_does_not() -> None:
    end = SUNDAY + timedelta(days=21)
    span = Span(SUNDAY + timedelta(days=1), SUNDAY + timedelta(days=2))
    assert WorkDays(ME, leave=(span,)).last_day_for(SUNDAY, end) == span.ends_on
    cover = CoverSpan(ME, OTHER, span.starts_on, span.ends_on)
    assert WorkDays(ME, covers=(cover,)).last_day_for(SUNDAY, end) == SUNDAY


def test_a_cover_across_the_weeks_end_is_served_on_its_days_only() -> None:
    cover = CoverSpan(OTHER, ME, THURSDAY, SUNDAY + timedelta(days=2))
    days = WorkDays(ME, covers=(cover,))
    assert days.serving(WEEK) == {ME: WEEK, OTHER: [THURSDAY, FRIDAY]}
    away = WorkDays(OTHER, covers=(cover,))
    assert away.there(MONDAY, SUNDAY) == [MONDAY, TUESDAY, WEDNESDAY]
    next_week = [day + timedelta(days=7) for day in WEEK]
    assert days.serving(next_week)[OTHER] == next_week[:2]


def test_who_is_covered_passes_a_cover_on() -> None:
    covers = (CoverSpan(3, OTHER, MONDAY, FRIDAY), CoverSpan(OTHER, ME, TUESDAY, TUESDAY))
    assert WorkDays(ME, covers=covers).serving(WEEK) == {
        ME: WEEK,
        OTHER: [TUESDAY],
        3: [TUESDAY],
    }


def test_a_draft_fills_a_share_of_the_hours_less_what_is_planned() -> None:
    assert capacity(Hours(), 60) == 288
    assert room_of([MONDAY, TUESDAY], Hours(), 60, {MONDAY: 300}) == {MONDAY: 0, TUESDAY: 288}


# --- What is wanted ------------------------------------------------------------------------------


def test_a_contact_is_planned_on_the_last_day_up_to_its_due_day() -> None:
    found = draft(
        a_candidate(1, contact_due_on=WEDNESDAY),
        a_candidate(2, contact_due_on=SUNDAY),
        a_candidate(3, contact_due_on=SUNDAY + timedelta(days=1)),
    )
    assert days_of(found) == {1: WEDNESDAY, 2: FRIDAY}


def test_what_is_overdue_comes_first_the_oldest_before_the_others() -> None:
    found = draft(
        a_candidate(1, contact_due_on=MONDAY),
        a_candidate(2, contact_due_on=MONDAY - timedelta(days=2)),
        a_candidate(3, contact_due_on=MONDAY - timedelta(days=9)),
        minutes=15,
    )
    assert days_of(found) == {3: MONDAY, 2: TUESDAY, 1: WEDNESDAY}


def test_what_does_not_fit_is_left_over_and_not_crammed_in() -> None:
    people = [a_candidate(n, contact_due_on=FRIDAY) for n in range(1, 13)]
    found = draft(*people, minutes=30)
    assert len(found.placed) == 10
    assert len(found.left) == 2


@given(
    st.lists(
        st.builds(
            a_candidate,
            st.integers(1, 10_000),
            contact_due_on=st.dates(MONDAY - timedelta(days=30), SUNDAY),
            visit_due_on=st.none() | st.dates(MONDAY - timedelta(days=30), SUNDAY),
            place=st.sampled_from(["", "a", "b"]),
            contact_exempt_until=st.none() | st.dates(MONDAY, FRIDAY),
        ),
        max_size=40,
    ),
    st.integers(0, 300),
)
def test_no_day_is_overfilled_and_nobody_is_lost(people: list[Candidate], minutes: int) -> None:
    wanted = errands(*people)
    found = spread(wanted, dict.fromkeys(WEEK, minutes), {ME: WEEK})
    assert len(found.placed) + len(found.left) == len(wanted)
    for day in WEEK:
        assert sum(one.errand.minutes for one in found.placed if one.day == day) <= minutes


@given(st.lists(st.dates(MONDAY - timedelta(days=9), SUNDAY), max_size=15))
def test_with_room_enough_nobody_is_planned_after_the_due_day(days: list[date]) -> None:
    people = [a_candidate(number, contact_due_on=day) for number, day in enumerate(days, 1)]
    found = draft(*people, minutes=1000)
    assert len(found.placed) == len(people)
    for one in found.placed:
        late = one.errand.by < MONDAY
        assert one.day == (MONDAY if late else min(one.errand.by, FRIDAY))


def test_a_visit_takes_the_due_contact_with_it() -> None:
    (errand,) = errands(a_candidate(contact_due_on=THURSDAY, visit_due_on=SUNDAY))
    assert (errand.matter, errand.needs_visit, errand.by) == ("visit", True, THURSDAY)
    assert (errand.channel, errand.minutes) == ("visit", 60)


def test_a_promise_is_kept_by_itself_beside_a_due_visit() -> None:
    promise = Wish(Reason.FOLLOW_UP, TUESDAY, "Call about the bill")
    call, visit = errands(a_candidate(wishes=[promise], contact_due_on=FRIDAY, visit_due_on=FRIDAY))
    assert (call.matter, call.by, call.purpose) == ("follow_up", TUESDAY, "Call about the bill")
    assert (call.needs_visit, visit.needs_visit) == (False, True)
    assert call.occasion == "follow_up"


def test_a_warning_comes_at_once_before_what_is_overdue() -> None:
    found = draft(
        a_candidate(1, contact_due_on=MONDAY - timedelta(days=60)),
        a_candidate(2, wishes=[Wish(Reason.WARNING, WEDNESDAY)]),
        minutes=15,
    )
    assert days_of(found) == {2: MONDAY, 1: TUESDAY}


def test_visits_in_one_place_are_on_one_day() -> None:
    found = draft(
        a_candidate(1, visit_due_on=TUESDAY, place="A"),
        a_candidate(2, visit_due_on=THURSDAY, place="B"),
        a_candidate(3, visit_due_on=FRIDAY, place="A"),
        a_candidate(4, visit_due_on=FRIDAY, place="C"),
        visits={MONDAY: {"C"}},
    )
    assert days_of(found) == {1: TUESDAY, 2: THURSDAY, 3: TUESDAY, 4: MONDAY}


@pytest.mark.parametrize(
    ("liking", "refused", "channel", "minutes"),
    [
        ("sms", (), "sms", 5),
        ("sms", ("sms",), "phone", 15),
        ("", ("phone",), "im", 5),
        ("visit", (), "visit", 60),
    ],
)
def test_the_channel_is_the_customers_liking(
    liking: str, refused: tuple[str, ...], channel: str, minutes: int
) -> None:
    one = a_candidate(contact_due_on=FRIDAY, preferred_channel=liking, opted_out=refused)
    (errand,) = errands(one)
    assert (errand.channel, errand.minutes) == (channel, minutes)


def test_who_refuses_every_visit_is_not_visited() -> None:
    assert errands(a_candidate(visit_due_on=FRIDAY, opted_out={"visit", "reception"})) == []
    (errand,) = errands(a_candidate(visit_due_on=FRIDAY, opted_out={"visit"}))
    assert errand.channel == "reception"


def test_an_exempt_customer_is_left_out_until_the_exemption_ends() -> None:
    overdue = MONDAY - timedelta(days=3)
    found = draft(
        a_candidate(1, contact_due_on=overdue, contact_exempt_until=SUNDAY),
        a_candidate(2, contact_due_on=overdue, contact_exempt_until=TUESDAY),
        a_candidate(3, contact_due_on=overdue, visit_due_on=FRIDAY, visit_exempt_until=SUNDAY),
        a_candidate(4, birthday_on=FRIDAY, contact_exempt_until=SUNDAY),
    )
    assert days_of(found) == {2: WEDNESDAY, 3: MONDAY}
    assert found.left == []


def test_a_visit_that_must_wait_does_not_hold_up_an_overdue_contact() -> None:
    overdue = MONDAY - timedelta(days=3)
    one = a_candidate(contact_due_on=overdue, visit_due_on=overdue, visit_exempt_until=TUESDAY)
    found = [(placed.errand.matter, placed.day) for placed in draft(one).placed]
    assert found == [("contact", MONDAY), ("visit", WEDNESDAY)]


def test_a_snoozed_row_waits_for_its_day() -> None:
    one = a_candidate(contact_due_on=MONDAY - timedelta(days=3), snoozed={"contact": THURSDAY})
    assert days_of(draft(one)) == {1: THURSDAY}


def test_nobody_with_an_open_complaint_is_congratulated() -> None:
    assert errands(a_candidate(birthday_on=FRIDAY, has_complaint=True)) == []
    (errand,) = errands(a_candidate(birthday_on=FRIDAY))
    assert (errand.matter, errand.occasion) == ("birthday", "care")


def test_a_birthday_is_kept_on_its_day_or_before_it_and_never_after() -> None:
    found = draft(
        a_candidate(1, birthday_on=THURSDAY), a_candidate(2, birthday_on=SUNDAY), minutes=15
    )
    assert days_of(found) == {1: THURSDAY, 2: FRIDAY}
    late = draft(a_candidate(birthday_on=MONDAY), days=[TUESDAY])
    assert (late.placed, late.left) == ([], [])


def test_a_contact_that_can_wait_is_made_on_the_birthday() -> None:
    (errand,) = errands(a_candidate(contact_due_on=FRIDAY, birthday_on=WEDNESDAY))
    assert (errand.by, errand.occasion, errand.matter) == (WEDNESDAY, "care", "contact")
    overdue = a_candidate(contact_due_on=MONDAY - timedelta(days=1), birthday_on=WEDNESDAY)
    assert [errand.matter for errand in errands(overdue)] == ["contact", "birthday"]


def test_who_called_in_vain_is_called_back_at_once() -> None:
    (errand,) = errands(a_candidate(wishes=[Wish(Reason.OCCASION, MONDAY - timedelta(days=2))]))
    assert (errand.at_once, errand.occasion) == (True, "customer_question")


def test_what_was_left_is_carried_on_unless_the_customer_is_planned_anyhow() -> None:
    carried = Carried(matter="profile", purpose="Ask for the employer", on=THURSDAY)
    (errand,) = errands(a_candidate(carried=carried))
    assert (errand.matter, errand.by, errand.is_carried) == ("profile", THURSDAY, True)
    (due,) = errands(a_candidate(carried=carried, contact_due_on=FRIDAY))
    assert (due.purpose, due.is_carried) == ("Ask for the employer", False)
    text = text_errand(Carried(text="Paperwork"), ME, MONDAY, SUNDAY)
    found = spread([text], dict.fromkeys(WEEK, 60), {ME: WEEK})
    assert days_of(found) == {None: MONDAY}


def test_the_order_of_a_day_follows_the_hours_the_customers_like() -> None:
    found = draft(
        a_candidate(1, contact_due_on=MONDAY, preferred_from=time(15)),
        a_candidate(2, contact_due_on=MONDAY),
        a_candidate(3, contact_due_on=MONDAY, preferred_from=time(9)),
    )
    assert [one.errand.customer for one in found.placed] == [3, 2, 1]


@pytest.mark.parametrize(
    ("city", "address", "place"),
    [
        ("滨江市", "江海省滨江市东城区人民路1号", "滨江市东城区"),
        ("滨江市", "东城区 建设路８号", "滨江市东城区"),
        ("", "人民路12号3楼", "人民路"),
        ("Lille", "12 Rue Haute", "Lille"),
    ],
)
def test_a_place_is_the_district_or_the_street(city: str, address: str, place: str) -> None:
    assert place_of(city, address) == place


# --- Targets -------------------------------------------------------------------------------------


def test_the_cadence_asks_for_population_times_intervals() -> None:
    assert contacts_needed(100, months=12, interval_months=1) == 1200
    assert contacts_needed(10, months=1, interval_months=3) == 4
    assert contacts_needed(0, months=12, interval_months=1) == 0
    assert profiles_needed(100, months=12, stale_days=365) == 100


@given(st.integers(0, 100_000), st.lists(st.integers(0, 23), min_size=1, max_size=53))
def test_rolling_down_never_loses_a_unit(target: int, weights: list[int]) -> None:
    shares = spread_evenly(target, weights)
    assert sum(shares) == target
    assert all(share >= 0 for share in shares)


def test_the_parts_are_as_even_as_whole_numbers_can_be() -> None:
    assert spread_evenly(10, [5, 5, 5, 5]) == [3, 2, 3, 2]
    assert spread_evenly(7, [5, 0, 2]) == [5, 0, 2]


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [
        (Hours(), 480),
        (Hours(starts_at=time(8, 30), ends_at=time(17, 45), break_minutes=45), 510),
        (Hours(starts_at=time(9, 30), ends_at=time(10), break_minutes=60), 0),
    ],
)
def test_a_day_has_the_minutes_between_its_hours_without_the_break(
    hours: Hours, minutes: int
) -> None:
    assert hours.minutes == minutes


def test_leave_holds_from_its_first_to_its_last_day() -> None:
    span = Span(TUESDAY, THURSDAY)
    assert [day in span for day in WEEK] == [False, True, True, True, False]


def test_without_a_calendars_word_monday_to_friday_are_worked() -> None:
    plain = WorkCalendar()
    assert [day for day in (*WEEK, SATURDAY, SUNDAY) if plain.is_workday(day)] == WEEK
