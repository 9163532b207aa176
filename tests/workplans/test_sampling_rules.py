"""Drawing what is inspected (article 6): reproducible, without repeats, weighted."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workplans.rules.sampling import Candidate, draw, sample_size, weight_of

SEEDS = st.text("0123456789abcdef", min_size=1, max_size=32)
CANDIDATES = st.dictionaries(st.integers(1, 10**9), st.floats(0.5, 50), max_size=60).map(
    lambda weights: [Candidate(key, weight) for key, weight in weights.items()]
)


@given(candidates=CANDIDATES, seed=SEEDS, size=st.integers(0, 70), order=st.integers())
def test_the_same_seed_draws_the_same_whatever_the_order(
    candidates: list[Candidate], seed: str, size: int, order: int
) -> None:
    drawn = draw(candidates, size=size, seed=seed)
    mixed = Random(order).sample(candidates, len(candidates))
    assert draw(mixed, size=size, seed=seed) == drawn
    assert len(drawn) == len(set(drawn)) == min(size, len(candidates))
    assert set(drawn) <= {candidate.key for candidate in candidates}


@given(candidates=CANDIDATES, seed=SEEDS, size=st.integers(0, 70))
def test_a_larger_sample_holds_the_smaller_one(
    candidates: list[Candidate], seed: str, size: int
) -> None:
    assert draw(candidates, size=size + 1, seed=seed)[:size] == draw(
        candidates, size=size, seed=seed
    )


@given(candidates=CANDIDATES, seed=SEEDS, size=st.integers(1, 20), more=st.floats(1, 20))
def test_more_weight_never_takes_a_record_out_of_the_sample(
    candidates: list[Candidate], seed: str, size: int, more: float
) -> None:
    for key in draw(candidates, size=size, seed=seed):
        heavier = [Candidate(c.key, c.weight * (more if c.key == key else 1)) for c in candidates]
        assert key in draw(heavier, size=size, seed=seed)


def test_the_chance_follows_the_weight() -> None:
    candidates = [Candidate(1, 3), *(Candidate(key) for key in range(2, 8))]
    first = [draw(candidates, size=1, seed=str(seed))[0] for seed in range(3000)]
    # Three of nine parts, and one of nine.
    assert 0.29 < first.count(1) / 3000 < 0.38
    assert 0.08 < first.count(5) / 3000 < 0.15


@pytest.mark.parametrize(
    ("population", "drawn"), [(0, 0), (3, 3), (5, 5), (99, 5), (100, 5), (101, 6), (1000, 50)]
)
def test_so_many_are_drawn(population: int, drawn: int) -> None:
    assert sample_size(population, at_least=5, percent=5) == drawn


def test_key_customers_and_signs_weigh_more() -> None:
    plain = weight_of(is_key=False, signals=0)
    assert plain < weight_of(is_key=True, signals=0)
    assert plain < weight_of(is_key=False, signals=1) < weight_of(is_key=False, signals=3)
    assert weight_of(is_key=False, signals=3) == weight_of(is_key=False, signals=9)
