"""How a signal did in the past: precision, recall, lift and lead time (articles 17 and 19).

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import median

Z95 = 1.96
"""A 95 % interval is as many standard errors wide on each side."""


@dataclass(frozen=True)
class Past:
    """One customer over the days looked at, in order: on which the signal spoke.

    ``weight``: how many customers this one stands for. ``left_on``: None for who stayed.
    Days on or after it do not belong here.
    """

    spoke: Sequence[tuple[date, bool]]
    weight: float = 1.0
    left_on: date | None = None


@dataclass(frozen=True)
class Performance:
    """``precision``: the share of those it spoke of who left within the time looked ahead.

    ``recall``: the share of leavers of whom it spoke in that time. ``lift``: precision ÷ the share
    of all who left. ``lead_days``: the median of days from when it began to speak, without a
    break, to the leaving. None where nobody is there to tell it from.
    """

    leavers: int
    precision: float | None
    recall: float | None
    lift: float | None
    lead_days: int | None


def judge(pasts: Iterable[Past], ahead_days: int) -> Performance:
    """Return how the signal did; a customer counts once for each day looked at."""
    days = left_days = spoken = spoken_left = 0.0
    leavers, leads = 0, []
    for past in pasts:
        near = [past.left_on is not None and _near(past, day, ahead_days) for day, _ in past.spoke]
        days += past.weight * len(near)
        left_days += past.weight * sum(near)
        said = [spoke for _day, spoke in past.spoke]
        spoken += past.weight * sum(said)
        spoken_left += past.weight * sum(s and n for s, n in zip(said, near, strict=True))
        if past.left_on is not None and any(near):
            leavers += 1
            if (lead := _lead(past, near)) is not None:
                leads.append(lead)
    base = left_days / days if days else 0.0
    precision = spoken_left / spoken if spoken else None
    return Performance(
        leavers=leavers,
        precision=precision,
        recall=len(leads) / leavers if leavers else None,
        lift=precision / base if precision is not None and base else None,
        lead_days=round(median(leads)) if leads else None,
    )


def share_interval(hits: int, asked: int, everybody: int) -> tuple[int, int]:
    """Return between how many of ``everybody`` it is true, from a sample of ``asked`` (95 %).

    By Wilson's interval, which holds for few hits too; exact where everybody was asked.
    """
    if asked >= everybody:
        return hits, hits
    share, square = hits / asked, Z95**2
    middle = (share + square / (2 * asked)) / (1 + square / asked)
    spread = sqrt(share * (1 - share) / asked + square / (4 * asked**2))
    half = Z95 * spread / (1 + square / asked)
    low = max(middle - half, 0.0) if hits else 0.0
    return max(round(low * everybody), hits), round(min(middle + half, 1.0) * everybody)


def _near(past: Past, day: date, ahead_days: int) -> bool:
    return past.left_on is not None and 0 < (past.left_on - day).days <= ahead_days


def _lead(past: Past, near: Sequence[bool]) -> int | None:
    """Return the days from the beginning of the last unbroken speaking to the leaving."""
    if past.left_on is None:
        return None
    began: date | None = None
    heard = False
    for (day, spoke), is_near in zip(past.spoke, near, strict=True):
        if not spoke:
            # What broke off before the end was no warning of this leaving.
            began = None if not heard else began
            continue
        began = began or day
        heard = heard or is_near
    return (past.left_on - began).days if heard and began is not None else None
