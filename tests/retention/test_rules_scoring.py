"""The score is the sum of its reasons (article 17)."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from retention.rules.features import Blank, Feature, Operator, Question, Value, compare
from retention.rules.scoring import (
    Reason,
    Scored,
    Version,
    capped,
    says_the_same,
    score_of,
    shown,
)


def version(pk: int, points: int, group: int | None = None, cap: int = 100, **more: int) -> Version:
    """A signal that asks whether a value is at least 10."""
    question = Question(Feature.CARE_CALLS, Operator.AT_LEAST, Decimal(10))
    return Version(pk, question, 3, points, group=group, cap=cap, **more)


def points(scored: Scored) -> list[tuple[int, int]]:
    return [(reason.version, reason.points) for reason in scored.reasons]


YES: Value = Decimal(10)
NO: Value = Decimal(9)


def test_points_are_added_the_most_first() -> None:
    versions = [version(1, 5), version(2, 20), version(3, 9)]
    scored = score_of({1: YES, 2: YES, 3: NO}, versions)
    assert (scored.score, points(scored)) == (25, [(2, 20), (1, 5)])


def test_a_group_gives_at_most_its_cap() -> None:
    versions = [version(n, p, group=7, cap=30) for n, p in ((1, 20), (2, 15), (3, 10))]
    scored = score_of(dict.fromkeys((1, 2, 3, 4), YES), [*versions, version(4, 12)])
    # The second is cut to what is left, the third dropped.
    assert (scored.score, points(scored)) == (42, [(1, 20), (4, 12), (2, 10)])


def test_all_together_give_at_most_100() -> None:
    scored = score_of(dict.fromkeys((1, 2, 3), YES), [version(n, 45) for n in (1, 2, 3)])
    assert (scored.score, points(scored)) == (100, [(1, 45), (2, 45), (3, 10)])


def test_missing_data_is_a_case_of_its_own() -> None:
    versions = [version(1, 20), version(2, 20, points_when_missing=4), version(3, 20)]
    scored = score_of({1: Blank.UNKNOWN, 2: Blank.UNKNOWN, 3: Blank.NOT_APPLICABLE}, versions)
    assert scored == Scored(4, (Reason(2, 4, None),), missing=(1, 2))


def test_nothing_known_nothing_said() -> None:
    assert score_of({}, []) == Scored()


versions_ = st.lists(
    st.tuples(
        st.sampled_from(list(Operator)),
        st.decimals(-50, 50, places=2),
        st.integers(1, 100),
        st.integers(0, 100),
        st.one_of(st.none(), st.integers(1, 3)),
    ),
    max_size=14,
)
caps = st.fixed_dictionaries({n: st.integers(1, 100) for n in (1, 2, 3)})
values = st.lists(
    st.one_of(st.sampled_from(list(Blank)), st.decimals(-50, 50, places=2)),
    min_size=14,
    max_size=14,
)


def made(
    rows: list[tuple[Operator, Decimal, int, int, int | None]], caps: dict[int, int]
) -> list[Version]:
    return [
        Version(
            pk,
            Question(Feature.BILL_CHANGE_PERCENT, operator, threshold),
            3,
            points,
            missing,
            group,
            caps[group] if group else 100,
        )
        for pk, (operator, threshold, points, missing, group) in enumerate(rows)
    ]


@given(rows=versions_, caps=caps, seen=values)
def test_reasons_sum_exactly_to_the_score_whatever_is_seen(
    rows: list[tuple[Operator, Decimal, int, int, int | None]],
    caps: dict[int, int],
    seen: list[Value],
) -> None:
    versions = made(rows, caps)
    by_pk = {v.pk: v for v in versions}
    scored = score_of(dict(enumerate(seen)), versions)
    given_points = [reason.points for reason in scored.reasons]
    assert sum(given_points) == scored.score <= 100
    assert given_points == sorted(given_points, reverse=True)
    assert all(number > 0 for number in given_points)
    assert len({reason.version for reason in scored.reasons}) == len(scored.reasons)
    in_group: dict[int, int] = defaultdict(int)
    full = 0
    for v in versions:
        value = seen[v.pk]
        if value is Blank.UNKNOWN:
            assert v.pk in scored.missing
            full += v.points_when_missing
        elif isinstance(value, Decimal) and compare(
            value, v.question.operator, v.question.threshold
        ):
            full += v.points
    for reason in scored.reasons:
        v = by_pk[reason.version]
        assert reason.points <= (v.points_when_missing if reason.value is None else v.points)
        if v.group is not None:
            in_group[v.group] += reason.points
    assert all(total <= caps[group] for group, total in in_group.items())
    assert scored.score <= full
    if not any(v.group for v in versions):
        assert scored.score == min(full, 100)


@given(
    rows=st.lists(st.integers(1, 100), max_size=8).map(
        lambda rows: [Reason(n, p, None) for n, p in enumerate(rows)]
    ),
    cap=st.integers(1, 100),
)
def test_a_cap_takes_as_much_as_there_is_room_for(rows: list[Reason], cap: int) -> None:
    kept = capped(rows, cap)
    assert sum(r.points for r in kept) == min(cap, sum(r.points for r in rows))


def test_a_stored_score_holds_while_reasons_and_what_is_missing_stay() -> None:
    new = Scored(20, (Reason(1, 20, Decimal("-40.00")),), missing=(3,))
    stored = [[1, 20, "-40"]]
    assert says_the_same(stored, [3], new, frozenset())
    assert not says_the_same(stored, [], new, frozenset())
    assert not says_the_same([[1, 19, "-40"]], [3], new, frozenset())
    assert not says_the_same([[1, 20, "-41"]], [3], new, frozenset())
    assert says_the_same([[1, 20, "-41"]], [3], new, frozenset({1}))
    assert not says_the_same([], [3], new, frozenset())


def test_values_are_stored_as_plain_decimals() -> None:
    assert [shown(v) for v in (Decimal("-40.00"), Decimal("12.50"), Decimal(100), None)] == [
        "-40",
        "12.5",
        "100",
        None,
    ]
