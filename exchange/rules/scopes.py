"""What an API client can be allowed, and what a key looks like: plain values in and out."""

from __future__ import annotations

import hashlib
import re

SCOPES = (
    "customers:read",
    "customers:write",
    "contact-records:read",
    "contact-records:write",
    "cadence-flags:read",
    "calls:read",
    "calls:write",
    "reassignments:read",
    "reassignments:write",
    "churn-warnings:read",
    "risk-scores:read",
    "retention-cases:read",
    "service-requests:read",
    "service-requests:write",
    "complaints:read",
    "complaints:write",
    "departures:read",
    "departures:write",
    "churn-goals:read",
    "plans:read",
    "units:read",
    "staff:read",
    "usage-snapshots:read",
    "usage-snapshots:write",
    "churn-events:read",
    "churn-events:write",
    "risk-signals:read",
    "retention-measures:read",
    "departure-reviews:read",
    "departure-reviews:write",
    "complaint-reviews:read",
    "complaint-reviews:write",
    "complaint-sub-tasks:read",
    "complaint-sub-tasks:write",
    "complaint-attachments:read",
    "complaint-attachments:write",
    "complaint-figures:read",
    "duty:read",
    "leaves:read",
    "leaves:write",
    "phones:read",
)
"""`resource:read` and `resource:write` by resource; whole phone numbers apart."""

_KEY = re.compile(r"vip_([0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)


def prefix_of(key: str) -> str | None:
    """Return the part of ``key`` that may be shown and looked up; None for what is no key."""
    match = _KEY.fullmatch(key)
    return match[1] if match else None


def key_text(prefix: str, secret: str) -> str:
    """Return the key as a system sends it: ``prefix`` of 12 hex digits, ``secret`` of 43 signs."""
    return f"vip_{prefix}_{secret}"


def digest_of(key: str) -> str:
    """Return the SHA-256 of ``key`` in hex. Keys are random, so a slow hash would add nothing."""
    return hashlib.sha256(key.encode()).hexdigest()
