"""A real Chromium at the product's own live server."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.db import DEFAULT_DB_ALIAS, connections
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.factories import PASSWORD

# Playwright's own loop runs in this thread; the ORM is used beside it, never inside.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 15_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser and needs rows that the server's thread sees."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.whole)
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True))


@pytest.fixture(scope="session")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """The machine's Chromium; a missing one is a failure, for who runs these tests wants them."""
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    assert path, "No Chromium found: install chromium."
    database = connections[DEFAULT_DB_ALIAS]
    with sync_playwright() as playwright:
        # Where a loop runs, Django keeps other connections. Let it be the same one: it holds what
        # each test's database is filled with.
        connections[DEFAULT_DB_ALIAS] = database
        browser = playwright.chromium.launch(
            executable_path=path, args=["--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def person(
    chromium: Browser, live_server: Any, settings: Any, tmp_path: Path
) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a browser window of one person, signed in by hand."""
    settings.MEDIA_ROOT = tmp_path / "media"
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def sign_in(staff_number: str, *, language: str = "en-US", width: int = 1280) -> Page:
        context = chromium.new_context(
            base_url=live_server.url, locale=language, viewport={"width": width, "height": 800}
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: _note_refusal(line, complaints))
        page.goto("/accounts/login/")
        page.locator("input[name=login]").fill(staff_number)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main button[type=submit]").first.click()
        expect(page.locator("input[name=password]")).to_have_count(0)
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield sign_in
    for context in contexts:
        context.close()
    _wait_for_answers()
    assert complaints == []


def _wait_for_answers() -> None:
    """Wait until the server's threads have let go of the database connection they share with us.

    A closed window leaves requests under way (a queue that asks again, an answer kept by itself);
    after the last test of a worker the connection is no longer theirs to close.
    """
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(PATIENCE_MS / 1000)
            assert not thread.is_alive(), f"{thread.name} still answers a window that is closed"


def _note_refusal(line: Any, complaints: list[str]) -> None:
    """Scripts or styles that the content security policy refuses are mistakes of ours."""
    if line.type == "error" and "Content Security Policy" in line.text:
        complaints.append(line.text)


@pytest.fixture
def tasks_at_once() -> Iterator[None]:
    """Background tasks run within the request: no worker is needed."""
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = before
