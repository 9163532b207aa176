"""The WSGI application for gunicorn and the like."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vipcrm.settings")

logger = logging.getLogger(__name__)

_pages = get_wsgi_application()

from core.bodies import set_charset_aside  # noqa: E402 - when the settings are there


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request; where even the page for faults fails, say so in our own log.

    What Django cannot read without falling over is taken out before. The web server would log the
    whole address, query included, past the masking of numbers.
    """
    set_charset_aside(environ)
    try:
        return _pages(environ, start_response)
    except Exception:
        logger.exception("A request failed outside of the pages: %s", environ.get("PATH_INFO"))
        headers = [("Content-Type", "text/plain"), ("Cache-Control", "no-store, private")]
        start_response("500 Internal Server Error", headers)
        return [b"A fault of ours."]
