"""When something goes wrong, the page says what, and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory, override_settings
from redis.exceptions import ConnectionError as RedisConnectionError

from core import views
from staff.models import StaffUser

SignedIn = Callable[[StaffUser], Client]


def test_a_page_that_is_not_there_says_so_and_leads_home(
    manager: StaffUser, signed_in: SignedIn
) -> None:
    response = signed_in(manager).get("/nothing/here/")
    assert response.status_code == 404
    assert "This page is not there" in response.text
    assert 'href="/"' in response.text


def test_the_page_that_is_not_there_speaks_chinese(manager: StaffUser, signed_in: SignedIn) -> None:
    response = signed_in(manager).get("/nothing/here/", headers={"accept-language": "zh-CN"})
    assert response.status_code == 404
    assert 'lang="zh-hans"' in response.text


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        (OperationalError("the database system is shutting down"), 503, "Back in a moment"),
        (RedisConnectionError("connection refused"), 503, "Back in a moment"),
        (ZeroDivisionError(), 500, "Something went wrong"),
    ],
)
def test_a_failure_gives_a_page_that_asks_no_database(
    failure: Exception, status: int, words: str
) -> None:
    request = RequestFactory().get("/")
    try:
        raise failure
    except type(failure):
        # No database fixture here: a statement would fail the test.
        response = views.server_error(request)
    assert response.status_code == status
    assert words in response.text
    assert response.headers.get("Retry-After") == ("10" if status == 503 else None)


def test_a_stale_form_token_says_that_nothing_was_saved(
    manager: StaffUser, signed_in: SignedIn
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)
    response = client.post("/i18n/setlang/", {"language": "en"})
    assert response.status_code == 403
    assert "Nothing was saved" in response.text


@pytest.mark.django_db
@override_settings(ALLOWED_HOSTS=["elsewhere.example"])
def test_a_request_that_cannot_be_read_says_so() -> None:
    response = Client(raise_request_exception=False).get("/accounts/login/")
    assert response.status_code == 400
