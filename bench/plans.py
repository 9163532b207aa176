"""`python -m bench.plans`: drafting a week and its page for a manager with 800 customers.

`make bench` has the drafting among its jobs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bench.complaints import bare_view, on_throw_away_database, timed
from bench.retention import DEFAULT_SERVER

if TYPE_CHECKING:
    from staff.models import StaffUser
    from workplans.models import WorkPlan

FEW, CUSTOMERS = 80, 800


def next_week_of(manager: StaffUser) -> WorkPlan:
    """Open the manager's plan of the next week."""
    from core import clock
    from workplans.models.plans import PlanKind
    from workplans.services.plans import open_plan

    day = clock.today(manager.time_zone) + timedelta(days=7)
    return open_plan(actor=manager, kind=PlanKind.WEEK, day=day)


def serve(plan: WorkPlan, count: int) -> None:
    """Give the plan's manager ``count`` customers, all due within the plan, and no others."""
    from customers.models import Customer

    manager = plan.manager
    active = Customer.objects.active().order_by("pk").values_list("pk", flat=True)
    ids = list(active[:count])
    if len(ids) < count:
        raise RuntimeError(f"There are {len(ids)} customers; the drafting wants {count}.")
    Customer.objects.filter(manager=manager).exclude(pk__in=ids).update(manager=None)
    Customer.objects.filter(pk__in=ids).update(
        manager=manager, unit=manager.unit, contact_due_on=plan.starts_on
    )


def statements_of(work: Callable[[], object]) -> int:
    """Return how many statements ``work`` takes.

    Counted at once: the next request of a test client empties the connection's list.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        work()
    count = len(asked)
    if not count:
        raise RuntimeError("No statement was seen: what is counted is not what is done.")
    return count


def drafting(manager: StaffUser, plan: WorkPlan) -> Callable[[], None]:
    """Return what drafts the plan, and takes the draft back."""
    from django.db import transaction

    from workplans.services.drafting import draft_plan

    def draft() -> None:
        with transaction.atomic():
            draft_plan(actor=manager, plan=plan)
            transaction.set_rollback(True)

    return draft


def run(count: int) -> None:
    """Fill with ``count`` customers and measure; the database is empty."""
    from django.db import connection
    from django.test import Client

    from bench.fill import fill, find_cast
    from core import clock
    from workplans.services.drafting import draft_plan

    fill(count)
    manager = find_cast().manager
    plan = next_week_of(manager)
    draft = drafting(manager, plan)
    counts = []
    for customers in (FEW, CUSTOMERS):
        serve(plan, customers)
        counts.append(f"{statements_of(draft)} statements for {customers} customers")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    y = bare_view()
    timed(f"draft a week of {CUSTOMERS} customers", draft, yardstick=y)
    drafted = draft_plan(actor=manager, plan=plan)
    browser = Client()
    browser.force_login(manager)
    for name, url in (
        ("the week's page", f"/workplans/plans/{plan.pk}/"),
        ("today's panel", "/workplans/today/"),
        ("today's log", f"/workplans/logs/{manager.pk}/{clock.today()}/"),
    ):
        timed(name, partial(browser.get, url), yardstick=y)
    sys.stdout.write(f"{drafted}; {', '.join(counts)}\n")


def main() -> None:
    """Make the database, measure, print."""
    parser = argparse.ArgumentParser(prog="bench.plans", description=__doc__)
    parser.add_argument("-n", "--customers", type=int, default=20_000)
    parser.add_argument("--server", default=os.environ.get("BENCH_DATABASE_URL", DEFAULT_SERVER))
    options = parser.parse_args()
    on_throw_away_database(options.server, lambda: run(options.customers))


if __name__ == "__main__":
    main()
