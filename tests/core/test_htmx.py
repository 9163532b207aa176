"""Parts of pages, and events for the browser."""

from __future__ import annotations

import json

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from core import htmx


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Boosted": "true"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_a_part_is_asked_for_by_htmx_and_not_by_a_whole_page(
    headers: dict[str, str], wanted: bool
) -> None:
    request = RequestFactory().get("/", headers=headers)
    assert htmx.is_partial(request) is False
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    assert htmx.is_partial(request) is wanted


def test_events_add_up() -> None:
    response = htmx.trigger(HttpResponse(), toast={"text": "保存"})
    htmx.trigger(response, close_drawer=True)
    assert json.loads(response["HX-Trigger"]) == {"toast": {"text": "保存"}, "close_drawer": True}
