"""What an API client may do, and how often."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.throttling import BaseThrottle

from core import clock
from core.rest.clients import ClientAccess

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

_WINDOW_SECONDS = 60


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


class ClientThrottle(BaseThrottle):
    """Counts a client's requests by the minute, together for all processes.

    Without its cache the API goes on without counting.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request; refuse it where the minute is full."""
        access = access_of(request)
        if access is None:
            return True
        minute, self.passed = divmod(clock.now().timestamp(), _WINDOW_SECONDS)
        try:
            count = _count(f"api:{access.client_id}:{int(minute)}")
        except RedisError:
            logger.warning("The cache is away: requests of API clients are not counted.")
            return True
        return count <= access.requests_per_minute

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return math.ceil(_WINDOW_SECONDS - self.passed)


def _count(key: str) -> int:
    cache.add(key, 0, timeout=2 * _WINDOW_SECONDS)
    try:
        return int(cache.incr(key))
    except ValueError:
        # The cache was emptied in between: the count begins again.
        cache.set(key, 1, timeout=2 * _WINDOW_SECONDS)
        return 1
