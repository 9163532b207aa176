"""What the browser is told, whatever the page."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from staff.models import StaffUser
from tests.factories import PASSWORD


@pytest.fixture
def sign_in_page(client: Client, db: None) -> dict[str, str]:
    """The headers of the one page that everybody reaches."""
    answer = client.get(reverse("account_login"))
    assert answer.status_code == 200
    return dict(answer.headers)


def directives(policy: str) -> dict[str, list[str]]:
    """The policy as words by directive."""
    parts = [part.split() for part in policy.split(";") if part.strip()]
    return {name: words for name, *words in parts}


def test_scripts_and_styles_come_from_this_site_only(sign_in_page: dict[str, str]) -> None:
    policy = directives(sign_in_page["Content-Security-Policy"])
    assert policy["default-src"] == ["'self'"]
    assert policy["img-src"] == ["'self'", "data:"]
    assert policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert "unsafe" not in sign_in_page["Content-Security-Policy"]


def test_the_page_cannot_be_framed_sniffed_or_referred(sign_in_page: dict[str, str]) -> None:
    assert sign_in_page["X-Frame-Options"] == "DENY"
    assert sign_in_page["X-Content-Type-Options"] == "nosniff"
    assert sign_in_page["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
@override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=365 * 24 * 3600)
def test_plain_http_is_sent_to_https_but_not_the_load_balancer(client: Client) -> None:
    answer = client.get(reverse("account_login"))
    assert answer.status_code == 301
    assert answer["Location"].startswith("https://")
    assert client.get("/healthz").status_code == 200
    assert "max-age=31536000" in client.get("/healthz", secure=True)["Strict-Transport-Security"]


def test_cookies_cannot_be_read_by_scripts_or_sent_by_other_sites() -> None:
    assert settings.SESSION_COOKIE_HTTPONLY is True
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"


@pytest.mark.django_db
def test_the_admin_sends_people_to_the_throttled_sign_in(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.django_db
def test_a_page_that_does_not_say_otherwise_is_closed(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.django_db
def test_pages_travel_compressed_where_the_browser_takes_it(client: Client) -> None:
    plain = client.get(reverse("account_login"))
    packed = client.get(reverse("account_login"), headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2


@pytest.mark.django_db
@override_settings(
    SESSION_COOKIE_NAME="__Host-sessionid",
    CSRF_COOKIE_NAME="__Host-csrftoken",
    SESSION_COOKIE_SECURE=True,
    CSRF_COOKIE_SECURE=True,
)
def test_browsers_take_the_cookies_with_their_prefix(client: Client, manager: StaffUser) -> None:
    data = {"login": manager.staff_number, "password": PASSWORD}
    client.get(reverse("account_login"), secure=True)
    assert client.post(reverse("account_login"), data, secure=True).status_code == 302
    assert set(client.cookies) == {"__Host-sessionid", "__Host-csrftoken"}
    for cookie in client.cookies.values():
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert cookie["samesite"] == "Lax"
    assert client.cookies["__Host-sessionid"]["httponly"] is True
    assert client.get("/staff/profile/", secure=True).status_code == 200


@pytest.mark.django_db
def test_messages_stay_out_of_cookies(client: Client, manager: StaffUser) -> None:
    data = {"login": manager.staff_number, "password": PASSWORD}
    client.post(reverse("account_login"), data)
    client.post("/staff/sessions/end-others/")
    assert set(client.cookies) <= {"sessionid", "csrftoken"}
    assert "sessions ended" in client.get("/staff/profile/").text


def test_under_https_every_cookie_of_ours_has_the_prefix(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME")
    said = f"from django.conf import settings as s; print(*[getattr(s, n) for n in {names!r}])"
    environment = {
        "PATH": os.environ["PATH"],
        "VIPCRM_VAR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "vipcrm.settings",
        "SECRET_KEY": secrets.token_urlsafe(64),
    }
    found = subprocess.run(
        [sys.executable, "-c", said],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [name.startswith("__Host-") for name in found.stdout.split()] == [True] * 3
