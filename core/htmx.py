"""Small helpers for pages that htmx updates in part."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse


def is_partial(request: HttpRequest) -> bool:
    """Say whether htmx asks for a part of the page (not for a restored or boosted whole one)."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def trigger(response: HttpResponse, **events: Any) -> HttpResponse:
    """Add client events to ``response``: ``trigger(r, toast={"text": "Saved"})``."""
    known = json.loads(response.headers.get("HX-Trigger", "{}"))
    response["HX-Trigger"] = json.dumps({**known, **events})
    return response
