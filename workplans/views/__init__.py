"""Pages of plans, logs and inspections, one module a concept."""

from workplans.views.calendars import plan_feed, plan_feed_renew, plan_feed_revoke, plan_hours
from workplans.views.deciding import plan_decide, plan_decide_many, plan_queue, plan_undo
from workplans.views.findings import (
    finding_add,
    finding_answer,
    finding_list,
    finding_settle,
    finding_undo,
)
from workplans.views.inspections import (
    inspection_close,
    inspection_detail,
    inspection_list,
    inspection_open,
    inspection_plan_leave_out,
    inspection_plan_line,
    inspection_plan_make,
)
from workplans.views.items import (
    plan_customers,
    plan_item_add,
    plan_item_edit,
    plan_item_move,
    plan_item_remove,
    plan_item_restore,
    plan_item_tick,
)
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
from workplans.views.plans import (
    plan_detail,
    plan_draft,
    plan_home,
    plan_note,
    plan_open,
    plan_submit,
    plan_take_back,
    plan_targets,
)
from workplans.views.signals import signal_list
from workplans.views.today import plan_today
from workplans.views.walk import inspection_judge, inspection_phone, inspection_walk

__all__ = [
    "finding_add",
    "finding_answer",
    "finding_list",
    "finding_settle",
    "finding_undo",
    "inspection_close",
    "inspection_detail",
    "inspection_judge",
    "inspection_list",
    "inspection_open",
    "inspection_phone",
    "inspection_plan_leave_out",
    "inspection_plan_line",
    "inspection_plan_make",
    "inspection_walk",
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
    "plan_customers",
    "plan_decide",
    "plan_decide_many",
    "plan_detail",
    "plan_draft",
    "plan_feed",
    "plan_feed_renew",
    "plan_feed_revoke",
    "plan_home",
    "plan_hours",
    "plan_item_add",
    "plan_item_edit",
    "plan_item_move",
    "plan_item_remove",
    "plan_item_restore",
    "plan_item_tick",
    "plan_note",
    "plan_open",
    "plan_queue",
    "plan_submit",
    "plan_take_back",
    "plan_targets",
    "plan_today",
    "plan_undo",
    "signal_list",
]
