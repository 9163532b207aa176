"""What the customer page shows of retention: risk, warning, case, and what has been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from core import clock
from core.htmx import answer, is_partial
from customers.models import Customer
from customers.querysets import own_page
from retention.models import ChurnWarning, RetentionCase
from retention.services.picture import TREND_DAYS, risk_of
from retention.services.reasons import reasons_of_score, reasons_of_warning
from retention.views.shared import reader_of, visible_customer
from staff.models import StaffUser

HISTORY_ROWS = 10
WIDTH, HEIGHT = 320, 72
"""The plot's own measures; the page stretches it."""


@dataclass(frozen=True)
class Plot:
    """The year's scores as a line of steps. ``points``: of an SVG polyline."""

    points: str
    area: str
    days: Sequence[tuple[date, int]]
    lowest: int
    highest: int
    first: date
    last: date


@require_safe
def customer_risk(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a customer's risk with its reasons and the year, the open warning and case."""
    user = reader_of(request.user)
    customer = visible_customer(request, pk)
    today = clock.today(customer.unit.time_zone)
    risk = risk_of(user, customer, today)
    reasons, missing = reasons_of_score(risk.current if risk is not None else None)
    context = {
        "customer": customer,
        "zone": clock.zone_info(customer.unit.time_zone),
        "now": clock.now(),
        "today": today,
        "risk": risk,
        "reasons": reasons,
        "missing": missing,
        "plot": plot_of(risk.trend, today) if risk is not None else None,
        "may_edit": Customer.objects.editable_by(user).filter(pk=pk).exists(),
        **_open_ones(user, customer),
    }
    with own_page(customer, user):
        return answer(request, "retention/_customer_risk.html", context)


@require_safe
def customer_retention(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a customer's warnings and cases that are over, the newest first."""
    user = reader_of(request.user)
    customer = visible_customer(request, pk)
    warnings = ChurnWarning.objects.visible_to(user).filter(customer=customer)
    cases = RetentionCase.objects.visible_to(user).filter(customer=customer).decided()
    closed = warnings.filter(closed_at__isnull=False).order_by("-opened_at")
    closed = closed.prefetch_related("reasons__signal_version", "reasons__event")
    context = {
        "customer": customer,
        "zone": clock.zone_info(customer.unit.time_zone),
        "warnings": [
            (row, reasons_of_warning(row.reasons.all())[:2]) for row in closed[:HISTORY_ROWS]
        ],
        "cases": cases.select_related("decided_by").order_by("-opened_at")[:HISTORY_ROWS],
    }
    with own_page(customer, user):
        return answer(request, "retention/_customer_retention.html", context)


@require_safe
def customer_hint(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer page's line about an open warning or case, with the way to it."""
    user = reader_of(request.user)
    customer = visible_customer(request, pk)
    if not is_partial(request):
        return redirect("customers:customer_detail", pk=pk)
    context = {"customer": customer, "now": clock.now(), **_open_ones(user, customer)}
    with own_page(customer, user):
        return answer(request, "retention/_customer_hint.html", context)


def _open_ones(user: StaffUser, customer: Customer) -> dict[str, Any]:
    """The open warning and the open case. Two statements."""
    warnings = ChurnWarning.objects.visible_to(user).open().filter(customer=customer)
    cases = RetentionCase.objects.visible_to(user).open().filter(customer=customer)
    return {"warning": warnings.first(), "open_case": cases.first()}


def plot_of(trend: Sequence[tuple[date, int]], today: date) -> Plot | None:
    """Return the year's scores (0 to 100, the oldest first) as steps; None where there are none."""
    if not trend:
        return None
    first = today - timedelta(days=TREND_DAYS)

    def place(day: date, score: int) -> str:
        x = (day - first).days * WIDTH / TREND_DAYS
        return f"{x:.1f},{HEIGHT - score * HEIGHT / 100:.1f}"

    corners = []
    height = trend[0][1]
    for day, score in trend:
        corners += [place(day, height), place(day, score)]
        height = score
    corners.append(place(today, height))
    line = " ".join(corners)
    start = line.split(",", 1)[0]
    scores = [score for _day, score in trend]
    return Plot(
        points=line,
        area=f"{start},{HEIGHT} {line} {WIDTH},{HEIGHT}",
        days=trend,
        lowest=min(scores),
        highest=max(scores),
        first=first,
        last=today,
    )
