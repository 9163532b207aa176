"""Filters that the shared components use."""

from __future__ import annotations

from datetime import date

from django import template

from core import clock

register = template.Library()


@register.filter
def days_left(due: date | None, today: date | str | None) -> int | None:
    """Return the days from ``today`` (the product's own today without one) to ``due``."""
    if not isinstance(due, date):
        return None
    start = today if isinstance(today, date) else clock.today()
    return (due - start).days


@register.filter
def absolute(number: int) -> int:
    """Return ``number`` without its sign."""
    return abs(number)
