"""Missed calls by rule: numbers, opening, joining, closing, attempts, who is next (article 7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from contacts.models import CallResult, Direction, Outcome
from contacts.rules.calls import (
    Fact,
    FactKind,
    due_at,
    middle_minutes,
    next_in_line,
    obligations,
    on_duty,
    outcome_of,
    share,
)

NIGHT = datetime(2026, 11, 22, 19, tzinfo=UTC)
"""03:00 in Shanghai."""


def at(minutes: int, kind: FactKind, source: int = 0) -> Fact:
    return Fact(NIGHT + timedelta(minutes=minutes), kind, ("event", source or minutes))


def test_missed_calls_before_the_return_are_one_obligation() -> None:
    [found] = obligations(
        [at(0, FactKind.MISSED), at(5, FactKind.MISSED), at(10, FactKind.ATTEMPT)]
    )
    assert (found.opened_at, found.last_missed_at) == (NIGHT, NIGHT + timedelta(minutes=5))
    assert (len(found.missed), len(found.attempts), found.closed) == (2, 1, None)
    assert due_at(found.opened_at, 30) == NIGHT + timedelta(minutes=30)


def test_only_a_later_contact_that_reached_closes() -> None:
    before = [at(-5, FactKind.REACHED), at(0, FactKind.MISSED), at(0, FactKind.REACHED, 9)]
    assert obligations(before)[0].closed is None
    [closed] = obligations([*before, at(20, FactKind.REACHED)])
    assert closed.closed_at == NIGHT + timedelta(minutes=20)


def test_a_call_missed_after_the_return_is_another_obligation() -> None:
    first, second = obligations(
        [at(0, FactKind.MISSED), at(20, FactKind.REACHED), at(40, FactKind.MISSED)]
    )
    assert first.closed is not None
    assert second.closed is None


facts = st.lists(
    st.builds(at, st.integers(0, 200), st.sampled_from(FactKind), st.integers(1, 10**6)),
    max_size=25,
    unique_by=lambda fact: fact.source,
)


@given(facts, st.randoms(use_true_random=False))
def test_no_missed_call_is_lost_in_whatever_order_it_is_learnt(
    told: list[Fact], chance: object
) -> None:
    found = obligations(told)
    mixed = list(told)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert obligations(mixed) == found
    missed = [fact for one in found for fact in one.missed]
    assert sorted(missed, key=lambda fact: fact.place) == missed
    assert set(missed) == {fact for fact in told if fact.kind is FactKind.MISSED}
    for one, after in pairwise(found):
        assert one.closed is not None, "only the last can be open"
        assert one.opened_at < one.closed.at <= after.opened_at
    for one in found:
        assert all(one.opened_at <= fact.at for fact in one.attempts)


def test_every_result_of_a_call_has_its_outcome_and_a_missed_one_has_none() -> None:
    for result in CallResult:
        assert Outcome(outcome_of("outgoing", result) or "")
        assert (outcome_of("incoming", result) is None) == (result != "answered")
    assert outcome_of(Direction.OUTGOING, CallResult.REJECTED) == Outcome.REJECTED
    assert outcome_of(Direction.OUTGOING, CallResult.SWITCHED_OFF) == Outcome.SWITCHED_OFF


def test_the_last_who_is_not_covered_is_on_duty_and_each_has_the_next_behind() -> None:
    covers = {1: 2, 2: 3}
    assert [on_duty(pk, covers) for pk in (1, 2, 3, None)] == [3, 3, 3, None]
    assert on_duty(1, {}) == 1
    assert [next_in_line(1, holder, covers) for holder in (1, 2, 3)] == [2, 3, None]
    assert next_in_line(1, 9, covers) == 3
    assert next_in_line(1, 9, {}) == 1
    assert next_in_line(None, 9, covers) is None


def test_figures_of_nothing_are_nothing() -> None:
    assert (share(0, 0), middle_minutes([])) == (None, None)
    assert (share(1, 3), middle_minutes([60, 600, 1200])) == (33.3, 10.0)


def test_of_one_moment_what_was_reached_comes_before_and_an_attempt_after_the_missed_call() -> None:
    # The sources alone would sort them otherwise.
    told = [at(0, FactKind.ATTEMPT, 1), at(0, FactKind.MISSED, 2), at(0, FactKind.REACHED, 3)]
    [found] = obligations(told)
    assert (found.missed, found.attempts, found.closed) == ([told[1]], [told[0]], None)


def test_the_latest_of_several_is_told_and_nothing_before_there_is_one() -> None:
    [found] = obligations(
        [
            *(at(minutes, FactKind.MISSED) for minutes in (0, 3, 9)),
            *(at(minutes, FactKind.ATTEMPT) for minutes in (11, 12, 15)),
        ]
    )
    assert found.last_missed_at == NIGHT + timedelta(minutes=9)
    assert found.last_attempt_at == NIGHT + timedelta(minutes=15)
    [untried] = obligations([at(0, FactKind.MISSED)])
    assert untried.last_attempt_at is None


def test_figures_have_one_decimal() -> None:
    assert (share(2, 3), share(1, 8), middle_minutes([100])) == (66.7, 12.5, 1.7)
