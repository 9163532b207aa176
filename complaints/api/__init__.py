"""Endpoints of complaints, one module a concept."""

from complaints.api.complaints import (
    CategoryList,
    ComplaintDetail,
    ComplaintList,
    ComplaintMove,
    ComplaintRemark,
)
from complaints.api.figures import ComplaintFigures, ComplaintHandlerList
from complaints.api.parts import (
    AttachmentContent,
    AttachmentDetail,
    AttachmentList,
    ComplaintAttachment,
    ComplaintSubTask,
    SubTaskCallOff,
    SubTaskDetail,
    SubTaskDone,
    SubTaskList,
)
from complaints.api.reviews import (
    ComplaintCallBack,
    ComplaintCauseList,
    ComplaintReviewDetail,
    ComplaintReviewList,
)

__all__ = [
    "AttachmentContent",
    "AttachmentDetail",
    "AttachmentList",
    "CategoryList",
    "ComplaintAttachment",
    "ComplaintCallBack",
    "ComplaintCauseList",
    "ComplaintDetail",
    "ComplaintFigures",
    "ComplaintHandlerList",
    "ComplaintList",
    "ComplaintMove",
    "ComplaintRemark",
    "ComplaintReviewDetail",
    "ComplaintReviewList",
    "ComplaintSubTask",
    "SubTaskCallOff",
    "SubTaskDetail",
    "SubTaskDone",
    "SubTaskList",
]
