"""How a plan is drafted: what wants doing, spread over the days a manager works (article 4).

Plain values in and out: no database, no clock, no settings. Dates are local dates.
"""

from __future__ import annotations

from dataclasses import dataclass

MESSAGE_CHANNELS = frozenset({"sms", "mms", "im"})
FACE_TO_FACE = frozenset({"visit", "reception", "activity"})


@dataclass(frozen=True)
class Sizes:
    """Minutes that planned work takes, and how much of the working hours a draft fills."""

    call_minutes: int
    message_minutes: int
    visit_minutes: int
    share_percent: int


def minutes_for(channel: str, *, needs_visit: bool, sizes: Sizes) -> int:
    """Return how many minutes a contact by ``channel`` takes; without a channel a call's."""
    if needs_visit or channel in FACE_TO_FACE:
        return sizes.visit_minutes
    return sizes.message_minutes if channel in MESSAGE_CHANNELS else sizes.call_minutes
