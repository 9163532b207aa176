"""System checks for what a deployment forgets."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from vipcrm import unsafe


@register(Tags.security, deploy=True)
def check_demonstration_is_off(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """Demonstration mode has logins that everybody knows."""
    if not settings.DEMONSTRATION:
        return []
    return [
        Error(
            "DEMONSTRATION is on: its logins and data are known to everybody.",
            hint="Unset DEMONSTRATION and set SECRET_KEY and ALLOWED_HOSTS.",
            id="vipcrm.E001",
        )
    ]


@register(Tags.security, deploy=True)
def check_secret_is_own(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """A short or well-known secret lets anybody forge a session; a former one does, too.

    Outside a demonstration the settings refuse to start with one; here a demonstration hears of it.
    """
    named = [("SECRET_KEY", settings.SECRET_KEY)]
    named += [("SECRET_KEY_FALLBACKS", former) for former in settings.SECRET_KEY_FALLBACKS]
    return [
        Error(
            f"{name} {fault}.",
            hint=f"Make one: {unsafe.MAKE_ONE}",
            id="vipcrm.E002",
        )
        for name, secret in named
        for fault in unsafe.faults_of_secret(secret)[:1]
    ]


@register(Tags.security, deploy=True)
def check_https_is_on(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """Over plain http anybody on the way reads customers and takes over sessions."""
    if settings.HTTPS or settings.DEMONSTRATION:
        return []
    return [
        Warning(
            "HTTPS is off: passwords, sessions and customers travel in the clear.",
            hint="Set HTTPS=true; behind a proxy of yours that ends https also "
            "BEHIND_HTTPS_PROXY=true.",
            id="vipcrm.W004",
        )
    ]


@register(Tags.caches, deploy=True)
def check_cache_is_shared(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """With a cache of its own, each process allows the full number of failed sign-ins."""
    if settings.REDIS_URL:
        return []
    return [
        Warning(
            "REDIS_URL is not set: processes share no cache, so sign-in throttles count apart, "
            "and background jobs have no broker.",
            hint="Set REDIS_URL to redis://host:6379/0.",
            id="vipcrm.W001",
        )
    ]


@register(Tags.staticfiles, deploy=True)
def check_static_files_are_built(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """Without the manifest every page fails."""
    if (settings.STATIC_ROOT / "staticfiles.json").exists():
        return []
    return [
        Warning(
            "The static files are not built.",
            hint="Run `make build`.",
            id="vipcrm.W002",
        )
    ]


@register(Tags.security, deploy=True)
def check_mail_can_be_sent(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """A reset link that only reaches the log helps nobody who forgot a password."""
    if settings.EMAIL_HOST:
        return []
    return [
        Warning(
            "EMAIL_HOST is not set: password reset mails are printed to the log.",
            hint="Set EMAIL_HOST, EMAIL_USER, EMAIL_PASSWORD and EMAIL_FROM.",
            id="vipcrm.W003",
        )
    ]
