"""Second factors: who must have one, setting one up, signing in with it, losing it."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from core.models import AuditEntry
from staff import services
from staff.models import StaffUser
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

SET_UP = "/accounts/2fa/"
PROFILE = "/staff/profile/"
SignedIn = Callable[[StaffUser], Client]


def code_of(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


def set_up_app(client: Client) -> str:
    """Set up an authenticator app in the browser; return its secret."""
    asked = client.get("/accounts/2fa/totp/activate/").headers["Location"]
    client.post(asked, {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/").text
    found = re.search(r'id="secret"[^>]*>([A-Z2-7]+)<', page)
    assert found is not None
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(found[1])})
    return found[1]


@pytest.fixture
def browser(supervisor: StaffUser) -> Client:
    """A browser in which the supervisor has just signed in by password."""
    client = Client()
    client.post("/accounts/login/", {"login": "3001", "password": PASSWORD})
    return client


def test_who_must_have_one_and_has_none_sets_it_up_first(
    browser: Client, settings: Settings
) -> None:
    assert browser.get(PROFILE).status_code == 200
    settings.MFA_REQUIRED_ROLES = ["supervisor"]
    for page in (PROFILE, "/staff/covers/", "/admin/", "/"):
        response = browser.get(page)
        assert (response.status_code, response.headers["Location"]) == (302, SET_UP)
    assert "Your role needs a second factor" in browser.get(SET_UP).text
    assert browser.get("/accounts/password/change/").status_code == 200
    assert browser.post("/i18n/setlang/", {"language": "en"}).status_code == 302
    set_up_app(browser)
    assert browser.get(PROFILE).status_code == 200


def test_other_roles_are_not_asked(
    manager: StaffUser, signed_in: SignedIn, settings: Settings
) -> None:
    settings.MFA_REQUIRED_ROLES = ["supervisor", "head_office", "administrator"]
    assert signed_in(manager).get(PROFILE).status_code == 200


def test_who_has_to_set_one_up_may_sign_out(browser: Client, settings: Settings) -> None:
    settings.MFA_REQUIRED_ROLES = ["supervisor"]
    assert browser.post("/accounts/logout/").headers["Location"] == "/accounts/login/"


def test_a_part_of_a_page_leads_the_whole_page_to_the_set_up(
    browser: Client, settings: Settings
) -> None:
    settings.MFA_REQUIRED_ROLES = ["supervisor"]
    response = browser.get("/staff/search/?manager=", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == SET_UP


def test_with_an_app_signing_in_takes_its_code(browser: Client, supervisor: StaffUser) -> None:
    secret = set_up_app(browser)
    client = Client()
    response = client.post("/accounts/login/", {"login": "3001", "password": PASSWORD})
    assert response.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get(PROFILE).status_code == 302
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert client.get(PROFILE).status_code == 302
    # A code works once, and the present one was used for the set-up.
    cache.clear()
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert client.get(PROFILE).status_code == 200


def test_a_recovery_code_works_once(browser: Client) -> None:
    set_up_app(browser)
    browser.post("/accounts/2fa/recovery-codes/generate/")
    page = browser.get("/accounts/2fa/recovery-codes/").text
    codes = re.findall(r"<li>(\w+)</li>", page)
    assert len(codes) == 10
    for works in (True, False):
        client = Client()
        client.post("/accounts/login/", {"login": "3001", "password": PASSWORD})
        client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert (client.get(PROFILE).status_code == 200) is works


def test_changes_to_second_factors_are_written_down(
    browser: Client,
    supervisor: StaffUser,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(browser)
    browser.post("/accounts/2fa/totp/deactivate/")
    verbs = AuditEntry.objects.filter(actor=supervisor).values_list("verb", flat=True)
    assert {"staff.totp_activated", "staff.totp_deactivated"} <= set(verbs)


def test_without_the_phone_an_administrator_helps(
    browser: Client,
    supervisor: StaffUser,
    administrator: StaffUser,
    settings: Settings,
) -> None:
    settings.MFA_REQUIRED_ROLES = ["supervisor"]
    set_up_app(browser)
    assert browser.get(PROFILE).status_code == 200
    services.reset_second_factor(actor=administrator, user=supervisor)
    assert browser.get(PROFILE).headers["Location"] == SET_UP
    client = Client()
    client.post("/accounts/login/", {"login": "3001", "password": PASSWORD})
    assert client.get(PROFILE).headers["Location"] == SET_UP


def test_the_secret_in_the_database_is_not_the_one_in_the_app(browser: Client) -> None:
    secret = set_up_app(browser)
    kept = Authenticator.objects.get(type=Authenticator.Type.TOTP).data["secret"]
    assert secret not in kept
    assert len(kept) > len(secret)


@pytest.mark.parametrize(
    "page",
    [
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/webauthn/add/",
    ],
)
def test_the_pages_hold_no_script_of_their_own(browser: Client, page: str) -> None:
    text = browser.get(page).text
    scripts = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", text)
    assert all('type="application/json"' in attributes for attributes in scripts)
    assert not re.search(r"\son\w+=", text)
    assert " style=" not in text
