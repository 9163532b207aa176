"""Answers for load balancers and process managers, open to anybody and without any detail."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked, so that a slow database restarts nobody."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readiness(request: HttpRequest) -> JsonResponse:
    """The process can serve pages: the database answers. 503 where it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"database": "down"}, status=503, headers={"Retry-After": "5"})
    return JsonResponse({"database": "ok"})
