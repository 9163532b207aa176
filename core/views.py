"""Pages for what goes wrong. None of them asks the database."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token
from redis.exceptions import RedisError

from core.rest.problems import is_of_api, plain_problem

# The database or the cache is away for a moment, say for a restart: coming back helps.
PASSING = (OperationalError, InterfaceError, RedisError)
RETRY_AFTER_SECONDS = "10"


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 where a server behind us is away for a moment, else 500."""
    is_passing = isinstance(sys.exc_info()[1], PASSING)
    if is_of_api(request):
        if is_passing:
            return plain_problem(503, "away", Retry_After=RETRY_AFTER_SECONDS)
        return plain_problem(500, "fault")
    if is_passing:
        return HttpResponse(
            render_to_string("503.html"), status=503, headers={"Retry-After": RETRY_AFTER_SECONDS}
        )
    return HttpResponse(render_to_string("500.html"), status=500)
