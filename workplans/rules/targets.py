"""Targets of plans: from the cadence, and rolled down year, month, week (article 4).

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

from collections.abc import Sequence

MONTHS_OF_YEAR = 12
DAYS_OF_YEAR = 365


def contacts_needed(population: int, *, months: int, interval_months: int) -> int:
    """Return how many contacts ``months`` ask for: population × intervals, rounded up.

    The cadence is a lower bound: 10 customers with a quarterly interval are 4 contacts a month.
    """
    return _rounded_up(population * months, max(interval_months, 1))


def profiles_needed(population: int, *, months: int, stale_days: int) -> int:
    """Return how many profiles to go through in ``months`` so that none is older than that."""
    return _rounded_up(population * months * DAYS_OF_YEAR, MONTHS_OF_YEAR * max(stale_days, 1))


def roll_down(target: int, done: int, part_days: int, days_left: int) -> int:
    """Return the part of ``target`` for a part of ``part_days`` of the ``days_left`` working days.

    ``done``: what was done before the part. What the parts before did not do goes on; a part that
    takes all days that are left takes all that is left, so nothing is lost by rounding. Without
    any working day left all of it falls to the part.
    """
    left = max(target - done, 0)
    if part_days >= days_left:
        return left
    return (left * max(part_days, 0) * 2 + days_left) // (days_left * 2)


def spread_evenly(target: int, weights: Sequence[int]) -> list[int]:
    """Return ``target`` shared out by ``weights``; the shares add up to it exactly."""
    shares: list[int] = []
    for place, weight in enumerate(weights):
        shares.append(roll_down(target, sum(shares), weight, sum(weights[place:])))
    return shares


def _rounded_up(number: int, by: int) -> int:
    return -(-number // by)
