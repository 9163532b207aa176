"""Answers for load balancers and process managers, and the page that describes the API."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from core.rest.problems import plain_problem


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


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """The API as a page to read and to try, for who is signed in."""
    return render(request, "vipcrm/api_docs.html")


@login_not_required
@csrf_exempt
def api_not_found(request: HttpRequest, path: str) -> JsonResponse:
    """What the API does not have is told in its own words."""
    return plain_problem(404, "not_found")
