"""The WSGI application for gunicorn and the like."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vipcrm.settings")

product = get_wsgi_application()

from core.bodies import set_charset_aside  # noqa: E402 - when the settings are there


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer one request; what Django cannot read without falling over is taken out before."""
    set_charset_aside(environ)
    return product(environ, start_response)
