"""The product's routes and the yardstick: 20 kB of static HTML from a bare view."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from vipcrm.urls import handler500, urlpatterns

__all__ = ["handler500", "urlpatterns"]

PAGE = "<!doctype html><title>Yardstick</title>" + "<p>Twenty kilobytes of text.</p>" * 640


@login_not_required
def yardstick(request: HttpRequest) -> HttpResponse:
    """Answer with a constant."""
    return HttpResponse(PAGE)


urlpatterns = [path("yardstick", yardstick), *urlpatterns]
