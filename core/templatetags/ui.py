"""Filters and tags of the shared components."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

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


@register.simple_tag
def tier_badge(tier: str, short: bool = False) -> SafeString:
    """A tier that reads in grey too; ``short`` shows the shape alone."""
    return _component("tier_badge", get_language(), tier=tier, short=short)


@register.simple_tag
def due_mark(due: date | None, today: date | str | None = None) -> SafeString:
    """How long is left until ``due``, seen from ``today``: with a sign, not by colour alone."""
    start = today if isinstance(today, date) else clock.today()
    return _component(
        "due", get_language(), due=due if isinstance(due, date) else None, today=start
    )


@lru_cache(maxsize=4096)
def _component(name: str, language: str | None, **values: date | str | bool | None) -> SafeString:
    """Render a component once for its values and the present language: lists repeat them."""
    return render_to_string(f"components/_{name}.html", values)
