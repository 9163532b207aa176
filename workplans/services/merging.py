"""What a merge of two customers does with plans."""

from __future__ import annotations

from customers.services.merging import Belonging, Fate
from workplans.models import PlanItem

BELONGINGS = (Belonging(PlanItem, Fate.MOVES),)
