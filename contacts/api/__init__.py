"""Contacts in the REST API, one module a concept."""

from contacts.api.calls import CallEventList, MissedCallList
from contacts.api.duty import DutyList
from contacts.api.records import (
    CadenceFlagList,
    ContactRecordDetail,
    ContactRecordList,
    ContactRecordVoid,
)

__all__ = [
    "CadenceFlagList",
    "CallEventList",
    "ContactRecordDetail",
    "ContactRecordList",
    "ContactRecordVoid",
    "DutyList",
    "MissedCallList",
]
