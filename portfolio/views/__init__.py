"""Pages that span the apps."""

from portfolio.views.board import board
from portfolio.views.day import my_day
from portfolio.views.trail import access_report, audit_trail

__all__ = ["access_report", "audit_trail", "board", "my_day"]
