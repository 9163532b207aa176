"""What happens to every request: nothing personal is kept by browsers and proxies on the way."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from core import htmx

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


NEVER_KEPT = "no-store, private"
"""What a browser or a proxy does with an answer unless a view says otherwise: nothing."""


class NoStoreMiddleware:
    """Lets no answer be kept: pages, parts of pages, data, files, redirects and errors alike.

    Most of them name customers, and Back after signing out would show them. A view that may be
    kept says so itself; files of the product's own (``/static/``) never come this far.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; forbid to keep the answer."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", NEVER_KEPT)
        return response


class HtmxSignInMiddleware:
    """Answers htmx when nobody is signed in any more.

    htmx would follow the redirect and put the sign-in page into a corner of the present one.
    Where it only wanted to read, the whole page goes to the sign-in; where it wanted to write,
    the page stays as it is with what was typed, and a notice says what to do.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; translate a redirect to the sign-in page."""
        response = self.get_response(request)
        if not htmx.is_partial(request) or not _leads_to_sign_in(response):
            return response
        login = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': _page_of(request)})}"
        if request.method in SAFE_METHODS:
            return HttpResponseClientRedirect(login)
        return htmx.trigger(
            HttpResponse(status=401),
            toast={
                "text": _(
                    "You were signed out. What you typed is still here: "
                    "sign in in a new tab, then send it again."
                ),
                "level": "warning",
                "link_url": login,
                "link_label": _("Sign in"),
            },
        )


def _leads_to_sign_in(response: HttpResponseBase) -> bool:
    location = response.headers.get("Location", "")
    return urlsplit(location).path == resolve_url(settings.LOGIN_URL)


def _page_of(request: HttpRequest) -> str:
    """The page that stands in the browser's address field."""
    return getattr(request.htmx, "current_url_abs_path", None) or "/"  # type: ignore[attr-defined]
