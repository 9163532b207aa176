"""What every page knows: light or dark, and whether this is a demonstration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark", "auto")


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the theme that the person chose (kept in a cookie) and the kind of installation."""
    theme = request.COOKIES.get("theme")
    return {
        "theme": theme if theme in THEMES else "auto",
        "is_demonstration": settings.DEMONSTRATION,
    }
