"""Complaints, their parts and what follows them, one module a concept."""

from complaints.models.catalogue import Category, Cause, ResponseTemplate
from complaints.models.complaints import (
    Complaint,
    ComplaintMerge,
    ComplaintNotice,
    ComplaintStep,
    Severity,
    Source,
    State,
)
from complaints.models.parts import Attachment, SubTask
from complaints.models.requests import ServiceRequest
from complaints.models.reviews import ComplaintReview

__all__ = [
    "Attachment",
    "Category",
    "Cause",
    "Complaint",
    "ComplaintMerge",
    "ComplaintNotice",
    "ComplaintReview",
    "ComplaintStep",
    "ResponseTemplate",
    "ServiceRequest",
    "Severity",
    "Source",
    "State",
    "SubTask",
]
