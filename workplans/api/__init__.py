"""Plans and logs in the REST API, one module a concept."""

from workplans.api.lapses import PlanLapseList
from workplans.api.logs import WorkLogDetail, WorkLogList
from workplans.api.plans import WorkPlanDetail, WorkPlanList

__all__ = ["PlanLapseList", "WorkLogDetail", "WorkLogList", "WorkPlanDetail", "WorkPlanList"]
