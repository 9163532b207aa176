"""Work plans: written, handed in and decided (article 4)."""

from workplans.services.plans.deciding import approve_plan, is_acted_on, return_plan, undo_decision
from workplans.services.plans.items import (
    ItemEntry,
    add_item,
    change_item,
    move_item,
    remove_item,
    tick_item,
)
from workplans.services.plans.writing import (
    open_plan,
    set_note,
    set_targets,
    submit_plan,
    take_back_plan,
)

__all__ = [
    "ItemEntry",
    "add_item",
    "approve_plan",
    "change_item",
    "is_acted_on",
    "move_item",
    "open_plan",
    "remove_item",
    "return_plan",
    "set_note",
    "set_targets",
    "submit_plan",
    "take_back_plan",
    "tick_item",
    "undo_decision",
]
