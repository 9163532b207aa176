"""Template tags for every app's pages."""

from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import avoid_wrapping, format_html
from django.utils.safestring import SafeString
from django.utils.timesince import TIME_STRINGS
from django.utils.translation import gettext as _

from core import clock
from core.icons import SPRITE_NAME

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A decorative icon from the sprite; the words beside it, or an aria-label, say the same.

    Write the name literally, so that the build finds it; where it comes from a variable, list
    the possible names beside it: {# icons: phone mail #}.
    """
    return _markup(name, css)


@register.inclusion_tag("components/_clock_words.html")
def clock_words() -> dict[str, Any]:
    """The words of `timesince`, for the script that lets clocks run: one of a unit, and several."""
    units = {
        unit: "|".join(_unit_in_words(unit, number) for number in (1, 2))
        for unit in ("day", "hour", "minute")
    }
    return {**units, "joint": _(", "), "now": clock.now()}


def _unit_in_words(unit: str, number: int) -> str:
    words = str(TIME_STRINGS[unit] % {"num": number})
    return avoid_wrapping(words).replace(str(number), "#")


@lru_cache(maxsize=1024)
def _markup(name: str, css: str) -> SafeString:
    """The same for as long as the process lives: a page holds hundreds of them."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f" {css}" if css else "",
        static(SPRITE_NAME),
        name,
    )
