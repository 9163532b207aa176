"""How pages that htmx updates in part answer: with the part, the page, or an event."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from core.texts import MaskingEncoder


def is_partial(request: HttpRequest) -> bool:
    """Say whether htmx asks for a part of the page (not for a restored or boosted whole one)."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def trigger(response: HttpResponse, **events: Any) -> HttpResponse:
    """Add client events to ``response``: ``trigger(r, toast={"text": "Saved"})``."""
    known = json.loads(response.headers.get("HX-Trigger", "{}"))
    response["HX-Trigger"] = json.dumps({**known, **events}, cls=MaskingEncoder)
    return response


def answer(
    request: HttpRequest, partial: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Answer htmx with the partial; anybody else with the whole page that has the view's name."""
    in_part = is_partial(request)
    match = request.resolver_match
    template = partial if in_part or match is None else f"{match.app_name}/{match.url_name}.html"
    return render(request, template, {**context, "in_part": in_part}, status=status)


def go(request: HttpRequest, url: str, text: str = "", level: str = "success") -> HttpResponse:
    """Lead to another page of ours, saying there what was done."""
    if text:
        messages.add_message(request, getattr(messages, level.upper()), text)
    if not is_partial(request):
        return redirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response


def done(request: HttpRequest, url: str, text: str, event: str, undo_url: str = "") -> HttpResponse:
    """Say that it is done: to htmx by events that close the drawer, else on the next page.

    ``url``: where to go without scripts, unless the form says otherwise in ``next``. ``undo_url``:
    what the notice's button posts to.
    """
    if not is_partial(request):
        messages.success(request, text)
        return redirect(next_of(request) or url)
    toast = {"text": text, "level": "success"}
    if undo_url:
        toast["undo_url"] = undo_url
    return trigger(HttpResponse(status=204), toast=toast, close_drawer={}, **{event: {}})


def refuse(request: HttpRequest, url: str, text: str, event: str) -> HttpResponse:
    """Say why it was not done; ``event`` fetches anew what the page shows, else ``url`` does."""
    if not is_partial(request):
        messages.error(request, text)
        return redirect(next_of(request) or url)
    toast = {"text": text, "level": "danger"}
    return trigger(HttpResponse(status=422), toast=toast, **{event: {}})


def next_of(request: HttpRequest) -> str:
    """Return where the page that holds the form wants to go afterwards; empty where nowhere."""
    return own_address(request, "next")


def own_address(request: HttpRequest, name: str) -> str:
    """Return the address of ours that was sent under ``name``, from its path on; empty for others.

    A text that is no path would be taken for the name of a page, which there is not.
    """
    wanted = request.POST.get(name) or request.GET.get(name) or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if is_ours and wanted.startswith("/") and wanted.isprintable() else ""
