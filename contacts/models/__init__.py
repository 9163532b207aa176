"""What is kept of contacts, their cadence and the service by telephone."""

from contacts.models.cadence import CadenceFlag, Exemption, Snooze
from contacts.models.calls import CallEvent, MissedCall, MissedCallNotice
from contacts.models.choices import (
    Cadence,
    CallResult,
    Confirmation,
    Direction,
    DiscardReason,
    NumberMatch,
    Occasion,
    Outcome,
    RecordedAs,
    Source,
)
from contacts.models.records import ContactRecord

__all__ = [
    "Cadence",
    "CadenceFlag",
    "CallEvent",
    "CallResult",
    "Confirmation",
    "ContactRecord",
    "Direction",
    "DiscardReason",
    "Exemption",
    "MissedCall",
    "MissedCallNotice",
    "NumberMatch",
    "Occasion",
    "Outcome",
    "RecordedAs",
    "Snooze",
    "Source",
]
