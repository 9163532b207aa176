"""Learning from who left: which share of the customers with each score (article 17)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery

from customers.models import Customer
from customers.rules import add_months
from retention.models import Departure, RiskCalibration, RiskScore
from retention.rules.calibration import Calibration, as_rows, calibrate, from_rows

LEFT_WITHIN_MONTHS = 3
DAYS_LOOKED_AT = 12
"""The first days of as many months."""


def calibration_on(day: date) -> Calibration:
    """Return the latest calibration of ``day`` or before; an empty one where there is none."""
    found = RiskCalibration.objects.filter(computed_on__lte=day).order_by("-computed_on").first()
    return from_rows(found.bands) if found is not None else Calibration()


@transaction.atomic
def calibrate_of_month(*, day: date) -> RiskCalibration:
    """Learn anew, once a month: the first call of the month of ``day`` computes, others read.

    Looks at the first days of the twelve months that are over long enough to know who left
    within three months. One statement for each. Safe to run twice and side by side.
    """
    month = day.replace(day=1)
    found = RiskCalibration.objects.filter(computed_on=month).first()
    if found is not None:
        return found
    counts: dict[int, tuple[int, int]] = {}
    days = 0
    for back in range(DAYS_LOOKED_AT):
        looked_at = add_months(month, -LEFT_WITHIN_MONTHS - back)
        of_day = scores_and_leavers(looked_at)
        days += bool(of_day)
        for score, (customers, leavers) in of_day.items():
            so_far = counts.get(score, (0, 0))
            counts[score] = (so_far[0] + customers, so_far[1] + leavers)
    made, _is_new = RiskCalibration.objects.get_or_create(
        computed_on=month, defaults={"bands": as_rows(calibrate(counts)), "days": days}
    )
    return made


def scores_and_leavers(day: date) -> dict[int, tuple[int, int]]:
    """Return by score on ``day`` how many customers had it and how many left within 3 months.

    Customers of that day who had a score. One statement.
    """
    until = add_months(day, LEFT_WITHIN_MONTHS)
    scores = RiskScore.objects.filter(customer=OuterRef("pk"), scored_on__lte=day)
    left = Departure.objects.counted().filter(
        customer=OuterRef("pk"), left_on__gt=day, left_on__lte=until
    )
    rows = (
        Customer.objects.filter(Q(left_on=None) | Q(left_on__gt=day), vip_since__lte=day)
        .annotate(
            score=Subquery(scores.order_by("-scored_on").values("score")[:1]),
            left=Exists(left),
        )
        .filter(score__isnull=False)
        .order_by()
        .values_list("score", "left")
        .annotate(Count("pk"))
    )
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for score, has_left, number in rows:
        counts[score][0] += number
        counts[score][1] += number if has_left else 0
    return {score: (customers, leavers) for score, (customers, leavers) in counts.items()}
