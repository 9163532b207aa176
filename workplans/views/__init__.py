"""Pages of the workplans app."""

from workplans.views.calendars import plan_feed, plan_feed_renew, plan_feed_revoke, plan_hours
from workplans.views.deciding import plan_decide, plan_queue
from workplans.views.items import (
    plan_customers,
    plan_item_add,
    plan_item_edit,
    plan_item_move,
    plan_item_remove,
    plan_item_restore,
    plan_item_tick,
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

__all__ = [
    "plan_customers",
    "plan_decide",
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
]
