"""Questions about plans, logs and inspections."""

from workplans.querysets.calendar import (
    CalendarFeedQuerySet,
    LeaveQuerySet,
    WorkdayExceptionQuerySet,
    WorkingHoursQuerySet,
)
from workplans.querysets.inspections import (
    FindingQuerySet,
    InspectedItemQuerySet,
    InspectionPlanLineQuerySet,
    InspectionPlanQuerySet,
    InspectionQuerySet,
)
from workplans.querysets.logs import LogRemarkQuerySet, WorkLogQuerySet
from workplans.querysets.plans import (
    LapseQuerySet,
    LapseWatchQuerySet,
    OfPlanQuerySet,
    PlanItemQuerySet,
    WorkPlanQuerySet,
)
from workplans.querysets.signals import RecordSignalQuerySet, SignalRunQuerySet

__all__ = [
    "CalendarFeedQuerySet",
    "FindingQuerySet",
    "InspectedItemQuerySet",
    "InspectionPlanLineQuerySet",
    "InspectionPlanQuerySet",
    "InspectionQuerySet",
    "LapseQuerySet",
    "LapseWatchQuerySet",
    "LeaveQuerySet",
    "LogRemarkQuerySet",
    "OfPlanQuerySet",
    "PlanItemQuerySet",
    "RecordSignalQuerySet",
    "SignalRunQuerySet",
    "WorkLogQuerySet",
    "WorkPlanQuerySet",
    "WorkdayExceptionQuerySet",
    "WorkingHoursQuerySet",
]
