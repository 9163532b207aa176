"""Pages that span the apps."""

from portfolio.views.board import board
from portfolio.views.day import my_day
from portfolio.views.handover import (
    handover_call_off,
    handover_detail,
    handover_dismiss,
    handover_dossier,
    handover_hint,
    handover_list,
)
from portfolio.views.reassign import reassign, reassign_portfolio
from portfolio.views.trail import access_report, audit_trail

__all__ = [
    "access_report",
    "audit_trail",
    "board",
    "handover_call_off",
    "handover_detail",
    "handover_dismiss",
    "handover_dossier",
    "handover_hint",
    "handover_list",
    "my_day",
    "reassign",
    "reassign_portfolio",
]
