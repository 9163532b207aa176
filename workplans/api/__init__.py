"""Plans and logs in the REST API, one module a concept."""

from workplans.api.plans import WorkPlanDetail, WorkPlanList

__all__ = ["WorkPlanDetail", "WorkPlanList"]
