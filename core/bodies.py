"""What the body of a request may be, decided before a byte of it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _

from core import htmx
from core.rest.problems import is_of_api, plain_problem

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE

LARGEST_OF_NOBODY = 64 * KIBIBYTE
"""Bytes of a form sent by somebody who has not signed in: names, passwords, keys."""
AROUND_FILES = MEBIBYTE
"""What may stand around a file. One that is a little too large reaches its form, which says so."""

UTF_8 = "utf-8"
_OTHER_CHARSET = "vipcrm.other_charset"

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
_LARGEST = "largest_body"


def takes_files(most: int) -> Callable[[View], View]:
    """Let a view take bodies with a file of up to ``most`` bytes. Others take 2 MiB."""

    def mark(view: View) -> View:
        setattr(view, _LARGEST, most + AROUND_FILES)
        return view

    return mark


class BodyMiddleware:
    """Refuses a body that is not UTF-8 or too large for its page, before anything reads it.

    Files go to disk while a body is read, and the first to read one is the check of the form's
    token, for anybody. A body without a stated length is never read by the server.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 400 to another charset than UTF-8; the size is judged once the view is known.

        What is read by a wrong charset is damaged without a word.
        """
        if _OTHER_CHARSET in request.META:
            if is_of_api(request):
                return plain_problem(400, "charset")
            raise BadRequest("Texts are sent as UTF-8.")
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Answer 413 where the stated length is more than the view takes from this person."""
        length = _stated_length(request)
        if length <= LARGEST_OF_NOBODY or length <= _most(request, view):
            return None
        return too_large(request)


def set_charset_aside(environ: dict[str, Any]) -> None:
    """Take another charset than UTF-8 out of a request's type of content; note it.

    Django takes every codec that Python has, zlib too, and reads the address with it before any
    middleware is asked.
    """
    kind, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
    named = parameters.pop("charset", UTF_8)
    if named.lower() in (UTF_8, "utf8"):
        return
    environ[_OTHER_CHARSET] = named
    kept = [f"{name}={value}" for name, value in parameters.items()]
    environ["CONTENT_TYPE"] = "; ".join([kind, *kept])


def too_large(request: HttpRequest) -> HttpResponse:
    """Answer 413 in the caller's way: problem details, a notice on the page, or a page."""
    if is_of_api(request):
        return plain_problem(413, "too_large")
    if htmx.is_partial(request):
        text = _("This is too large to be sent. What you typed is still here: make it shorter.")
        return htmx.trigger(HttpResponse(status=413), toast={"text": text, "level": "danger"})
    return render(request, "413.html", status=413)


def _stated_length(request: HttpRequest) -> int:
    stated = request.META.get("CONTENT_LENGTH") or "0"
    return int(stated) if stated.isascii() and stated.isdigit() else 0


def _most(request: HttpRequest, view: Any) -> int:
    if not is_of_api(request) and not request.user.is_authenticated:
        return LARGEST_OF_NOBODY
    cls = getattr(view, "cls", None)
    plain = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return int(getattr(view, _LARGEST, getattr(cls, _LARGEST, plain)))
