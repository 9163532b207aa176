"""Missed calls and what ends them (article 7): plain values in and out.

Every missed call of a customer opens an obligation to return it, day and night. More missed calls
before it is returned join it. An attempt is counted; only a contact that reached the customer
closes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from staff.rules import standing_in

OUTCOME_OF_RESULT = {
    "answered": "reached",
    "missed": "no_answer",
    "no_answer": "no_answer",
    "busy": "busy",
    "rejected": "rejected",
    "switched_off": "switched_off",
}
"""The outcome of a contact record, by how the call centre says an outgoing call ended."""


# --- Obligations -------------------------------------------------------------------------------


class FactKind(StrEnum):
    """What a call or a contact does to an obligation."""

    REACHED = "reached"
    MISSED = "missed"
    ATTEMPT = "attempt"


ORDER = {FactKind.REACHED: 0, FactKind.MISSED: 1, FactKind.ATTEMPT: 2}
"""Of the same moment: what was reached then answers no call that was missed then."""


@dataclass(frozen=True)
class Fact:
    """One thing that happened ``at`` a moment; ``source`` says which row tells of it."""

    at: datetime
    kind: FactKind
    source: tuple[str, int]

    @property
    def place(self) -> tuple[datetime, int, tuple[str, int]]:
        """Where it stands among the others."""
        return self.at, ORDER[self.kind], self.source


@dataclass
class Obligation:
    """Missed calls that one return answers; ``closed`` is the fact that did, None while open."""

    missed: list[Fact] = field(default_factory=list)
    attempts: list[Fact] = field(default_factory=list)
    closed: Fact | None = None

    @property
    def opened_at(self) -> datetime:
        """The first missed call: the clock runs from there."""
        return self.missed[0].at

    @property
    def last_missed_at(self) -> datetime:
        """The latest missed call."""
        return self.missed[-1].at

    @property
    def last_attempt_at(self) -> datetime | None:
        """The latest attempt that reached nobody."""
        return self.attempts[-1].at if self.attempts else None

    @property
    def closed_at(self) -> datetime | None:
        """When the customer was reached."""
        return self.closed.at if self.closed else None


def obligations(facts: Iterable[Fact]) -> list[Obligation]:
    """Return one customer's obligations, the oldest first; only the last can be open.

    The order in which ``facts`` became known does not matter.
    """
    found: list[Obligation] = []
    last: Obligation | None = None
    for fact in sorted(facts, key=lambda one: one.place):
        if fact.kind is FactKind.MISSED:
            if last is None:
                found.append(last := Obligation())
            last.missed.append(fact)
        elif last is not None and fact.kind is FactKind.ATTEMPT:
            last.attempts.append(fact)
        elif last is not None and fact.at > last.opened_at:
            last.closed, last = fact, None
    return found


def due_at(opened_at: datetime, minutes: int) -> datetime:
    """Return until when the call is to be returned: the clock stops neither at night nor ever."""
    return opened_at + timedelta(minutes=minutes)


def is_missed(direction: str, result: str) -> bool:
    """Say whether a customer rang and nobody spoke with them, whatever the reason."""
    return direction == "incoming" and result != "answered"


def outcome_of(direction: str, result: str) -> str | None:
    """Return the outcome of the contact record that a call becomes; None for a missed one."""
    return None if is_missed(direction, result) else OUTCOME_OF_RESULT[result]


# --- Who is on duty ----------------------------------------------------------------------------


def on_duty(manager: int | None, stand_ins: Mapping[int, int]) -> int | None:
    """Return who takes the calls of ``manager``'s customers: the last who is not covered."""
    if manager is None:
        return None
    return [manager, *standing_in(manager, stand_ins)][-1]


def next_in_line(
    manager: int | None, holder: int | None, stand_ins: Mapping[int, int]
) -> int | None:
    """Return who takes over from ``holder``, to whom the missed call came; None for nobody.

    The next stand-in after the holder; where the holder no longer serves the customer, who is on
    duty now.
    """
    if manager is None:
        return None
    line = [manager, *standing_in(manager, stand_ins)]
    if holder not in line:
        return line[-1]
    after = line[line.index(holder) + 1 :]
    return after[0] if after else None


# --- Figures -----------------------------------------------------------------------------------


def share(part: int, whole: int) -> float | None:
    """Return a percentage with one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def middle_minutes(seconds: Sequence[float]) -> float | None:
    """Return the median in minutes with one decimal; None of nothing."""
    return round(median(seconds) / 60, 1) if seconds else None
