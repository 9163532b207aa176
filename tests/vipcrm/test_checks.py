"""System checks tell what a deployment forgot."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.checks import CheckMessage, run_checks
from pytest_django.fixtures import Settings

from vipcrm import checks

GOOD = "kU3v_R8w-Zq1nE6tYp0sLb7dXj4mGf9hCaW2iTo5BxN-QeVz8uKc"


@pytest.fixture
def deployment(settings: Settings, tmp_path: Path) -> Settings:
    """A deployment that forgot nothing."""
    settings.DEMONSTRATION = False
    settings.SECRET_KEY = GOOD
    settings.HTTPS = True
    settings.REDIS_URL = "redis://redis.example:6379/0"
    settings.EMAIL_HOST = "mail.example"
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "staticfiles.json").write_text("{}")
    return settings


def own_messages() -> set[str]:
    """The ids of this product's messages about the deployment."""
    messages = run_checks(include_deployment_checks=True)
    return {name for message in messages if (name := message.id or "").startswith("vipcrm.")}


def test_a_complete_deployment_passes(deployment: Settings) -> None:
    assert own_messages() == set()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DEMONSTRATION", True, "vipcrm.E001"),
        ("SECRET_KEY", "short", "vipcrm.E002"),
        ("SECRET_KEY", "please-change-me-before-you-use-it-anywhere", "vipcrm.E002"),
        ("SECRET_KEY_FALLBACKS", [GOOD, "changeme"], "vipcrm.E002"),
        ("HTTPS", False, "vipcrm.W004"),
        ("REDIS_URL", "", "vipcrm.W001"),
        ("STATIC_ROOT", Path("/nowhere"), "vipcrm.W002"),
        ("EMAIL_HOST", "", "vipcrm.W003"),
    ],
)
def test_what_is_forgotten_is_said(
    deployment: Settings, name: str, value: object, message: str
) -> None:
    setattr(deployment, name, value)
    assert own_messages() == {message}


@pytest.mark.parametrize(
    "check",
    [
        checks.check_demonstration_is_off,
        checks.check_secret_is_own,
        checks.check_cache_is_shared,
        checks.check_static_files_are_built,
        checks.check_mail_can_be_sent,
    ],
)
def test_each_message_says_what_to_do(
    settings: Settings, check: Callable[[None], list[CheckMessage]]
) -> None:
    settings.DEMONSTRATION = True
    settings.SECRET_KEY = "short"
    settings.REDIS_URL = settings.EMAIL_HOST = ""
    settings.STATIC_ROOT = Path("/nowhere")
    (message,) = check(None)
    assert message.hint
