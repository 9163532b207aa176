"""Endpoints of complaints, one module a concept."""

from complaints.api.complaints import (
    CategoryList,
    ComplaintDetail,
    ComplaintList,
    ComplaintMove,
    ComplaintRemark,
)

__all__ = [
    "CategoryList",
    "ComplaintDetail",
    "ComplaintList",
    "ComplaintMove",
    "ComplaintRemark",
]
