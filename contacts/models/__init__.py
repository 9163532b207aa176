"""What is kept of contacts, their cadence and the service by telephone."""

from contacts.models.cadence import CadenceFlag, Exemption, Snooze
from contacts.models.choices import Cadence, Direction, Occasion, Outcome, RecordedAs, Source
from contacts.models.records import ContactRecord

__all__ = [
    "Cadence",
    "CadenceFlag",
    "ContactRecord",
    "Direction",
    "Exemption",
    "Occasion",
    "Outcome",
    "RecordedAs",
    "Snooze",
    "Source",
]
