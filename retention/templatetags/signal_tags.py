"""Filters of the signals' pages."""

from __future__ import annotations

from django import template

from retention.models import SignalVersion
from retention.services import signals

register = template.Library()


@register.filter
def rule_in_words(version: SignalVersion) -> str:
    """Return what a version asks, in the reader's language."""
    return signals.rule_in_words(version)


@register.filter
def percent(share: float | None) -> str:
    """Return a share (0 to 1) in percent; a dash where there is none."""
    if share is None:
        return "–"
    return f"{share * 100:.0f} %" if share >= 0.1 else f"{share * 100:.1f} %"
