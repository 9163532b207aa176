"""How the pages of plans say what was done or refused, and where they lead."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from core.htmx import is_partial, next_of, trigger
from workplans.models import WorkPlan


def address_of(plan: WorkPlan) -> str:
    """Return the address of a plan's page."""
    return reverse("workplans:plan_detail", args=[plan.pk])


def go(request: HttpRequest, url: str, text: str = "", level: str = "success") -> HttpResponse:
    """Lead to another page of ours, saying there what was done."""
    if text:
        messages.add_message(request, getattr(messages, level.upper()), text)
    if not is_partial(request):
        return redirect(next_of(request) or url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = next_of(request) or url
    return response


def changed(
    request: HttpRequest, plan: WorkPlan, text: str = "", undo_url: str = ""
) -> HttpResponse:
    """Say that a plan changed: to htmx by events that close the drawer, else on its page."""
    if not is_partial(request):
        return go(request, address_of(plan), text)
    found: dict[str, Any] = {"planChanged": {}, "close_drawer": {}}
    if text:
        found["toast"] = {"text": text, "level": "success"}
        if undo_url:
            found["toast"]["undo_url"] = undo_url
    return trigger(HttpResponse(status=204), **found)


def refused(request: HttpRequest, plan: WorkPlan, refusal: ValidationError) -> HttpResponse:
    """Say why a plan did not change, and show it as it is."""
    text = " ".join(str(one) for one in refusal.messages)
    if not is_partial(request):
        return go(request, address_of(plan), text, "error")
    toast = {"text": text, "level": "danger"}
    return trigger(HttpResponse(status=422), toast=toast, planChanged={})
