"""No page falls over what is sent to it: broken, missing and huge values, for every role.

What the API's tests do with schemathesis is done here for pages: every route is asked with every
name that its app reads, and every form is sent with one wrong value among good ones.
"""

from __future__ import annotations

import ast
import os
import random
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from core import clock
from tests.guards.test_routes import ROLES, TABLE, World, world

__all__ = ["world"]

ROOT = Path(__file__).resolve().parent.parent.parent
AT_LENGTH = int(os.environ.get("FUZZ", "6"))
"""So many wrong values a page or a field; FUZZ=1000 tries all, which takes a quarter of an hour."""
EVERYWHERE = {"next", "then", "also", "cursor", "q", "record", "until", "version"}

WRONG = {
    "nothing": "",
    "a letter": "x",
    "below zero": "-1",
    "a long number": "9" * 40,
    "a large id": str(2**63 - 1),
    "an id too large": str(2**64),
    "other digits": "\u0663\u00b2\uff11",
    "the last day": "9999-12-31",
    "the first day": "0001-01-01",
    "no day": "2026-02-30",
    "the last moment": "9999-12-31T23:59",
    "the first month": "0001-01",
    "the last month": "9999-12",
    "a year": "99999",
    "not a number": "NaN",
    "without end": "1e999",
    "NUL": "a\0b",
    "half a character": "\udcff",
    "invisible": "\u202e\u200b\ufeff",
    "markup": "<b>'\"&{{ x }}%s%(x)s",
    "long": "张" * 30_000,
    "a list": "1,x,,-1,9999999999999999999999",
    "elsewhere": "//evil.example/",
    "JSON": '{"a": [null]}',
    "a cursor of year 1": "WzAsIjAwMDEtMDEtMDFUMDA6MDA6MDArMDA6MDAiLDFd",
    "a cursor of the end": "WzAsIjk5OTktMTItMzFUMjM6NTk6NTkrMDA6MDAiLDk5OTk5OTk5OTk5OTk5OTk5OTld",
    "a cursor of halves": "WzAsIlx1ZDgwMCIsIlx1ZDgwMCJd",
}


def app_of(route: str) -> str:
    return route.split(":", maxsplit=1)[0]


@lru_cache
def names_of(app: str) -> frozenset[str]:
    """Every name that the app's pages read: fields of its forms, and what its views ask for."""
    found = set(EVERYWHERE)
    for module in modules_of(app):
        if ".forms" in module.__name__ or module.__name__.endswith("filters"):
            found |= fields_in(module)
        elif ".views" in module.__name__:
            found |= asked_in(Path(str(module.__file__)))
    return frozenset(found)


def modules_of(app: str) -> Iterator[ModuleType]:
    for name in ("forms", "filters", "views"):
        if not any((ROOT / app / f"{name}{end}").exists() for end in (".py", "")):
            continue
        module = import_module(f"{app}.{name}")
        yield module
        for part in iter_modules(getattr(module, "__path__", [])):
            yield import_module(f"{module.__name__}.{part.name}")


def fields_in(module: ModuleType) -> set[str]:
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    found = [one for one in classes if issubclass(one, forms.BaseForm)]
    return {name for one in found for name in getattr(one, "base_fields", ())}


