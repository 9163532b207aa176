"""What a departure asks for; Pareto charts; warnings judged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from retention.rules.departures import Judged, pareto, review_due_on, was_warned

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("kind", "left_on", "is_history", "due"),
    [
        ("closed", date(2026, 11, 22), False, date(2026, 12, 8)),
        ("ported_out", date(2026, 3, 1), False, date(2026, 12, 8)),
        ("ported_out", date(2026, 11, 8), True, date(2026, 12, 8)),
        ("ported_out", date(2026, 11, 7), True, None),
        ("death", date(2026, 11, 22), False, None),
        ("transfer", date(2026, 11, 22), False, None),
        ("vip_ended", date(2026, 11, 22), False, None),
    ],
)
def test_what_counts_is_reviewed_within_fifteen_days_of_the_report(
    kind: str, left_on: date, is_history: bool, due: date | None
) -> None:
    assert review_due_on(kind, left_on, TODAY, 15, is_history=is_history) == due


def test_a_warning_speaks_of_the_ninety_days_after_it() -> None:
    assert was_warned(date(2026, 8, 25), TODAY)
    assert was_warned(TODAY, TODAY)
    assert not was_warned(date(2026, 8, 24), TODAY)
    assert not was_warned(date(2026, 11, 24), TODAY)


@bounds(max_examples=200, deadline=None)
@given(st.dictionaries(st.integers(1, 30), st.integers(0, 50), max_size=12))
def test_a_pareto_chart_begins_with_the_most_and_ends_at_a_hundred(counts: dict[int, int]) -> None:
    bars = pareto(counts.items())
    assert {bar.key: bar.count for bar in bars} == {k: n for k, n in counts.items() if n}
    assert [bar.count for bar in bars] == sorted((n for n in counts.values() if n), reverse=True)
    total, so_far = sum(counts.values()), 0
    for bar in bars:
        so_far += bar.count
        assert abs(bar.running - Decimal(100 * so_far) / total) <= Decimal("0.05")
    if bars:
        assert bars[-1].running == 100


def test_warnings_are_judged_by_who_left() -> None:
    judged = Judged(judged=40, hits=10, saved=5, leavers=25, lead_days=[3, 50, 12, 40, 8])
    assert (judged.precision, judged.recall, judged.lead) == (Decimal(25), Decimal(20), 12)
    nothing = Judged(judged=0, hits=0, saved=0, leavers=0, lead_days=[])
    assert (nothing.precision, nothing.recall, nothing.lead) == (None, None, None)
