"""Questions about usage, risk, warnings, cases, departures and goals, one module a concept."""

from retention.querysets.cases import (
    CaseFollowUpQuerySet,
    MeasureOfferQuerySet,
    RetentionCaseQuerySet,
)
from retention.querysets.departures import (
    DepartureCauseQuerySet,
    DepartureQuerySet,
    OfDepartureQuerySet,
)
from retention.querysets.goals import ChurnBaseCountQuerySet, ChurnBaseMemberQuerySet
from retention.querysets.risk import (
    EditableByHeadOfficeQuerySet,
    RiskRunQuerySet,
    RiskScoreQuerySet,
    RiskStateQuerySet,
)
from retention.querysets.usage import ChurnEventQuerySet, UsageSnapshotQuerySet
from retention.querysets.warnings import ChurnWarningQuerySet, OfWarningQuerySet

__all__ = [
    "CaseFollowUpQuerySet",
    "ChurnBaseCountQuerySet",
    "ChurnBaseMemberQuerySet",
    "ChurnEventQuerySet",
    "ChurnWarningQuerySet",
    "DepartureCauseQuerySet",
    "DepartureQuerySet",
    "EditableByHeadOfficeQuerySet",
    "MeasureOfferQuerySet",
    "OfDepartureQuerySet",
    "OfWarningQuerySet",
    "RetentionCaseQuerySet",
    "RiskRunQuerySet",
    "RiskScoreQuerySet",
    "RiskStateQuerySet",
    "UsageSnapshotQuerySet",
]
