"""What counts as a contact (article 8), what is late, what is a broadcast.

Plain values in and out: no database, no clock, no settings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

REACHED = "reached"
INCOMING = "incoming"
WRITTEN_CHANNELS = frozenset({"sms", "mms", "im"})
FACE_TO_FACE_CHANNELS = frozenset({"visit", "reception", "activity"})
SPOKEN_CHANNELS = frozenset({"phone"})
COUNTING_CHANNELS = WRITTEN_CHANNELS | FACE_TO_FACE_CHANNELS | SPOKEN_CHANNELS
COUNTING_RECORDERS = frozenset({"manager", "cover", "supervisor", "import"})
"""The customer's manager, the cover, their supervisor; and what the roster says of the past."""

OUTCOMES_OF_CHANNEL = {
    "phone": ("reached", "no_answer", "busy", "rejected", "switched_off", "wrong_number"),
    "sms": ("reached", "failed"),
    "mms": ("reached", "failed"),
    "im": ("reached", "failed"),
    "visit": ("reached", "not_met"),
    "reception": ("reached", "not_met"),
    "activity": ("reached", "not_met"),
}
"""The outcomes that can be, by channel. A message that was sent and not reported failed reached."""


@dataclass(frozen=True)
class Attempt:
    """What decides whether a record is a contact."""

    channel: str
    outcome: str
    recorded_as: str
    direction: str = "outgoing"
    is_automatic: bool = False
    is_broadcast: bool = False
    is_voided: bool = False


def is_message_from_customer(channel: str, direction: str) -> bool:
    """Say whether the customer wrote: that is no contact by itself, the answer is (article 8)."""
    return channel in WRITTEN_CHANNELS and direction == INCOMING


def counts(attempt: Attempt) -> bool:
    """Say whether a record is a contact in the sense of article 8.

    Not automatic, not a broadcast, not voided, reached, no message from the customer, and of the
    customer's manager, the cover or their supervisor.
    """
    return (
        not (attempt.is_automatic or attempt.is_broadcast or attempt.is_voided)
        and not is_message_from_customer(attempt.channel, attempt.direction)
        and attempt.outcome == REACHED
        and attempt.channel in COUNTING_CHANNELS
        and attempt.recorded_as in COUNTING_RECORDERS
    )


def counts_face_to_face(attempt: Attempt) -> bool:
    """Say whether a record is a face-to-face contact in the sense of article 9."""
    return counts(attempt) and attempt.channel in FACE_TO_FACE_CHANNELS


def is_late(
    happened_at: datetime, recorded_at: datetime, *, date_only: bool, late_after_hours: int
) -> bool:
    """Say whether a record was entered late; one that knows only its date never is."""
    return not date_only and recorded_at - happened_at > timedelta(hours=late_after_hours)


def text_key(channel: str, text: str, direction: str = "outgoing") -> str:
    """Return what two messages of the same text share.

    Empty for speech, for no text and for what the customer wrote: only who writes to many sends
    one text to many.
    """
    plain = " ".join(text.split())
    if channel not in WRITTEN_CHANNELS or direction == INCOMING or not plain:
        return ""
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Message:
    """One message of a text: the record's id, the customer's id and when it was sent."""

    record: int
    customer: int
    sent_at: datetime


def broadcast_records(
    messages: Iterable[Message], *, most_customers: int, window: timedelta
) -> set[int]:
    """Return the records of one text that went to more than ``most_customers`` in ``window``.

    A record belongs to a broadcast when any span of that length that holds it also holds the
    same text to more than that many customers.
    """
    ordered = sorted(messages, key=lambda message: message.sent_at)
    found: set[int] = set()
    first = 0
    for last, message in enumerate(ordered):
        while message.sent_at - ordered[first].sent_at > window:
            first += 1
        span: Sequence[Message] = ordered[first : last + 1]
        if len({m.customer for m in span}) > most_customers:
            found.update(m.record for m in span)
    return found


# --- First guesses of the log form and of plans (articles 10 and 11) ----------------------------

OTHER_CHANNELS = ("im", "sms", "mms", "visit", "reception")
"""What is tried when neither the preferred channel nor a call will do, the easiest first."""


def likely_channel(row: str, preferred: str, opted_out: Iterable[str]) -> str:
    """Return the channel that a contact is best planned for (article 10).

    ``row``: what the person wants to do (contact, visit, follow_up or birthday). The customer's
    preferred channel, else a call; never one the customer has opted out of while another is left.
    """
    refused = frozenset(opted_out)
    first = ("visit", "reception") if row == "visit" else (preferred, "phone")
    allowed = [c for c in (*first, *OTHER_CHANNELS) if c and c not in refused]
    return allowed[0] if allowed else "phone"


def guessed_channel(row: str, preferred: str, opted_out: Iterable[str]) -> str:
    """Return the channel that the log drawer begins with; empty where the person has to choose.

    ``row`` as in ``likely_channel``. A meeting is never guessed, from a liking or a plan neither:
    one that did not take place would count for both cadences (articles 8 and 9). Who prefers to be
    met gets the call or the message that comes next.
    """
    if row == "visit":
        return ""
    refused = frozenset(opted_out) | FACE_TO_FACE_CHANNELS
    allowed = [c for c in (preferred, "phone", *OTHER_CHANNELS) if c and c not in refused]
    return allowed[0] if allowed else ""


def likely_occasion(row: str) -> str:
    """Return the occasion that goes with what the person wants to do (article 11)."""
    return {"follow_up": "follow_up", "birthday": "care"}.get(row, "regular")
