"""Retention in the REST API, one module a concept."""

from retention.api.cases import RetentionCaseDetail, RetentionCaseList
from retention.api.usage import ChurnEventList, UsageSnapshotList
from retention.api.warnings import ChurnWarningDetail, ChurnWarningList, RiskScoreList

__all__ = [
    "ChurnEventList",
    "ChurnWarningDetail",
    "ChurnWarningList",
    "RetentionCaseDetail",
    "RetentionCaseList",
    "RiskScoreList",
    "UsageSnapshotList",
]
