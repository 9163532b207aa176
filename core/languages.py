"""Which language somebody is spoken to in: the one asked for, else the kept one, else the house's.

Pages and answers follow the request. What reaches somebody without a request of theirs (a mail, a
calendar feed, what a worker writes down) follows the language that is kept with the person.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

OF_THE_COMPANY = "zh-hans"
"""The language of texts that stay in the company's files and that everybody there reads."""


def supported(wanted: str) -> str | None:
    """Return the product's language for ``wanted`` ("zh-CN": "zh-hans"); None where it has none."""
    try:
        return get_supported_language_variant(wanted)
    except LookupError:
        return None


def asked_by(request: HttpRequest) -> str | None:
    """Return the language that the request asks for; None where it asks for none that is there.

    By the cookie of the switch, else by Accept-Language, as Django's own middleware reads them,
    which falls back to the installation's language and does not tell.
    """
    chosen = supported(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))
    if chosen is not None:
        return chosen
    for wanted, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if wanted == "*":
            return None
        if (found := supported(wanted)) is not None:
            return found
    return None


def spoken(kept: str) -> str:
    """Return the language for somebody with whom ``kept`` is kept: that, or the installation's."""
    return supported(kept) or settings.LANGUAGE_CODE


def speaking(kept: str) -> AbstractContextManager[object]:
    """Speak ``kept``, or the installation's language, until the end of the block."""
    return translation.override(spoken(kept))
