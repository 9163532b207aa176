"""What the API answers whatever the endpoint: one shape of error, its description, its page."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import OperationalError
from django.test import Client
from drf_spectacular.validation import validate_schema

from staff.models import StaffUser
from tests.api import problem, system

UNITS = "/api/v1/units/"
RECORDS = "/api/v1/contact-records/"

SignIn = Callable[[StaffUser], Client]


@pytest.fixture
def browser(signed_in: SignIn, manager: StaffUser) -> Client:
    return signed_in(manager)


@pytest.mark.parametrize("path", ["nothing/", "customers", "customers/x/", "a\nb"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_the_api_does_not_have_is_told_in_its_own_words(
    browser: Client, path: str, method: str
) -> None:
    assert problem(getattr(browser, method)(f"/api/v1/{path}"))["status"] == 404


def test_other_methods_are_not_offered(browser: Client) -> None:
    refused = browser.delete(UNITS)
    assert problem(refused)["status"] == 405
    assert "GET" in refused.headers["Allow"]
    assert "DELETE" not in refused.headers["Allow"]
    assert browser.options(UNITS).status_code == 405


def test_only_json_is_offered_and_understood(browser: Client) -> None:
    assert problem(browser.get(UNITS, headers={"Accept": "text/html"}))["status"] == 406
    assert problem(browser.post(RECORDS, {"customer": 1}))["status"] == 415
    assert browser.get(UNITS).headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("body", ["{", "[" * 100_000, '{"customer": NaN}', b"\xff\xfe"])
def test_what_is_no_json_is_refused(browser: Client, body: str | bytes) -> None:
    assert problem(browser.post(RECORDS, body, content_type="application/json"))["status"] == 400


def test_a_body_without_end_is_not_read(browser: Client, administrator: StaffUser) -> None:
    body = '"' + "a" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + '"'
    for asker in (browser, system(administrator)[1]):
        refused = asker.post(RECORDS, body, content_type="application/json")
        assert problem(refused)["status"] == 413


@pytest.mark.parametrize(("fault", "status"), [(OperationalError, 503), (RuntimeError, 500)])
def test_faults_of_ours_have_the_same_shape(
    browser: Client, fault: type[Exception], status: int
) -> None:
    browser.raise_request_exception = False
    with patch("staff.api.UnitList.get_queryset", side_effect=fault):
        failed = browser.get(UNITS)
    assert problem(failed)["status"] == status
    assert ("Retry-After" in failed.headers) == (status == 503)


def test_errors_are_told_in_the_language_of_who_asks(browser: Client) -> None:
    english = problem(browser.get("/api/v1/customers/0/"))
    assert english["title"] == "Not found"
    assert english["type"] == "urn:vipcrm:problem:not_found"


def test_the_description_is_valid_and_of_this_version(browser: Client) -> None:
    answer = browser.get("/api/v1/schema/")
    described = answer.json()
    assert answer.headers["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert described["openapi"] == "3.1.1"
    check: Callable[..., None] = validate_schema
    check(described)
    change = described["paths"]["/api/v1/customers/{id}/"]["patch"]
    assert {"200", "400", "401", "403", "404", "412", "415", "422", "428", "429"} <= set(
        change["responses"]
    )


def test_the_page_of_the_api_keeps_to_the_content_security_policy(browser: Client) -> None:
    page = browser.get("/api/v1/docs/")
    text = page.content.decode()
    assert 'data-schema="/api/v1/schema/"' in text
    assert "<style" not in text
    assert "style=" not in text
    assert all("src=" in part.split(">")[0] for part in text.split("<script")[1:])
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    for name in ("swagger/swagger-ui.css", "swagger/swagger-ui-bundle.js", "js/api_docs.js"):
        assert f"/static/{name}" in text
        assert finders.find(name) is not None


def test_nobody_reads_the_page_without_signing_in(db: None) -> None:
    assert Client().get("/api/v1/docs/").status_code == 302
    assert problem(Client().get("/api/v1/schema/"))["status"] == 401
