"""What a merge of two customers does with complaints and service requests."""

from __future__ import annotations

from complaints.models import Complaint, ServiceRequest
from customers.services.merging import Belonging, Fate

BELONGINGS = (
    Belonging(Complaint, Fate.MOVES, told=True),
    Belonging(ServiceRequest, Fate.MOVES, told=True),
)
