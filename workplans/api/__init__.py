"""Plans, logs and inspections in the REST API, one module a concept."""

from workplans.api.inspections import FindingList, InspectionDetail, InspectionList

__all__ = ["FindingList", "InspectionDetail", "InspectionList"]
