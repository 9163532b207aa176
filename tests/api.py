"""What tests of the API share: systems with keys, and requests as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.test import Client

from exchange.models import ApiClient
from exchange.rules.scopes import SCOPES
from exchange.services.api_clients import issue_key, save_client
from staff.models import StaffUser, Unit

PROBLEM = "application/problem+json"


def system(
    administrator: StaffUser,
    *,
    unit: Unit | None = None,
    scopes: Sequence[str] = SCOPES,
    name: str = "计费系统",
    requests_per_minute: int = 6000,
) -> tuple[ApiClient, Client]:
    """Return an API client of `unit` (the whole company without one), and how it asks."""
    client = ApiClient(
        name=name,
        unit=unit,
        whole_company=unit is None,
        scopes=list(scopes),
        requests_per_minute=requests_per_minute,
    )
    save_client(actor=administrator, client=client)
    _key, text = issue_key(actor=administrator, client=client)
    return client, asking_with(text)


def asking_with(key: str) -> Client:
    """Return a client that sends this key."""
    return Client(headers={"Authorization": f"Bearer {key}"})


def send(
    client: Client, method: str, url: str, data: Any = None, headers: dict[str, str] | None = None
) -> Any:
    """Send JSON."""
    ask = getattr(client, method)
    return ask(url, data or {}, content_type="application/json", headers=headers or {})


def ids(response: Any) -> list[int]:
    """Return the ids on a page; the page must be there."""
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def problem(response: Any) -> dict[str, Any]:
    """Return the problem details of an error; they must have the one shape."""
    assert response.status_code >= 400
    assert response.headers["Content-Type"] == PROBLEM
    body: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert body["status"] == response.status_code
    return body
