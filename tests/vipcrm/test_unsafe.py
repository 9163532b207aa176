"""A real installation does not start with known secrets, debugging, any host or plain http."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from vipcrm.unsafe import faults_of_secret, is_any_host, refusals

GOOD = secrets.token_urlsafe(64)


@pytest.mark.parametrize(
    "secret",
    [
        "changeme",
        "change-me" * 8,
        "django-insecure-x7v@3k1!q9z&u5w$r2t4y6p8s0d1f3g5h7j9l2n4b6",
        "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
        "Please_Change_This-Kq8vW3zR7tYp0sLb4dXj9mGf2hCaE6iTo5BxNQeVz",
        "k9" * 40,
        "aaaaaaaaaabbbbbbbbbbccccccccccaaaaaaaaaabbbbbbbbbbcccccccccc",
        "Kq8vW3zR7tYp" * 6,
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "Kq8vW3zR7tYp0sLb4dXj9mGf2hCaE6iTo5BxNQeVzUuKcRrNn",
        "",
    ],
)
def test_secrets_that_are_known_short_or_simple_are_refused(secret: str) -> None:
    assert faults_of_secret(secret)


def test_the_secret_of_a_demonstration_signs_nothing_else() -> None:
    assert faults_of_secret(GOOD, known=["", GOOD])
    assert not faults_of_secret(GOOD, known=["", "another"])


def test_secrets_that_are_made_as_the_message_says_are_taken() -> None:
    made = [secrets.token_urlsafe(64), secrets.token_hex(32), os.urandom(48).hex()]
    assert [faults_of_secret(one) for one in made] == [[], [], []]


@pytest.mark.parametrize("host", ["*", ".", "*.*", "*.example.com", ".com", ".cn", ".com.cn", ".."])
def test_wildcards_of_everybody_are_seen(host: str) -> None:
    assert is_any_host(host)


@pytest.mark.parametrize("host", ["crm.example.com", ".example.com", ".crm.com.cn", "10.0.0.1"])
def test_names_of_ones_own_are_no_wildcards(host: str) -> None:
    assert not is_any_host(host)


def said_of(**changed: object) -> list[str]:
    given: dict[str, object] = {
        "secret": GOOD,
        "fallbacks": [],
        "known_secrets": [],
        "debug": False,
        "hosts": ["crm.example.com"],
        "trusted_origins": ["https://crm.example.com"],
        "https": True,
        "plain_http_said": False,
    }
    return refusals(**{**given, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"secret": "short"}, "SECRET_KEY has 5 characters"),
        ({"fallbacks": [GOOD, "changeme" * 8]}, "SECRET_KEY_FALLBACKS, value 2,"),
        ({"debug": True}, "DEBUG is on"),
        ({"hosts": ["crm.example.com", "*"]}, "ALLOWED_HOSTS holds '*'"),
        ({"trusted_origins": ["https://*"]}, "CSRF_TRUSTED_ORIGINS holds 'https://*'"),
        ({"trusted_origins": ["https://*.com"]}, "trusts forms of anybody"),
        ({"trusted_origins": ["http://crm.example.com"]}, "which is plain http"),
        ({"https": False}, "plain http. Set HTTPS=true"),
    ],
)
def test_each_refusal_names_the_variable(changed: dict[str, object], words: str) -> None:
    said = said_of(**changed)
    assert len(said) >= 1
    assert any(words in one for one in said)


def test_a_complete_installation_is_not_refused() -> None:
    assert said_of() == []
    assert said_of(https=False, plain_http_said=True) == []


def start(tmp_path: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "VIPCRM_VAR": str(tmp_path),
        "SECRET_KEY": GOOD,
        "ALLOWED_HOSTS": "crm.example.com",
        **variables,
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


WEB = ("-c", "import vipcrm.wsgi")
TASKS = ("-m", "celery", "--app", "vipcrm", "report")


@pytest.mark.parametrize("process", [("manage.py", "check"), WEB, TASKS])
def test_every_kind_of_process_stops_and_says_what_where_and_what_to_do(
    tmp_path: Path, process: tuple[str, ...]
) -> None:
    ended = start(tmp_path, *process, SECRET_KEY="changeme", DEBUG="true", ALLOWED_HOSTS="*")
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0
    for words in ("SECRET_KEY has 8 characters", "token_urlsafe", "DEBUG is on", "ALLOWED_HOSTS"):
        assert words in said
    assert "changeme" not in said


def test_a_real_installation_starts(tmp_path: Path) -> None:
    ended = start(tmp_path, *WEB)
    assert ended.returncode == 0, ended.stderr


def test_a_demonstration_may_do_what_an_installation_may_not(tmp_path: Path) -> None:
    ended = start(tmp_path, *WEB, DEMONSTRATION="true", SECRET_KEY="changeme", ALLOWED_HOSTS="*")
    assert ended.returncode == 0, ended.stderr
