"""What tests of pages share: one moment, htmx's requests, and how many statements a page takes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
"""10:00 in Shanghai, a Monday."""

TODAY = date(2026, 11, 23)
HTMX = {"HX-Request": "true"}


def get_part(client: Client, url: str) -> Any:
    """Return what htmx gets from ``url``."""
    return client.get(url, headers=HTMX)


def post_part(client: Client, url: str, data: dict[str, Any] | None = None) -> Any:
    """Return what htmx gets for a form that it sends."""
    return client.post(url, data or {}, headers=HTMX)


def events(response: Any) -> dict[str, Any]:
    """Return the events that an answer sets off in the browser."""
    found: dict[str, Any] = json.loads(response.headers.get("HX-Trigger", "{}"))
    return found


def text_of(response: Any) -> str:
    """Return the page as text."""
    return str(response.content.decode())


def statements(client: Client, url: str) -> int:
    """Return how many statements the page takes; it must be there."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return len(captured)