def asked_in(file: Path) -> set[str]:
    """The literals of `request.GET.get("…")`, `request.POST["…"]` and the like."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        text = ast.unparse(node) if isinstance(node, ast.Call | ast.Subscript) else ""
        if "request.GET" in text or "request.POST" in text:
            inner = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
            found |= {one for one in inner if isinstance(one, str) and one.isidentifier()}
    return found


# --- Every route, with every name ----------------------------------------------------------------


def ask(client: Client, method: str, url: str, values: dict[str, str]) -> Any:
    """Send the values as a browser would, half characters too."""
    text = urlencode(values, errors="surrogatepass")
    if method == "GET":
        return client.get(f"{url}?{text}")
    return client.post(url, text, content_type="application/x-www-form-urlencoded")


@dataclass
class Falls:
    """What fell over, and how."""

    found: dict[str, str]
    asked: int = 0

    def told(self) -> str:
        """Say how each fell over."""
        return "\n".join(f"{label}: {how}" for label, how in self.found.items())

    def send(self, label: str, client: Client, method: str, url: str, data: Any) -> None:
        """Send one request and take back what it changed; note an answer that is a fault."""
        self.asked += 1
        response: Any = HttpResponse(status=500)
        with transaction.atomic():
            try:
                response = ask(client, method, url, data)
                if response.streaming:
                    b"".join(response.streaming_content)
                if response.status_code >= 500:
                    self.found[label] = str(response.status_code)
            except Exception as error:  # noqa: BLE001 - whatever falls over is what is looked for
                where = traceback.extract_tb(error.__traceback__)
                ours = [step for step in where if ".venv" not in step.filename][-1]
                self.found[label] = f"{error!r:.200} at {ours.filename}:{ours.lineno}"
            finally:
                transaction.set_rollback(True)


def roles_of(route: str, method: str) -> list[str]:
    signs = TABLE[route, method].split()
    return [role for role, sign in zip(ROLES, signs, strict=True) if sign == "+"]


def pages() -> list[tuple[str, str]]:
    return [key for key in TABLE if app_of(key[0]) not in ("api",)]


def some_of(what: str, roles: list[str], many: int) -> list[tuple[str, str]]:
    """Choose so many pairs of a role and a wrong value; for the same page always the same ones."""
    draw = random.Random(what)
    pairs = [(role, wrong) for role in roles for wrong in sorted(WRONG)]
    return draw.sample(pairs, min(many, len(pairs)))


def ask_with_all_names(world: World, wanted: Iterable[tuple[str, str, str, str]]) -> Falls:
    falls = Falls({})
    for route, method, role, wrong in wanted:
        body = dict.fromkeys(sorted(names_of(app_of(route))), WRONG[wrong])
        if wrong == "long":
            most = 20 if method == "GET" else 1000
            body = {name: value[:most] for name, value in body.items()}
        label = f"{method} {route} as {role}: {wrong}"
        falls.send(label, world.browsers[role], method, world.addresses[route], body)
    return falls


def test_the_guard_knows_what_pages_read() -> None:
    assert {"summary", "channel", "next", "then"} <= names_of("contacts")
    assert {"version", "change"} <= names_of("customers")
    assert len(pages()) > 200


def test_no_page_falls_over_a_wrong_value(world: World) -> None:
    wanted = [
        (route, method, role, wrong)
        for route, method in pages()
        for role, wrong in some_of(route + method, roles_of(route, method), 1)
    ]
    falls = ask_with_all_names(world, wanted)
    assert falls.asked > 200
    assert not falls.found, falls.told()


@pytest.mark.whole
@pytest.mark.parametrize("app", sorted({app_of(route) for route, _method in pages()}))
def test_no_page_falls_over_any_wrong_value_as_any_role(world: World, app: str) -> None:
    wanted = [
        (route, method, role, wrong)
        for route, method in pages()
        if app_of(route) == app
        for role, wrong in some_of(route + method, roles_of(route, method), AT_LENGTH)
    ]
    falls = ask_with_all_names(world, wanted)
    assert falls.asked
    assert not falls.found, falls.told()


# --- Every form, with one wrong value among good ones ---------------------------------------------


@dataclass
class Sent:
    """A form as a browser would send it: where to, and each name with a value."""

    action: str
    values: dict[str, str]


class FormReader(HTMLParser):
    """Reads the forms of a page that post, filled in as far as the page says how."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[Sent] = []
        self.open: Sent | None = None
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = self._form(given)
        elif self.open is None:
            return
        elif tag == "option" and self.select and (given.get("value") or "selected" in given):
            if "selected" in given or not self.open.values.get(self.select):
                self.open.values[self.select] = given.get("value", "")
        elif name := given.get("name"):
            self.select = name if tag == "select" else ""
            self._fill(self.open, tag, name, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None

    def _form(self, given: dict[str, str]) -> Sent | None:
        action = given.get("hx-post") or (
            given.get("action", self.page) if given.get("method", "").lower() == "post" else ""
        )
        if not action:
            return None
        self.forms.append(Sent(urlsplit(action).path or self.page, {}))
        return self.forms[-1]

    @staticmethod
    def _fill(form: Sent, tag: str, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        value = given.get("value", "")
        if tag == "textarea":
            value = "好"
        elif tag == "input" and not value:
            value = {"date": str(clock.today() + timedelta(days=1)), "number": "1"}.get(kind, "好")
        if kind in ("checkbox", "radio") and "checked" not in given and form.values.get(name):
            return
        form.values[name] = value


def forms_of(world: World, app: str) -> Iterator[tuple[str, Sent]]:
    """Yield each form that a page of the app shows to the first of each role, once."""
    seen = set()
    for route, method in pages():
        if method != "GET" or app_of(route) != app:
            continue
        for role in roles_of(route, method):
            response: Any = world.browsers[role].get(world.addresses[route])
            if response.streaming:
                b"".join(response.streaming_content)
            if response.status_code != 200 or "html" not in response.headers["Content-Type"]:
                continue
            reader = FormReader(world.addresses[route])
            reader.feed(response.content.decode())
            for form in reader.forms:
                key = (form.action, frozenset(form.values), role)
                if key not in seen:
                    seen.add(key)
                    yield role, form


@pytest.mark.whole
@pytest.mark.parametrize("app", sorted({app_of(route) for route, _method in pages()}))
def test_no_form_falls_over_one_wrong_value(world: World, app: str) -> None:
    falls = Falls({})
    for role, form in list(forms_of(world, app)):
        client = world.browsers[role]
        falls.send(f"{form.action} as {role}: good", client, "POST", form.action, form.values)
        for name in form.values:
            missing = {key: value for key, value in form.values.items() if key != name}
            label = f"{form.action} as {role}: {name}"
            falls.send(f"{label} is missing", client, "POST", form.action, missing)
            for _role, wrong in some_of(label, [role], max(2, AT_LENGTH // 4)):
                body = {**form.values, name: WRONG[wrong]}
                falls.send(f"{label} is {wrong}", client, "POST", form.action, body)
    assert falls.asked > 1
    assert not falls.found, falls.told()
