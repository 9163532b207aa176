"""Questions about complaints, their parts and service requests, one module a concept."""

from complaints.querysets.catalogue import (
    CategoryQuerySet,
    CauseQuerySet,
    ResponseTemplateQuerySet,
)
from complaints.querysets.complaints import (
    AttachmentQuerySet,
    ComplaintMergeQuerySet,
    ComplaintNoticeQuerySet,
    ComplaintQuerySet,
    ComplaintReviewQuerySet,
    ComplaintStepQuerySet,
    SubTaskQuerySet,
)
from complaints.querysets.requests import ServiceRequestQuerySet

__all__ = [
    "AttachmentQuerySet",
    "CategoryQuerySet",
    "CauseQuerySet",
    "ComplaintMergeQuerySet",
    "ComplaintNoticeQuerySet",
    "ComplaintQuerySet",
    "ComplaintReviewQuerySet",
    "ComplaintStepQuerySet",
    "ResponseTemplateQuerySet",
    "ServiceRequestQuerySet",
    "SubTaskQuerySet",
]
