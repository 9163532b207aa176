"""Pages of complaints, one module a concept."""

from complaints.views.detail import (
    complaint_detail,
    complaint_edit,
    complaint_move,
    complaint_note,
    complaint_reassign,
    complaint_respond,
    double_merge,
    double_undo,
    phone_reveal,
)
from complaints.views.panels import customer_complaints
from complaints.views.parts import (
    file_add,
    file_open,
    sub_task_add,
    sub_task_end,
    template_create,
    template_edit,
    template_list,
)
from complaints.views.queue import complaint_list, notices_seen
from complaints.views.register import complaint_create, complaint_register

__all__ = [
    "complaint_create",
    "complaint_detail",
    "complaint_edit",
    "complaint_list",
    "complaint_move",
    "complaint_note",
    "complaint_reassign",
    "complaint_register",
    "complaint_respond",
    "customer_complaints",
    "double_merge",
    "double_undo",
    "file_add",
    "file_open",
    "notices_seen",
    "phone_reveal",
    "sub_task_add",
    "sub_task_end",
    "template_create",
    "template_edit",
    "template_list",
]
