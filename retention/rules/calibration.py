"""What a score has meant so far: how many with it left, and where to warn (article 17).

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

LEAST_LEAVERS = 30
"""With fewer leavers a share is chance, and the figure of the standard holds."""


@dataclass(frozen=True)
class Band:
    """From ``score`` on, of ``customers`` with such a score ``leavers`` left."""

    score: int
    customers: int
    leavers: int

    @property
    def share(self) -> float:
        """Which share left."""
        return self.leavers / self.customers


@dataclass(frozen=True)
class Calibration:
    """Shares of leavers by score, rising with it. Empty without enough history.

    ``bands``: in order of score, each holds until the next one.
    """

    bands: Sequence[Band] = field(default=())

    @property
    def customers(self) -> int:
        """How many customers it was learnt from, counted once for each day looked at."""
        return sum(band.customers for band in self.bands)

    @property
    def leavers(self) -> int:
        """How many of them left."""
        return sum(band.leavers for band in self.bands)

    @property
    def base_rate(self) -> float:
        """The share of all who left, whatever their score."""
        return self.leavers / self.customers if self.customers else 0.0

    @property
    def is_enough(self) -> bool:
        """Whether enough left to learn from."""
        return self.leavers >= LEAST_LEAVERS

    def risk(self, score: int) -> float:
        """Return the share of leavers at ``score``, 0 to 1; score ÷ 100 without enough history."""
        if not self.is_enough:
            return score / 100
        place = bisect_right(self.bands, score, key=lambda band: band.score)
        return self.bands[max(place - 1, 0)].share

    def line(self, lift_percent: int, otherwise: int) -> int:
        """Return the lowest score from which on one is warned of.

        That whose share of leavers is at least ``lift_percent`` % of the base rate; ``otherwise``
        without enough history, or where no score reaches it. A score of 0 is never enough.
        """
        if not self.is_enough:
            return otherwise
        wanted = self.base_rate * lift_percent / 100
        reached = (band.score for band in self.bands if band.share >= wanted and band.score > 0)
        return next(reached, otherwise)


def calibrate(counts: Mapping[int, tuple[int, int]]) -> Calibration:
    """Return the shares of leavers by score, made to rise with it (pool adjacent violators).

    ``counts``: by score, how many customers had it and how many of them left.
    """
    bands: list[Band] = []
    for score in sorted(counts):
        customers, leavers = counts[score]
        if customers <= 0:
            continue
        bands.append(Band(score, customers, leavers))
        # Compared crosswise, in whole numbers: no rounding can break the order.
        while len(bands) > 1 and not _rises(bands[-2], bands[-1]):
            upper, lower = bands.pop(), bands.pop()
            bands.append(
                Band(lower.score, lower.customers + upper.customers, lower.leavers + upper.leavers)
            )
    return Calibration(tuple(bands))


def as_rows(calibration: Calibration) -> list[list[int]]:
    """Return a calibration as rows that can be stored."""
    return [[band.score, band.customers, band.leavers] for band in calibration.bands]


def from_rows(rows: Iterable[Sequence[int]]) -> Calibration:
    """Return the calibration that ``as_rows`` gave."""
    return Calibration(tuple(Band(*row) for row in rows))


def _rises(lower: Band, upper: Band) -> bool:
    return lower.leavers * upper.customers < upper.leavers * lower.customers
