"""Every method of every endpoint needs its own scope of a key, and no scope opens nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver

from core.rest.access import needed_scope
from core.rest.clients import PHONES
from core.rest.views import Endpoint
from exchange.rules.scopes import SCOPES
from staff.models import StaffUser
from tests.api import problem, send, system

METHODS = ("get", "post", "put", "patch", "delete")


def operations() -> Iterator[tuple[str, str, str]]:
    """Yield method, address and needed scope of everything that the API offers."""
    for route in get_resolver("vipcrm.api_urls").url_patterns:
        view: Any = getattr(getattr(route, "callback", None), "view_class", None)
        if isinstance(route, URLPattern) and view is not None and issubclass(view, Endpoint):
            address = "/api/v1/" + re.sub(r"<int:pk>", "1", str(route.pattern))
            for method in METHODS:
                if hasattr(view, method):
                    yield method, address, needed_scope(view, method.upper())


def test_the_guard_sees_the_operations() -> None:
    assert ("patch", "/api/v1/customers/1/", "customers:write") in set(operations())
    assert len(set(operations())) >= 16


def test_each_scope_opens_something() -> None:
    assert {scope for _, _, scope in operations()} | {PHONES} == set(SCOPES)


def test_nothing_is_open_to_a_key_without_its_scope(administrator: StaffUser) -> None:
    needed = sorted({scope for _, _, scope in operations()})
    lacking = {
        scope: system(
            administrator, name=scope, scopes=[other for other in SCOPES if other != scope]
        )[1]
        for scope in needed
    }
    _client, whole = system(administrator, name="all")
    for method, address, scope in operations():
        refused = problem(send(lacking[scope], method, address))
        assert refused["type"] == "urn:vipcrm:problem:scope_missing", (method, address)
        assert scope in refused["detail"]
        assert send(whole, method, address).status_code not in (401, 403), (method, address)
