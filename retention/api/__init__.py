"""Retention in the REST API, one module a concept."""

from retention.api.cases import RetentionCaseDetail, RetentionCaseList
from retention.api.departures import ChurnGoalList, DepartureDetail, DepartureList
from retention.api.usage import ChurnEventList, UsageSnapshotList
from retention.api.warnings import ChurnWarningDetail, ChurnWarningList, RiskScoreList

__all__ = [
    "ChurnEventList",
    "ChurnGoalList",
    "ChurnWarningDetail",
    "ChurnWarningList",
    "DepartureDetail",
    "DepartureList",
    "RetentionCaseDetail",
    "RetentionCaseList",
    "RiskScoreList",
    "UsageSnapshotList",
]
