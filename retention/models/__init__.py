"""What is kept of usage, risk, warnings, retention cases, departures and churn goals."""

from retention.models.cases import CaseFollowUp, Measure, MeasureOffer, RetentionCase
from retention.models.departures import Departure, DepartureCause, DepartureReview
from retention.models.goals import (
    ChurnBaseCount,
    ChurnBaseMember,
    ChurnBaseYear,
    ChurnGoal,
    TierGroup,
)
from retention.models.risk import (
    RiskCalibration,
    RiskRun,
    RiskScore,
    RiskState,
    Signal,
    SignalGroup,
    SignalVersion,
)
from retention.models.usage import ChurnEvent, Source, UsageSnapshot
from retention.models.warnings import ChurnWarning, WarningReason, WarningStep

__all__ = [
    "CaseFollowUp",
    "ChurnBaseCount",
    "ChurnBaseMember",
    "ChurnBaseYear",
    "ChurnEvent",
    "ChurnGoal",
    "ChurnWarning",
    "Departure",
    "DepartureCause",
    "DepartureReview",
    "Measure",
    "MeasureOffer",
    "RetentionCase",
    "RiskCalibration",
    "RiskRun",
    "RiskScore",
    "RiskState",
    "Signal",
    "SignalGroup",
    "SignalVersion",
    "Source",
    "TierGroup",
    "UsageSnapshot",
    "WarningReason",
    "WarningStep",
]
