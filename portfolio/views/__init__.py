"""Pages that span the apps."""

from portfolio.views.board import board
from portfolio.views.board_care import board_care
from portfolio.views.board_work import board_work
from portfolio.views.day import day_changed, my_day
from portfolio.views.handover import (
    handover_call_off,
    handover_detail,
    handover_dismiss,
    handover_dossier,
    handover_hint,
    handover_list,
)
from portfolio.views.likeness import (
    likeness_dismiss,
    likeness_hint,
    likeness_list,
    likeness_restore,
)
from portfolio.views.merge import merge, merge_detail, merge_undo
from portfolio.views.reassign import reassign, reassign_portfolio
from portfolio.views.saved_views import (
    column_choice,
    view_create,
    view_edit,
    view_list,
    view_name,
    view_refit,
    view_remove,
)
from portfolio.views.trail import access_report, audit_trail

__all__ = [
    "access_report",
    "audit_trail",
    "board",
    "board_care",
    "board_work",
    "column_choice",
    "day_changed",
    "handover_call_off",
    "handover_detail",
    "handover_dismiss",
    "handover_dossier",
    "handover_hint",
    "handover_list",
    "likeness_dismiss",
    "likeness_hint",
    "likeness_list",
    "likeness_restore",
    "merge",
    "merge_detail",
    "merge_undo",
    "my_day",
    "reassign",
    "reassign_portfolio",
    "view_create",
    "view_edit",
    "view_list",
    "view_name",
    "view_refit",
    "view_remove",
]
