"""How another system proves who it is: a key in the Authorization header."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.rest.clients import ClientAccess
from exchange.services.api_clients import who_sent
from staff.models import StaffUser


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer vip_…`: the client's account, and what its scopes allow."""

    def authenticate(self, request: Request) -> tuple[StaffUser, ClientAccess] | None:
        """Return account and rights; None without such a header; refuse a key that fails."""
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = who_sent(text.strip())
        if found is None:
            raise AuthenticationFailed(_("This key does not work."), code="key_refused")
        return found

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme in answers of 401."""
        return 'Bearer realm="api"'
