"""Template tags for every app's pages."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.icons import SPRITE_NAME

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A decorative icon from the sprite; the words beside it, or an aria-label, say the same.

    Write the name literally, so that the build finds it; where it comes from a variable, list
    the possible names beside it: {# icons: phone mail #}.
    """
    return _markup(name, css)


@lru_cache(maxsize=1024)
def _markup(name: str, css: str) -> SafeString:
    """The same for as long as the process lives: a page holds hundreds of them."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f" {css}" if css else "",
        static(SPRITE_NAME),
        name,
    )
