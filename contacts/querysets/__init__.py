"""Questions about contacts, their cadence and calls, one module a concept."""

from contacts.querysets.cadence import CadenceFlagQuerySet, ExemptionQuerySet, SnoozeQuerySet
from contacts.querysets.calls import (
    CallEventQuerySet,
    MissedCallDue,
    MissedCallNoticeQuerySet,
    MissedCallQuerySet,
)
from contacts.querysets.records import BY_RULE, ContactRecordQuerySet, OfFew

__all__ = [
    "BY_RULE",
    "CadenceFlagQuerySet",
    "CallEventQuerySet",
    "ContactRecordQuerySet",
    "ExemptionQuerySet",
    "MissedCallDue",
    "MissedCallNoticeQuerySet",
    "MissedCallQuerySet",
    "OfFew",
    "SnoozeQuerySet",
]
