"""What a score has meant: shares of leavers that rise with it (article 17)."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from retention.rules.calibration import (
    LEAST_LEAVERS,
    Calibration,
    as_rows,
    calibrate,
    from_rows,
)

counts = st.dictionaries(
    st.integers(0, 100),
    st.integers(0, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    max_size=30,
)


@given(counts=counts)
def test_shares_rise_with_the_score_and_nobody_is_lost(counts: dict[int, tuple[int, int]]) -> None:
    found = calibrate(counts)
    shares = [band.share for band in found.bands]
    assert all(low < high for low, high in pairwise(shares))
    assert found.customers == sum(customers for customers, _leavers in counts.values())
    assert found.leavers == sum(leavers for _customers, leavers in counts.values())
    risks = [found.risk(score) for score in range(101)]
    assert risks == sorted(risks)
    assert all(0 <= risk <= 1 for risk in risks)
    assert from_rows(as_rows(found)) == found


@given(counts=counts)
def test_what_rises_already_stays_as_it_is(counts: dict[int, tuple[int, int]]) -> None:
    once = calibrate(counts)
    assert calibrate({b.score: (b.customers, b.leavers) for b in once.bands}) == once


def test_neighbours_out_of_order_are_taken_together() -> None:
    found = calibrate({0: (100, 1), 20: (100, 9), 30: (100, 3), 50: (100, 30)})
    assert as_rows(found) == [[0, 100, 1], [20, 200, 12], [50, 100, 30]]
    assert (found.risk(25), found.risk(49), found.risk(100)) == (0.06, 0.06, 0.3)


def test_the_line_is_the_lowest_score_at_twice_the_base_rate() -> None:
    # 44 of 400 left: 11 %. At 40 it is 22 %, exactly twice that.
    found = calibrate({0: (200, 2), 20: (100, 20), 40: (100, 22)})
    assert found.base_rate == 0.11
    assert found.line(200, otherwise=50) == 40
    assert found.line(181, otherwise=50) == 20
    assert found.line(201, otherwise=50) == 50


def test_with_few_leavers_the_standard_holds() -> None:
    few = calibrate({0: (1000, 0), 60: (100, LEAST_LEAVERS - 1)})
    assert few.line(200, otherwise=40) == 40
    assert few.risk(60) == 0.6
    enough = calibrate({0: (1000, 0), 60: (100, LEAST_LEAVERS)})
    assert enough.line(200, otherwise=40) == 60
    assert enough.risk(60) == 0.3
    assert Calibration().risk(55) == 0.55


def test_nobody_is_warned_of_for_a_score_of_nothing() -> None:
    everybody = calibrate({0: (100, 50), 10: (100, 40)})
    assert everybody.line(100, otherwise=40) == 40
