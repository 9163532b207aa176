"""Signs of careless or invented records (article 6): what must be seen, and what must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workplans.rules.signals import (
    Entry,
    Kind,
    KnownCalls,
    Limits,
    Place,
    bursts,
    calls_without_event,
    is_far,
    late_entries,
    month_ends,
    pasted_texts,
    place_of,
    same_durations,
    same_words,
    signs_of,
    two_places,
    whole_groups_from,
)

TEN = datetime(2026, 11, 10, 2, tzinfo=UTC)
"""10:00 in Shanghai, a Tuesday."""

LIMITS = Limits(late_days=7, same_text=3, month_end_percent=40, same_duration=5)
EAST, WEST = Place("滨江", "东城区"), Place("滨江", "西城区")
_ids = count(1)


def entry(at: datetime = TEN, minutes: float | None = None, **fields: Any) -> Entry:
    number = next(_ids)
    given = {
        "record": number,
        "customer": number,
        "day": at.date(),
        "happened_at": at,
        "recorded_at": at,
        "channel": "phone",
        "duration_seconds": None if minutes is None else int(minutes * 60),
        **fields,
    }
    return Entry(**given)


def after(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def flagged(signs: list[Any]) -> list[int]:
    return [sign.record for sign in signs]


# --- Closer together than they lasted -----------------------------------------------------------


def test_calls_that_overlap_in_either_reading_are_a_burst() -> None:
    first, second, later = entry(TEN, 10), entry(after(3), 12), entry(after(40), 10)
    signs = bursts([later, second, first])
    assert sorted(flagged(signs)) == [first.record, second.record]
    facts = {sign.record: sign.facts for sign in signs}[first.record]
    assert facts == {
        "count": 1,
        "others": [second.record],
        "gap_seconds": 180,
        "duration_seconds": 600,
    }


def test_a_long_call_around_a_short_and_a_long_one_is_seen() -> None:
    first, short, third = entry(TEN, 30), entry(after(5), 1), entry(after(10), 30)
    assert sorted(flagged(bursts([first, short, third]))) == [first.record, third.record]


@pytest.mark.parametrize(
    "others",
    [
        # One may be the end of the first call, the other the beginning of the second.
        [entry(after(10), 10)],
        [entry(after(9), 10)],
        # A long call, then a short one: the moment may be that of the end.
        [entry(after(2), 1)],
        [entry(after(2), None)],
        [entry(after(2), 10, reached=False)],
        [entry(after(2), 10, date_only=True)],
        [entry(after(2), 10, channel="sms"), entry(after(2), 120, channel="activity")],
    ],
)
def test_what_can_be_true_is_no_burst(others: list[Entry]) -> None:
    assert bursts([entry(TEN, 10), *others]) == []


def test_a_family_is_visited_at_once_but_not_by_telephone() -> None:
    home = {"channel": "visit", "sites": ("人民路1号",)}
    one, other = entry(TEN, 30, **home), entry(after(5), 30, **home)
    assert bursts([one, other]) == []
    assert len(bursts([one, replace(other, channel="phone")])) == 2
    assert len(bursts([one, replace(other, sites=("人民路2号",))])) == 2


# --- The same text again ------------------------------------------------------------------------


def test_the_same_words_for_three_customers_are_pasted_whatever_the_points() -> None:
    texts = ["客户对套餐满意，无问题。", "客户对套餐满意 无问题", "客户对套餐满意，无问题!"]
    entries = [entry(after(60 * n), text=same_words(text)) for n, text in enumerate(texts)]
    signs = pasted_texts(entries, 3)
    assert flagged(signs) == [one.record for one in entries]
    assert signs[0].facts["customers"] == 3
    assert signs[0].facts["others"] == [entries[1].record, entries[2].record]


def test_two_customers_one_customer_and_another_month_are_not() -> None:
    text = same_words("客户对套餐满意，无问题。")
    same = [entry(after(n), text=text) for n in range(2)]
    assert pasted_texts(same, 3) == []
    assert pasted_texts([*same, replace(entry(text=text), customer=same[0].customer)], 3) == []
    assert pasted_texts([*same, entry(TEN - timedelta(days=30), text=text)], 3) == []


def test_too_short_a_text_says_nothing() -> None:
    assert same_words("已联系，满意") == ""
    assert same_words("") == ""


# --- Entered long after the fact ----------------------------------------------------------------


def test_seven_days_and_a_minute_are_late_and_seven_days_are_not() -> None:
    late = entry(recorded_at=TEN + timedelta(days=7, minutes=1))
    signs = late_entries([late, entry(recorded_at=TEN + timedelta(days=7))], 7)
    assert flagged(signs) == [late.record]
    assert signs[0].facts["days"] == 7


def test_what_knows_only_its_date_is_never_late() -> None:
    assert late_entries([entry(recorded_at=TEN + timedelta(days=90), date_only=True)], 7) == []


# --- Many at the month's end --------------------------------------------------------------------


def month(early: int, last: int, of: int = 10) -> list[Entry]:
    first, end = datetime(2026, of, 5, 2, tzinfo=UTC), datetime(2026, of, 29, 2, tzinfo=UTC)
    return [entry(first) for _ in range(early)] + [entry(end) for _ in range(last)]


def test_a_month_that_was_made_in_its_last_three_days_is_seen() -> None:
    entries = month(12, 8)
    signs = month_ends(entries, 40, date(2026, 11, 1))
    assert flagged(signs) == [one.record for one in entries[12:]]
    assert signs[0].facts == {"last": 8, "month": 20, "percent": 40}


def test_less_than_the_share_too_few_and_an_unfinished_month_are_not() -> None:
    assert month_ends(month(13, 8), 40, date(2026, 11, 1)) == []
    assert month_ends(month(9, 10), 40, date(2026, 11, 1)) == []
    assert month_ends(month(12, 8), 40, date(2026, 10, 31)) == []


def test_the_fourth_last_day_is_not_the_months_end() -> None:
    entries = [entry(datetime(2026, 10, 28, 2, tzinfo=UTC)) for _ in range(20)]
    assert month_ends(entries, 40, date(2026, 11, 1)) == []


# --- Calls the call centre knows nothing of -----------------------------------------------------


def test_a_call_without_an_event_is_seen_and_one_with_a_near_event_is_not() -> None:
    known = KnownCalls(TEN - timedelta(days=1), TEN + timedelta(days=1), {})
    missing = entry(TEN, 5)
    assert flagged(calls_without_event([missing], known)) == [missing.record]
    near = replace(known, times={missing.customer: [after(-29)]})
    assert calls_without_event([missing], near) == []
    far = replace(known, times={missing.customer: [after(-31)]})
    signs = calls_without_event([missing], far)
    assert signs[0].facts == {"nearest": after(-31).isoformat()}


@pytest.mark.parametrize(
    "other",
    [
        entry(TEN, channel="visit"),
        entry(TEN, reached=False),
        entry(TEN, date_only=True),
        entry(TEN - timedelta(days=2)),
        entry(TEN + timedelta(days=2)),
    ],
)
def test_what_no_call_centre_can_know_is_not_asked_for(other: Entry) -> None:
    known = KnownCalls(TEN - timedelta(days=1), TEN + timedelta(days=1), {})
    assert calls_without_event([other], known) == []


# --- At two far places at once ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "city", "place"),
    [
        ("江海省滨江市东城区人民路1号", "", EAST),
        ("滨江市东城区", "", EAST),
        ("东城区人民路1号", "滨江", EAST),
        ("上海市浦东新区世纪大道", "", Place("上海", "浦东新区")),
        ("临山县城关镇", "", Place("", "临山县")),
        ("阳光小区3栋", "", Place()),
        ("华润超市门口", "", Place()),
        ("客户办公室", "", Place()),
        ("红旗路5号", "滨江市", Place("滨江")),
        ("Main Street 1", "Binjiang", Place("binjiang")),
    ],
)
def test_a_text_says_where_it_is(text: str, city: str, place: Place) -> None:
    assert place_of(text, city) == place


def test_other_cities_and_other_districts_are_far() -> None:
    assert is_far(EAST, WEST)
    assert is_far(Place("滨江"), Place("临山", "东城区"))
    assert not is_far(EAST, EAST)
    assert not is_far(EAST, Place("滨江"))
    assert not is_far(Place("滨江"), Place("", "西城区"))


def visit(at: datetime, minutes: float | None, *places: Place) -> Entry:
    return entry(at, minutes, channel="visit", places=places)


def test_visits_at_two_districts_at_once_are_seen() -> None:
    one, other = visit(TEN, 60, EAST), visit(after(30), 60, WEST)
    signs = two_places([other, one])
    assert sorted(flagged(signs)) == [one.record, other.record]
    assert signs[0].facts == {
        "here": "滨江 东城区",
        "there": "滨江 西城区",
        "gap_seconds": 1800,
        "others": [other.record],
    }
    assert len(two_places([visit(TEN, None, EAST), visit(after(10), None, WEST)])) == 2


@pytest.mark.parametrize(
    "other",
    [
        visit(after(30), 60, EAST),
        visit(after(30), 60),
        # The customer may have been at the other address.
        visit(after(30), 60, WEST, EAST),
        visit(after(60), 60, WEST),
        visit(after(20), None, WEST),
        entry(after(30), 60, channel="reception", places=(WEST,)),
        entry(after(30), 60, channel="visit", places=(WEST,), reached=False),
    ],
)
def test_near_later_and_unknown_places_are_not(other: Entry) -> None:
    assert two_places([visit(TEN, 60, EAST), other]) == []


# --- The same round duration again --------------------------------------------------------------


def test_five_calls_of_ten_minutes_in_a_week_are_seen() -> None:
    monday = TEN - timedelta(days=1)
    week = [entry(monday + timedelta(days=n), 10) for n in range(5)]
    signs = same_durations(week, 5)
    assert flagged(signs) == [one.record for one in week]
    assert signs[0].facts == {
        "minutes": 10,
        "times": 5,
        "others": [one.record for one in week[1:]],
    }


def test_four_another_week_and_crooked_durations_are_not() -> None:
    monday = TEN - timedelta(days=1)
    week = [entry(monday + timedelta(days=n), 10) for n in range(4)]
    assert same_durations(week, 5) == []
    assert same_durations([*week, entry(monday - timedelta(days=1), 10)], 5) == []
    assert same_durations([*week, entry(TEN, 15)], 5) == []
    assert same_durations([entry(TEN, 7) for _ in range(9)], 5) == []
    assert same_durations([*week, entry(TEN, 10, channel="sms")], 5) == []


# --- All of them --------------------------------------------------------------------------------


def test_all_rules_are_asked_and_calls_only_where_something_is_known() -> None:
    one = entry(TEN, 10, recorded_at=TEN + timedelta(days=8))
    today = date(2026, 11, 20)
    assert {sign.kind for sign in signs_of([one], LIMITS, today=today)} == {Kind.LATE}
    known = KnownCalls(TEN - timedelta(days=1), TEN + timedelta(days=1), {})
    found = signs_of([one], LIMITS, today=today, calls=known)
    assert {sign.kind for sign in found} == {Kind.LATE, Kind.NO_CALL}


def test_months_and_weeks_are_judged_whole() -> None:
    assert whole_groups_from(date(2026, 10, 14)) == date(2026, 10, 1)
    # A Thursday: its week began in September.
    assert whole_groups_from(date(2026, 10, 1)) == date(2026, 9, 28)


ENTRIES = st.lists(
    st.builds(
        entry,
        st.integers(0, 5000).map(after),
        st.sampled_from([None, 1, 5, 10, 30, 90]),
        channel=st.sampled_from(["phone", "visit", "reception", "sms"]),
        text=st.sampled_from(["", "客户对套餐满意无问题"]),
        places=st.sampled_from([(), (EAST,), (WEST,)]),
    ),
    max_size=25,
)


@given(entries=ENTRIES, order=st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(entries: list[Entry], order: Any) -> None:
    mixed = entries[:]
    order.shuffle(mixed)
    today = date(2026, 12, 1)

    def seen(of: list[Entry]) -> set[tuple[int, Kind, str]]:
        signs = signs_of(of, LIMITS, today=today)
        assert len({(sign.record, sign.kind) for sign in signs}) == len(signs)
        return {(sign.record, sign.kind, str(dict(sign.facts))) for sign in signs}

    assert seen(mixed) == seen(entries)
