"""Today's plan and log, as My day shows them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core import clock
from core.htmx import answer
from workplans.services.today import load_today
from workplans.views.shared import manager_of


@require_safe
def plan_today(request: HttpRequest) -> HttpResponse:
    """Show what is planned for today, and whether the log and the plans are handed in."""
    user = manager_of(request.user)
    today = load_today(user, clock.today(user.time_zone))
    return answer(request, "workplans/_plan_today.html", {"today": today, "now": clock.now()})
