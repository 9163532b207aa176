"""Contacts in the REST API, one module a concept."""

from contacts.api.records import (
    CadenceFlagList,
    ContactRecordDetail,
    ContactRecordList,
    ContactRecordVoid,
)

__all__ = [
    "CadenceFlagList",
    "ContactRecordDetail",
    "ContactRecordList",
    "ContactRecordVoid",
]
