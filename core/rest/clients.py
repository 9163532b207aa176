"""What a request by another system may do. Plain values: services make and read them."""

from __future__ import annotations

from dataclasses import dataclass

PHONES = "phones:read"
"""The scope of whole phone numbers."""


@dataclass(frozen=True)
class ClientAccess:
    """What a request by another system may do: ``request.auth``. A person's request has none.

    ``scopes``: `resource:read`, `resource:write`, `phones:read`.
    """

    client_id: int
    name: str
    scopes: frozenset[str]
    requests_per_minute: int
