"""What is kept of plans, logs, inspections, and of the days on which managers work."""

from workplans.models.calendar import CalendarFeed, Leave, WorkdayException, WorkingHours
from workplans.models.inspections import (
    Finding,
    InspectedItem,
    Inspection,
    InspectionPlan,
    InspectionPlanLine,
)
from workplans.models.logs import LogRemark, WorkLog
from workplans.models.plans import (
    Lapse,
    LapseWatch,
    PlanChange,
    PlanItem,
    PlanRemark,
    PlanStep,
    PlanTarget,
    WorkPlan,
)
from workplans.models.signals import RecordSignal, SignalRun

__all__ = [
    "CalendarFeed",
    "Finding",
    "InspectedItem",
    "Inspection",
    "InspectionPlan",
    "InspectionPlanLine",
    "Lapse",
    "LapseWatch",
    "Leave",
    "LogRemark",
    "PlanChange",
    "PlanItem",
    "PlanRemark",
    "PlanStep",
    "PlanTarget",
    "RecordSignal",
    "SignalRun",
    "WorkLog",
    "WorkPlan",
    "WorkdayException",
    "WorkingHours",
]
