"""What the customer pages' templates need: masked numbers."""

from __future__ import annotations

from django import template

from staff.rules import mask_phone

register = template.Library()


@register.filter
def masked(number: str | None) -> str:
    """Return a phone number with its middle hidden; nothing without one."""
    return mask_phone(number) if number else ""
