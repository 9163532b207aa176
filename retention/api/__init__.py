"""Retention in the REST API, one module a concept."""

from retention.api.cases import RetentionCaseDetail, RetentionCaseList
from retention.api.catalogue import (
    DepartureCauseList,
    MeasureDetail,
    MeasureList,
    RiskSignalDetail,
    RiskSignalList,
)
from retention.api.departures import ChurnGoalList, DepartureDetail, DepartureList
from retention.api.reviews import (
    DepartureReviewCreate,
    DepartureReviewDetail,
    DepartureReviewList,
)
from retention.api.usage import ChurnEventList, UsageSnapshotList
from retention.api.warnings import ChurnWarningDetail, ChurnWarningList, RiskScoreList

__all__ = [
    "ChurnEventList",
    "ChurnGoalList",
    "ChurnWarningDetail",
    "ChurnWarningList",
    "DepartureCauseList",
    "DepartureDetail",
    "DepartureList",
    "DepartureReviewCreate",
    "DepartureReviewDetail",
    "DepartureReviewList",
    "MeasureDetail",
    "MeasureList",
    "RetentionCaseDetail",
    "RetentionCaseList",
    "RiskScoreList",
    "RiskSignalDetail",
    "RiskSignalList",
    "UsageSnapshotList",
]
