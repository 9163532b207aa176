"""Who stands in for whom: the pure rules."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from staff.rules import CoverSpan, Stretch, covered_by, day_strip, makes_loop, standing_in

FIRST = date(2026, 11, 1)
PEOPLE = st.integers(1, 6)
days = st.integers(0, 20).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def spans(draw: st.DrawFn) -> CoverSpan:
    start = draw(days)
    manager = draw(PEOPLE)
    stand_in = draw(PEOPLE.filter(lambda person: person != manager))
    return CoverSpan(manager, stand_in, start, start + timedelta(days=draw(st.integers(0, 6))))


def map_on(day: date, covers: list[CoverSpan]) -> dict[int, int]:
    return {s.manager: s.stand_in for s in covers if s.starts_on <= day <= s.ends_on}


def arranged(wishes: list[CoverSpan]) -> list[CoverSpan]:
    """What is left of the wishes where overlaps and loops are refused, one after another."""
    kept: list[CoverSpan] = []
    for wish in wishes:
        taken = any(other.manager == wish.manager and other.meets(wish) for other in kept)
        if not taken and not makes_loop(wish, kept):
            kept.append(wish)
    return kept


def test_a_covered_stand_in_passes_the_customers_on() -> None:
    assert standing_in(1, {1: 2, 2: 3}) == [2, 3]
    assert covered_by(3, {1: 2, 2: 3}) == {1, 2}
    assert covered_by(1, {1: 2, 2: 3}) == frozenset()


def test_who_is_not_covered_has_no_stand_in() -> None:
    assert standing_in(4, {1: 2}) == []


def test_a_loop_in_the_data_ends_the_walk() -> None:
    assert standing_in(1, {1: 2, 2: 1}) == [2]
    assert standing_in(1, {1: 2, 2: 3, 3: 2}) == [2, 3]


@given(st.lists(spans(), max_size=12))
def test_no_order_of_arranging_ever_makes_a_loop(wishes: list[CoverSpan]) -> None:
    kept = arranged(wishes)
    for n in range(30):
        stand_ins = map_on(FIRST + timedelta(days=n), kept)
        for person in stand_ins:
            walked, present = set(), stand_ins.get(person)
            while present is not None:
                assert present != person
                assert present not in walked
                walked.add(present)
                present = stand_ins.get(present)


@given(st.lists(spans(), max_size=12), spans())
def test_a_loop_is_seen_on_whichever_day_it_would_happen(
    wishes: list[CoverSpan], new: CoverSpan
) -> None:
    kept = [span for span in arranged(wishes) if span.manager != new.manager]
    length = (new.ends_on - new.starts_on).days + 1
    really = any(
        new.manager in (new.stand_in, *standing_in(new.stand_in, map_on(day, kept)))
        for day in (new.starts_on + timedelta(days=n) for n in range(length))
    )
    assert makes_loop(new, kept) is really


@given(st.lists(spans(), max_size=12), days, PEOPLE)
def test_covered_by_is_the_other_side_of_standing_in(
    wishes: list[CoverSpan], day: date, person: int
) -> None:
    stand_ins = map_on(day, arranged(wishes))
    assert covered_by(person, stand_ins) == {
        manager for manager in stand_ins if person in standing_in(manager, stand_ins)
    }


def test_a_chain_that_never_meets_on_one_day_is_no_loop() -> None:
    first = CoverSpan(1, 2, FIRST, FIRST)
    later = CoverSpan(2, 1, FIRST + timedelta(days=1), FIRST + timedelta(days=2))
    assert not makes_loop(later, [first])
    assert makes_loop(CoverSpan(2, 1, FIRST, FIRST), [first])


def test_the_next_days_are_stretches_with_and_without_a_stand_in() -> None:
    own = [
        CoverSpan(1, 2, FIRST - timedelta(days=9), FIRST + timedelta(days=1)),
        CoverSpan(1, 3, FIRST + timedelta(days=4), FIRST + timedelta(days=40)),
    ]
    assert day_strip(own, FIRST, 7) == [Stretch(2, 2), Stretch(2, None), Stretch(3, 3)]


@given(st.lists(spans(), max_size=5), st.integers(1, 30))
def test_stretches_add_up_to_the_days_asked_for(own: list[CoverSpan], length: int) -> None:
    stretches = day_strip(own, FIRST, length)
    assert sum(stretch.days for stretch in stretches) == length
    assert all(one.stand_in != other.stand_in for one, other in pairwise(stretches))
