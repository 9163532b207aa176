"""Pages of the retention app, one module a concept."""

from retention.views.cases import (
    case_decide,
    case_detail,
    case_edit,
    case_follow_up,
    case_list,
    case_open,
)
from retention.views.departures import (
    cause_create,
    cause_edit,
    cause_list,
    departure_cancel,
    departure_detail,
    departure_list,
    departure_report,
    departure_return,
)
from retention.views.goals import base_freeze, goal_board, goal_list
from retention.views.judged import cause_chart, warnings_judged
from retention.views.measures import measure_create, measure_edit, measure_list
from retention.views.offers import (
    approval_list,
    case_offers,
    measure_choose,
    offer_answer,
    offer_decide,
    offer_undo,
)
from retention.views.panels import customer_hint, customer_retention, customer_risk
from retention.views.signals import (
    signal_create,
    signal_detail,
    signal_group_edit,
    signal_list,
    signal_past,
    signal_preview,
    signal_switch,
)
from retention.views.warnings import (
    warning_detail,
    warning_follow_up,
    warning_list,
    warning_snooze,
    warning_wake,
)

__all__ = [
    "approval_list",
    "base_freeze",
    "case_decide",
    "case_detail",
    "case_edit",
    "case_follow_up",
    "case_list",
    "case_offers",
    "case_open",
    "cause_chart",
    "cause_create",
    "cause_edit",
    "cause_list",
    "customer_hint",
    "customer_retention",
    "customer_risk",
    "departure_cancel",
    "departure_detail",
    "departure_list",
    "departure_report",
    "departure_return",
    "goal_board",
    "goal_list",
    "measure_choose",
    "measure_create",
    "measure_edit",
    "measure_list",
    "offer_answer",
    "offer_decide",
    "offer_undo",
    "signal_create",
    "signal_detail",
    "signal_group_edit",
    "signal_list",
    "signal_past",
    "signal_preview",
    "signal_switch",
    "warning_detail",
    "warning_follow_up",
    "warning_list",
    "warning_snooze",
    "warning_wake",
    "warnings_judged",
]
