"""The cadence rules, line by line, and their properties."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules import (
    FACTS,
    BirthdayKey,
    Cadence,
    CadenceHistory,
    Figure,
    Interval,
    IntervalChange,
    Likeness,
    LunarDay,
    MissingStandardError,
    StandardRow,
    Standards,
    TierSpan,
    Traits,
    WatchSpan,
    add_months,
    cadence_due_on,
    completeness,
    contact_start,
    due_on,
    facts_to_ask,
    is_due_soon,
    is_overdue,
    likeness_keys,
    lunar_keys,
    normalised,
    search_words,
    solar_keys,
    syllables_of,
    visit_start,
    words_of,
    years_agree,
)

BEGINNING = date(2000, 1, 1)
TODAY = date(2026, 11, 23)
DEFAULTS = [
    ("contact_interval_months", "diamond", 1),
    ("contact_interval_months", "gold", 1),
    ("contact_interval_months", "silver", 3),
    ("contact_watched_days", "diamond", 15),
    ("contact_watched_days", "gold", 15),
    ("contact_watched_days", "silver", 45),
    ("visit_interval_months", "", 3),
    ("visit_watched_days", "", 45),
    ("change_grace_days", "", 7),
]
STANDARDS = Standards(StandardRow(f, tier, BEGINNING, v) for f, tier, v in DEFAULTS)
LONG_AGO = date(2016, 1, 1)

days = st.dates(date(2001, 1, 1), date(2090, 12, 31))
recent = st.dates(date(2025, 1, 1), TODAY)
tiers = st.sampled_from(["diamond", "gold", "silver"])
intervals = st.builds(Interval, months=st.integers(0, 12), days=st.integers(1, 90))


def contact_due(
    last: date,
    *tier_spans: TierSpan,
    watches: tuple[WatchSpan, ...] = (),
    today: date = TODAY,
    standards: Standards = STANDARDS,
    cadence: Cadence = Cadence.CONTACT,
) -> date:
    history = CadenceHistory(tiers=list(tier_spans), watches=watches)
    return cadence_due_on(cadence, start=last, history=history, standards=standards, today=today)


# --- The standard's own examples ---------------------------------------------------------------


def test_gold_last_reached_on_14_october_is_due_on_14_november_and_overdue_from_the_15th() -> None:
    due = contact_due(date(2026, 10, 14), TierSpan(LONG_AGO, "gold"))
    assert due == date(2026, 11, 14)
    assert not is_overdue(due, date(2026, 11, 14))
    assert is_overdue(due, date(2026, 11, 15))


def test_silver_last_reached_on_31_august_is_due_on_30_november() -> None:
    assert contact_due(date(2026, 8, 31), TierSpan(LONG_AGO, "silver")) == date(2026, 11, 30)


def test_diamond_last_reached_on_20_october_is_overdue_whatever_was_tried_since() -> None:
    due = contact_due(date(2026, 10, 20), TierSpan(LONG_AGO, "diamond"))
    assert is_overdue(due, date(2026, 11, 21))


def test_silver_to_diamond_gives_seven_days_to_who_was_not_overdue() -> None:
    due = contact_due(
        date(2026, 10, 10), TierSpan(LONG_AGO, "silver"), TierSpan(date(2026, 11, 20), "diamond")
    )
    assert due == date(2026, 11, 27)


# --- Month ends and leap years -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
    ],
)
def test_months_are_calendar_months_clamped_to_the_end(
    day: date, months: int, expected: date
) -> None:
    assert add_months(day, months) == expected


@given(days, st.integers(0, 36))
def test_adding_months_keeps_the_day_or_takes_the_months_last(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    last = calendar.monthrange(later.year, later.month)[1]
    assert later.day == min(day.day, last)


@given(days, days, st.integers(0, 12))
def test_a_later_contact_is_never_due_earlier(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    assert add_months(first, months) <= add_months(second, months)


# --- Changes of the interval -------------------------------------------------------------------


@given(recent, tiers)
def test_without_a_change_the_due_day_is_the_start_and_the_interval(last: date, tier: str) -> None:
    months = 3 if tier == "silver" else 1
    assert contact_due(last, TierSpan(LONG_AGO, tier)) == add_months(last, months)


@given(recent, recent)
def test_who_was_not_overdue_gets_seven_days_at_least_when_the_tier_rises(
    last: date, risen: date
) -> None:
    due = contact_due(last, TierSpan(LONG_AGO, "silver"), TierSpan(risen, "gold"))
    if risen > last and risen <= add_months(last, 3):
        assert due == max(add_months(last, 1), risen + timedelta(days=7))
    else:
        assert due == add_months(last, 1)


@given(recent, recent)
def test_a_longer_interval_counts_from_the_last_contact(last: date, fallen: date) -> None:
    due = contact_due(last, TierSpan(LONG_AGO, "gold"), TierSpan(fallen, "silver"))
    assert due == add_months(last, 3)


def test_who_was_overdue_before_the_change_stays_overdue() -> None:
    due = contact_due(
        date(2026, 5, 1), TierSpan(LONG_AGO, "silver"), TierSpan(date(2026, 11, 20), "diamond")
    )
    assert due == date(2026, 6, 1)


def test_the_next_contact_ends_the_seven_days() -> None:
    spans = (TierSpan(LONG_AGO, "silver"), TierSpan(date(2026, 11, 20), "diamond"))
    assert contact_due(date(2026, 11, 21), *spans) == date(2026, 12, 21)


def test_seven_days_given_once_survive_a_later_longer_interval_and_back() -> None:
    start, month, quarter = date(2026, 10, 10), Interval(months=1), Interval(months=3)
    changes = [
        IntervalChange(date(2026, 11, 20), month),
        IntervalChange(date(2026, 11, 22), quarter),
        IntervalChange(date(2026, 11, 24), month),
    ]
    assert due_on(start, quarter, changes[:1], 7) == date(2026, 11, 27)
    assert due_on(start, quarter, changes[:2], 7) == date(2027, 1, 10)
    assert due_on(start, quarter, changes, 7) == date(2026, 12, 1)


@given(recent, intervals, st.lists(st.tuples(recent, intervals), max_size=5))
def test_a_change_never_makes_anybody_overdue_on_its_own_day(
    start: date, first: Interval, later: list[tuple[date, Interval]]
) -> None:
    changes: list[IntervalChange] = []
    for day, interval in sorted(
        (pair for pair in later if pair[0] > start), key=lambda pair: pair[0]
    ):
        before = due_on(start, first, changes, 7)
        changes.append(IntervalChange(day, interval))
        after = due_on(start, first, changes, 7)
        if not is_overdue(before, day):
            shorter = interval.after(start) < (
                changes[-2].interval if len(changes) > 1 else first
            ).after(start)
            assert not (shorter and is_overdue(after, day + timedelta(days=7)))


@given(recent, st.lists(st.tuples(recent, tiers), max_size=6))
def test_a_change_to_the_tier_already_held_changes_nothing(
    last: date, changes: list[tuple[date, str]]
) -> None:
    spans = [TierSpan(LONG_AGO, "silver")]
    spans += [TierSpan(day, tier) for day, tier in sorted(dict(changes).items())]
    doubled = [span for span in spans for _ in range(2)]
    assert contact_due(last, *doubled) == contact_due(last, *spans)


def test_a_change_of_tomorrow_does_not_hold_today() -> None:
    spans = (TierSpan(LONG_AGO, "silver"), TierSpan(TODAY + timedelta(days=1), "gold"))
    assert contact_due(date(2026, 11, 1), *spans) == date(2027, 2, 1)


@pytest.mark.parametrize(
    ("risen", "expected"),
    [
        (date(2027, 1, 9), date(2027, 1, 16)),
        # On the due day itself the customer is not overdue yet.
        (date(2027, 1, 10), date(2027, 1, 17)),
        # One day later it is too late: the due day is that of the shorter interval.
        (date(2027, 1, 11), date(2026, 11, 10)),
    ],
)
def test_the_seven_days_are_given_up_to_the_due_day_and_not_after(
    risen: date, expected: date
) -> None:
    spans = (TierSpan(LONG_AGO, "silver"), TierSpan(risen, "gold"))
    assert contact_due(date(2026, 10, 10), *spans, today=date(2027, 2, 1)) == expected


@given(recent, st.integers(-9, 9), st.sampled_from([0, 1, 7, 30]))
def test_the_seven_days_depend_on_the_due_day_alone(last: date, from_due: int, grace: int) -> None:
    was_due = add_months(last, 3)
    changed_on = was_due + timedelta(days=from_due)
    due = due_on(last, Interval(months=3), [IntervalChange(changed_on, Interval(months=1))], grace)
    given_days = changed_on + timedelta(days=grace)
    assert due == (max(add_months(last, 1), given_days) if from_due <= 0 else add_months(last, 1))


def test_the_days_given_are_those_of_the_change_and_stay_when_the_figure_changes() -> None:
    longer = StandardRow("change_grace_days", "", date(2026, 11, 21), 20)
    rows = [StandardRow(f, tier, BEGINNING, v) for f, tier, v in DEFAULTS]
    spans = (TierSpan(LONG_AGO, "silver"), TierSpan(date(2026, 11, 20), "diamond"))
    changed = Standards([*rows, longer])
    assert contact_due(date(2026, 10, 10), *spans, standards=changed) == date(2026, 11, 27)
    spans = (TierSpan(LONG_AGO, "silver"), TierSpan(date(2026, 11, 21), "diamond"))
    assert contact_due(date(2026, 10, 10), *spans, standards=changed) == date(2026, 12, 11)


def figure(*rows: tuple[str, date, int]) -> Standards:
    name = Figure.CONTACT_INTERVAL_MONTHS.value
    return Standards(StandardRow(name, tier, day, value) for tier, day, value in rows)


D1, D2, D3 = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("gold", D1, 1), ("", D2, 2)], 2),
        ([("", D2, 2), ("gold", D1, 1)], 2),
        ([("", D1, 2), ("gold", D2, 1)], 1),
        ([("gold", D1, 1), ("", D2, 2), ("gold", D3, 3)], 3),
        # Of the same day the tier's own row holds, in whichever order they come and count.
        ([("gold", D2, 1), ("", D2, 2)], 1),
        ([("", D2, 1), ("gold", D2, 2)], 2),
        ([("silver", D3, 9), ("", D1, 2)], 2),
    ],
)
def test_the_row_that_began_last_holds_of_one_tier_or_of_all(
    rows: list[tuple[str, date, int]], expected: int
) -> None:
    assert figure(*rows).value(Figure.CONTACT_INTERVAL_MONTHS, D3, "gold") == expected


def test_a_row_holds_from_its_own_day_and_before_the_first_there_is_none() -> None:
    rows = figure(("gold", D1, 1), ("", D2, 2))
    assert rows.value(Figure.CONTACT_INTERVAL_MONTHS, D2 - timedelta(days=1), "gold") == 1
    assert rows.value(Figure.CONTACT_INTERVAL_MONTHS, D2, "gold") == 2
    with pytest.raises(MissingStandardError):
        rows.value(Figure.CONTACT_INTERVAL_MONTHS, D1 - timedelta(days=1), "gold")
    with pytest.raises(MissingStandardError):
        rows.value(Figure.CONTACT_INTERVAL_MONTHS, D1, "silver")


def test_who_is_vip_longer_than_the_standard_is_kept_is_clocked_by_its_first_rows() -> None:
    long_before = date(1987, 5, 31)
    spans = (TierSpan(long_before, "silver"), TierSpan(date(1999, 1, 1), "gold"))
    assert contact_due(long_before, *spans) == date(1987, 6, 30)
    rows = figure(("gold", D2, 1), ("", D1, 2))
    assert rows.value_from_beginning(Figure.CONTACT_INTERVAL_MONTHS, LONG_AGO, "gold") == 2
    assert rows.value_from_beginning(Figure.CONTACT_INTERVAL_MONTHS, D3, "gold") == 1


# --- Watched customers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tier", "last", "expected"),
    [("gold", date(2026, 11, 20), 15), ("silver", date(2026, 11, 20), 45)],
)
def test_an_open_churn_warning_halves_the_interval(tier: str, last: date, expected: int) -> None:
    watch = WatchSpan(date(2026, 11, 1))
    due = contact_due(last, TierSpan(LONG_AGO, tier), watches=(watch,))
    assert due == last + timedelta(days=expected)


def test_a_warning_that_opens_gives_seven_days() -> None:
    watch = WatchSpan(date(2026, 11, 20))
    due = contact_due(date(2026, 11, 1), TierSpan(LONG_AGO, "gold"), watches=(watch,))
    assert due == date(2026, 11, 27)


def test_a_warning_that_closed_leaves_the_ordinary_interval() -> None:
    watch = WatchSpan(date(2026, 11, 5), date(2026, 11, 20))
    due = contact_due(date(2026, 11, 1), TierSpan(LONG_AGO, "gold"), watches=(watch,))
    assert due == date(2026, 12, 1)


# --- A changed standard ------------------------------------------------------------------------


def test_a_stricter_standard_holds_from_its_day_and_gives_seven_days() -> None:
    row = StandardRow("contact_interval_months", "silver", date(2026, 11, 20), 2)
    standards = Standards([*(StandardRow(f, t, BEGINNING, v) for f, t, v in DEFAULTS), row])
    due = contact_due(date(2026, 9, 1), TierSpan(LONG_AGO, "silver"), standards=standards)
    assert due == date(2026, 11, 27)
    before = contact_due(
        date(2026, 9, 1),
        TierSpan(LONG_AGO, "silver"),
        standards=standards,
        today=date(2026, 11, 19),
    )
    assert before == date(2026, 12, 1)


def test_a_tiers_own_row_comes_before_the_common_one() -> None:
    standards = Standards(
        [
            StandardRow("visit_interval_months", "", BEGINNING, 3),
            StandardRow("visit_interval_months", "diamond", date(2026, 1, 1), 2),
        ]
    )
    assert standards.value(Figure.VISIT_INTERVAL_MONTHS, TODAY, "diamond") == 2
    assert standards.value(Figure.VISIT_INTERVAL_MONTHS, TODAY, "gold") == 3
    assert standards.value(Figure.VISIT_INTERVAL_MONTHS, date(2025, 12, 31), "diamond") == 3


def test_a_figure_without_a_row_is_an_error_not_a_guess() -> None:
    with pytest.raises(MissingStandardError):
        Standards([]).value(Figure.DUE_SOON_DAYS, TODAY)


# --- Starts, due soon, overdue -----------------------------------------------------------------


def test_with_no_contact_yet_the_clock_runs_from_the_vip_date() -> None:
    assert contact_start(None, LONG_AGO) == LONG_AGO
    assert contact_start(date(2026, 1, 1), LONG_AGO) == date(2026, 1, 1)


@given(st.none() | days, days, days)
def test_the_face_to_face_clock_runs_from_the_latest_of_the_three(
    visit: date | None, vip: date, key: date
) -> None:
    assert visit_start(visit, vip, key) == max(d for d in (visit, vip, key) if d)


def test_key_customers_are_met_every_three_months() -> None:
    due = contact_due(date(2026, 8, 31), TierSpan(LONG_AGO, "diamond"), cadence=Cadence.VISIT)
    assert due == date(2026, 11, 30)


@given(days, days)
def test_nobody_is_due_soon_and_overdue_at_once(due: date, today: date) -> None:
    assert not (is_due_soon(due, today, 7) and is_overdue(due, today))


@pytest.mark.parametrize(("ahead", "soon"), [(-1, False), (0, True), (7, True), (8, False)])
def test_due_soon_is_nought_to_seven_days_before(ahead: int, soon: bool) -> None:
    assert is_due_soon(TODAY + timedelta(days=ahead), TODAY, 7) is soon


# --- Profile -----------------------------------------------------------------------------------


def test_completeness_is_the_share_of_known_facts() -> None:
    assert completeness([]) == 0
    assert completeness(FACTS) == 100
    assert completeness(["gender", "phone", "gender", "no such fact"]) == round(200 / len(FACTS))


def test_missing_facts_are_asked_before_stale_ones_and_the_oldest_stale_one_first() -> None:
    known = set(FACTS) - {"sports"}
    confirmed = dict.fromkeys(known, TODAY) | {"employer": date(2024, 1, 1)}
    asked = facts_to_ask(known, confirmed, today=TODAY, stale_days=365)
    assert asked == ["sports", "employer"]


def test_fresh_and_complete_profiles_are_left_alone() -> None:
    confirmed = dict.fromkeys(FACTS, TODAY - timedelta(days=365))
    assert facts_to_ask(FACTS, confirmed, today=TODAY, stale_days=365) == []


# --- Search ------------------------------------------------------------------------------------


def test_any_part_of_name_pinyin_initials_and_number_begins_a_word() -> None:
    words = search_words("王伟芳", "BJ70000123", ["wang", "wei", "fang"])
    for wanted in ("王伟", "伟芳", "芳", "wangwei", "weifang", "wwf", "wf", "bj70000123", "0123"):
        assert f" {normalised(wanted)}" in words
    assert " 123 " not in words


def test_full_width_and_upper_case_are_found_alike() -> None:
    assert normalised("ＢＪ７０ ００") == "bj7000"


# --- Birthdays ---------------------------------------------------------------------------------


def test_29_february_is_kept_on_the_28th_where_the_year_has_no_29th() -> None:
    assert BirthdayKey("solar", 2, 29) in solar_keys(date(2027, 2, 28))
    assert BirthdayKey("solar", 2, 29) not in solar_keys(date(2028, 2, 28))
    assert BirthdayKey("solar", 2, 29) in solar_keys(date(2028, 2, 29))


@given(st.dates(date(2024, 1, 1), date(2031, 12, 31)))
def test_every_solar_birthday_is_kept_exactly_once_a_year(day: date) -> None:
    birthday = BirthdayKey("solar", day.month, day.day)
    for year in (2026, 2028):
        first = date(year, 1, 1)
        length = 366 if calendar.isleap(year) else 365
        kept = [d for n in range(length) if birthday in solar_keys(d := first + timedelta(days=n))]
        assert len(kept) == 1


def test_a_lunar_30th_is_kept_on_the_29th_of_a_short_month() -> None:
    short = LunarDay(3, 29, leap=False, month_days=29, leap_month_of_year=0, leap_month_days=0)
    long = LunarDay(3, 29, leap=False, month_days=30, leap_month_of_year=0, leap_month_days=0)
    assert BirthdayKey("lunar", 3, 30) in lunar_keys(short)
    assert BirthdayKey("lunar", 3, 30) not in lunar_keys(long)


def test_a_leap_month_birthday_is_kept_in_the_ordinary_month_where_the_year_has_no_leap() -> None:
    ordinary = LunarDay(6, 10, leap=False, month_days=30, leap_month_of_year=0, leap_month_days=0)
    before_leap = LunarDay(
        6, 10, leap=False, month_days=30, leap_month_of_year=6, leap_month_days=29
    )
    in_leap = LunarDay(6, 10, leap=True, month_days=29, leap_month_of_year=6, leap_month_days=29)
    born = BirthdayKey("lunar", 6, 10, leap=True)
    assert born in lunar_keys(ordinary)
    assert born not in lunar_keys(before_leap)
    assert born in lunar_keys(in_leap)
    assert BirthdayKey("lunar", 6, 10) not in lunar_keys(in_leap)


# --- Likeness -----------------------------------------------------------------------------------


MAY = BirthdayKey("solar", 5, 1)
LUNAR_MAY = BirthdayKey("lunar", 5, 1)


def alike(one: Traits, other: Traits) -> set[Likeness]:
    """Return what two have in common."""
    mine, theirs = likeness_keys(one), likeness_keys(other)
    return {
        kind
        for key, kind in mine.items()
        if key in theirs and years_agree(kind, one.birth_year, other.birth_year)
    }


@pytest.mark.parametrize(
    ("one", "other", "kinds"),
    [
        (Traits("王芳", ["138 0013 8000"]), Traits("李伟", ["+8613800138000"]), {Likeness.PHONE}),
        (Traits("王芳", ["0571-88881234"]), Traits("李伟", ["057188881234"]), {Likeness.PHONE}),
        (Traits("王芳", ["10086"]), Traits("李伟", ["10086"]), set()),
        (Traits("王芳", ["8613800138"]), Traits("李伟", ["13800138"]), set()),
        (Traits("王 芳", birthday=MAY), Traits("王芳", birthday=MAY), {Likeness.BIRTHDAY}),
        (Traits("王芳", birthday=MAY), Traits("王芳", birthday=LUNAR_MAY), set()),
        (Traits("王芳", birthday=MAY), Traits("王方", birthday=MAY), set()),
        (
            Traits("王芳", birthday=MAY, birth_year=1980),
            Traits("王芳", birthday=MAY),
            {Likeness.BIRTHDAY},
        ),
        (
            Traits("王芳", birthday=MAY, birth_year=1980),
            Traits("王芳", birthday=MAY, birth_year=1981),
            set(),
        ),
        (
            Traits("阿·买提", employer="Ｂ公司 （杭州）"),
            Traits("阿买提", employer="b公司(杭州)"),
            {Likeness.EMPLOYER},
        ),
        (Traits("王芳", employer=""), Traits("王芳", employer=""), set()),
        (Traits("王芳", employer="—"), Traits("王芳", employer="—"), set()),
    ],
)
def test_who_looks_like_whom(one: Traits, other: Traits, kinds: set[Likeness]) -> None:
    assert alike(one, other) == kinds


def test_nothing_personal_can_be_read_from_a_key() -> None:
    keys = likeness_keys(Traits("王芳", ["13800138000"], MAY, 1980, "某公司"))
    assert len(keys) == 3
    assert all(len(key) == 32 and set(key) <= set("0123456789abcdef") for key in keys)


def test_an_interval_of_the_same_end_is_not_shorter_and_gives_no_days() -> None:
    # A month from 1 February of a leap year has 29 days.
    change = IntervalChange(date(2028, 2, 28), Interval(days=29), 7)
    assert due_on(date(2028, 2, 1), Interval(months=1), [change], 0) == date(2028, 3, 1)


def test_before_the_first_change_the_first_tier_is_held() -> None:
    spans = [TierSpan(date(2026, 5, 1), "silver"), TierSpan(date(2026, 9, 1), "gold")]
    history = CadenceHistory(spans, [WatchSpan(date(2026, 10, 1), date(2026, 10, 9))])
    tiers = [history.tier_on(date(2026, month, 1)) for month in (4, 5, 8, 9, 10)]
    assert tiers == ["silver", "silver", "silver", "gold", "gold"]
    assert history.last_change_on == date(2026, 10, 9)
    still_open = CadenceHistory(spans, [WatchSpan(date(2026, 8, 1))])
    assert still_open.last_change_on == date(2026, 9, 1)
    later = CadenceHistory(spans, [WatchSpan(date(2026, 9, 2))])
    assert later.last_change_on == date(2026, 9, 2)


@pytest.mark.parametrize(("phone", "is_told"), [("876543", False), ("8765432", True)])
def test_a_number_of_fewer_than_seven_digits_tells_nobody_apart(phone: str, is_told: bool) -> None:
    assert bool(likeness_keys(Traits(name="", phones=[phone]))) == is_told


def test_two_facts_are_asked_at_most_where_nobody_says_otherwise() -> None:
    asked = facts_to_ask((), {}, today=date(2026, 11, 23), stale_days=365)
    assert asked == list(FACTS)[:2]


def test_a_customer_is_found_by_surname_readings_old_numbers_and_the_switchboard() -> None:
    assert syllables_of("单于明") == ["chanyu", "ming"]
    assert syllables_of("单明") == ["shan", "ming"]
    assert syllables_of("王明") == ["wang", "ming"]
    words, phones = words_of("单明", "CX00001", ["0571-87654321转8", "内线"], ["CX00009"])
    assert {"shanming", "sm", "cx00001", "cx00009"} <= set(words.split())
    assert phones == " 057187654321-8 057187654321 内线 "
    assert words_of("单明", "CX00001", [])[1] == ""
