"""Pages of the workplans app, one module a concept."""

from workplans.views.leave import leave_create, leave_end, leave_list
from workplans.views.logs import (
    log_answer,
    log_detail,
    log_edit,
    log_list,
    log_queue,
    log_read,
    log_submit,
    log_today,
)

__all__ = [
    "leave_create",
    "leave_end",
    "leave_list",
    "log_answer",
    "log_detail",
    "log_edit",
    "log_list",
    "log_queue",
    "log_read",
    "log_submit",
    "log_today",
]
