"""Where a complaint can go from where it stands (article 21). There is no other way.

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Move(StrEnum):
    """What moves a complaint from one state to another; the names are those of its steps."""

    ACCEPT = "accepted"
    START = "started"
    WAIT = "waiting"
    RESUME = "resumed"
    RESOLVE = "resolved"
    CLOSE = "closed"
    REOPEN = "reopened"


MOVES: Mapping[tuple[str, Move], str] = {
    ("registered", Move.ACCEPT): "accepted",
    ("accepted", Move.START): "in_work",
    ("in_work", Move.WAIT): "waiting",
    ("waiting", Move.RESUME): "in_work",
    ("in_work", Move.RESOLVE): "resolved",
    ("waiting", Move.RESOLVE): "resolved",
    ("resolved", Move.CLOSE): "closed",
    ("waiting", Move.CLOSE): "closed",
    ("resolved", Move.REOPEN): "in_work",
    ("closed", Move.REOPEN): "in_work",
}


def after(state: str, move: Move) -> str | None:
    """Return the state that ``move`` leads to from ``state``; None where it does not go."""
    return MOVES.get((state, move))


def moves_from(state: str) -> list[Move]:
    """Return what can be done with a complaint that stands at ``state``, in a fixed order."""
    return [move for move in Move if (state, move) in MOVES]


REASONED = frozenset({Move.WAIT, Move.REOPEN})
"""Moves that say why."""
