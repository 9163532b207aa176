"""Pages that span the apps."""

from portfolio.views.board import board
from portfolio.views.day import my_day

__all__ = ["board", "my_day"]
