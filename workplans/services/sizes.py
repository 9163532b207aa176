"""How long planned work takes and how much of a day a draft fills, by the standard."""

from __future__ import annotations

from datetime import date

from customers.rules import Figure, Standards
from workplans.rules.drafting import Sizes


def sizes_on(standards: Standards, day: date) -> Sizes:
    """Return the figures of planned work that hold on ``day``."""
    return Sizes(
        call_minutes=standards.value(Figure.PLAN_CALL_MINUTES, day),
        message_minutes=standards.value(Figure.PLAN_MESSAGE_MINUTES, day),
        visit_minutes=standards.value(Figure.PLAN_VISIT_MINUTES, day),
        share_percent=standards.value(Figure.PLAN_SHARE_PERCENT, day),
    )
