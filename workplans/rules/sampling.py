"""Which records an inspection looks at (article 6): at random, reproducible, weighted.

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass

KEY_CUSTOMER = 3
"""A record of a key customer is drawn as if it were there three times."""

PER_SIGNAL = 2
MOST_SIGNALS = 3
"""Each sign of a careless record adds two; more than three signs add nothing."""

_BITS = 64


@dataclass(frozen=True)
class Candidate:
    """What can be drawn: its id, and how much it weighs beside the others (above 0)."""

    key: int
    weight: float = 1.0


def weight_of(*, is_key: bool, signals: int) -> float:
    """Return the weight of a record: of a key customer or not, with so many signs."""
    weight = KEY_CUSTOMER if is_key else 1
    return float(weight * (1 + PER_SIGNAL * min(max(signals, 0), MOST_SIGNALS)))


def sample_size(population: int, *, at_least: int, percent: int) -> int:
    """Return how many of ``population`` are drawn: so many percent rounded up, and at least so
    many, but never more than there are.
    """
    share = -(-population * percent // 100)
    return min(population, max(at_least, share))


def draw(candidates: Iterable[Candidate], *, size: int, seed: str) -> list[int]:
    """Return the ids of ``size`` different candidates, in the order in which they were drawn.

    The same seed over the same candidates draws the same, in whatever order they are given. The
    chance grows with the weight: a weighted sample without repeats by Efraimidis and Spirakis
    (2006), whose uniform numbers come of the seed and the id.
    """
    waiting = {candidate.key: _waiting_time(seed, candidate) for candidate in candidates}
    return sorted(waiting, key=lambda key: (waiting[key], key))[: max(size, 0)]


def _waiting_time(seed: str, candidate: Candidate) -> float:
    """The candidate's exponential waiting time at the rate of its weight: the first are drawn.

    Orders as the keys ``u ** (1 / weight)`` of the paper do, and loses no digits on the way.
    """
    digest = hashlib.blake2b(f"{seed}:{candidate.key}".encode(), digest_size=_BITS // 8).digest()
    uniform = (int.from_bytes(digest) + 0.5) / 2**_BITS
    return -math.log(uniform) / candidate.weight
