"""Imports of files and their rows, exports; the systems that use the API, and their keys."""

from exchange.models.clients import EVERY_UNIT, MOST_REQUESTS, ApiClient, ApiKey
from exchange.models.departures import DepartureImport, DepartureImportRow, departures_path
from exchange.models.exports import Export, export_path
from exchange.models.files import INTERRUPTED, UNREAD, FileImport, FileState
from exchange.models.rosters import RosterImport, RosterImportRow, roster_path
from exchange.models.usage import UsageImport, UsageImportRow, usage_path

__all__ = [
    "EVERY_UNIT",
    "INTERRUPTED",
    "MOST_REQUESTS",
    "UNREAD",
    "ApiClient",
    "ApiKey",
    "DepartureImport",
    "DepartureImportRow",
    "Export",
    "FileImport",
    "FileState",
    "RosterImport",
    "RosterImportRow",
    "UsageImport",
    "UsageImportRow",
    "departures_path",
    "export_path",
    "roster_path",
    "usage_path",
]
