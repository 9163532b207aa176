"""Plans, logs and inspections in the REST API, one module a concept."""

from workplans.api.coverage import (
    InspectionCoverage,
    InspectionPlanDetail,
    InspectionPlanList,
)
from workplans.api.inspections import (
    FindingList,
    InspectionDetail,
    InspectionList,
    RecordSignalList,
)
from workplans.api.lapses import PlanLapseList
from workplans.api.leave import LeaveCallOff, LeaveDetail, LeaveList
from workplans.api.logs import WorkLogDetail, WorkLogList
from workplans.api.plans import WorkPlanDetail, WorkPlanList

__all__ = [
    "FindingList",
    "InspectionCoverage",
    "InspectionDetail",
    "InspectionList",
    "InspectionPlanDetail",
    "InspectionPlanList",
    "LeaveCallOff",
    "LeaveDetail",
    "LeaveList",
    "PlanLapseList",
    "RecordSignalList",
    "WorkLogDetail",
    "WorkLogList",
    "WorkPlanDetail",
    "WorkPlanList",
]
