"""What the customer pages' templates need: masked numbers, long selects."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.safestring import SafeString

from core.markup import draw, joined
from core.phones import mask_phone

if TYPE_CHECKING:
    from django.forms import BoundField

register = template.Library()

OPTION = '<option value="{}"{}>{}</option>\n'
CHOSEN = SafeString(" selected")


@register.filter
def masked(number: str | None) -> str:
    """Return a phone number with its middle hidden; nothing without one."""
    return mask_phone(number) if number else ""


@register.filter
def options(field: BoundField) -> SafeString:
    """Return the options of a select, without a template for each: there can be hundreds.

    A choice of choices is a group of them.
    """
    chosen = field.field.widget.format_value(field.value())
    parts: list[SafeString] = []
    for value, label in field.field.choices:  # type: ignore[attr-defined]
        if isinstance(label, list | tuple):
            group = _options_of(label, chosen)
            parts.append(draw('<optgroup label="{}">{}</optgroup>', value, group))
        else:
            parts.append(_options_of([(value, label)], chosen))
    return joined(parts)


def _options_of(choices: Iterable[tuple[Any, Any]], chosen: Container[str]) -> SafeString:
    return joined(
        draw(OPTION, value, CHOSEN if str(value) in chosen else "", label)
        for value, label in choices
    )
