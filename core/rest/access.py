"""What an API client may do, how often, and the ETag of a row."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.throttling import BaseThrottle

from core import throttle
from core.rest.clients import ClientAccess
from core.rest.problems import VersionMissingError

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

_WINDOW_SECONDS = 60
_ETAG = re.compile(r'"([0-9]{1,9})"', re.ASCII)


def access_of(request: Request) -> ClientAccess | None:
    """Return what the API client may do; None where a person asks."""
    return request.auth if isinstance(request.auth, ClientAccess) else None


class ScopePermission(BasePermission):
    """Lets people through, whose rows are their limit, and clients with the resource's scope."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Ask for `<resource>:read`, or `:write` for what changes something."""
        if not request.user.is_authenticated:
            raise NotAuthenticated
        access = access_of(request)
        if access is None:
            return True
        needed = needed_scope(view, str(request.method))
        if needed in access.scopes:
            return True
        raise PermissionDenied(
            _("This key lacks the scope %(scope)s.") % {"scope": needed}, code="scope_missing"
        )


class SignedIn(BasePermission):
    """Lets in everybody who is known, people and clients."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Refuse who is not known."""
        return bool(request.user.is_authenticated)


def needed_scope(view: Any, method: str) -> str:
    """Return the scope that an API client needs for a method of the endpoint."""
    return f"{view.resource}:{'read' if method in SAFE_METHODS else 'write'}"


def reads_back(request: Request, view: Any) -> bool:
    """Say whether the answer to a change may show the row: not to a client that may only write."""
    access = access_of(request)
    if access is None or request.method in SAFE_METHODS:
        return True
    return needed_scope(view, "GET") in access.scopes


class ClientThrottle(BaseThrottle):
    """Counts a client's requests by the minute, together for all processes.

    Without its cache the API goes on without counting.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request; refuse it where the minute is full."""
        access = access_of(request)
        if access is None:
            return True
        count = throttle.count("api", access.client_id, seconds=_WINDOW_SECONDS)
        return count is None or count <= access.requests_per_minute

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return math.ceil(throttle.seconds_left(seconds=_WINDOW_SECONDS))


def etag_of(version: int) -> str:
    """Return the ETag of a row of this version."""
    return f'"{version}"'


def wanted_version(request: Request) -> int:
    """Return the version that a change is based on; 0, which none is, for what is not ours.

    Raises VersionMissingError without the header.
    """
    sent = request.headers.get("If-Match")
    if sent is None:
        raise VersionMissingError
    match = _ETAG.fullmatch(sent.strip())
    return int(match[1]) if match else 0
