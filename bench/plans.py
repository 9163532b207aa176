"""`python -m bench.plans`: drafting a week and its page for a manager with 800 customers."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta

from bench.complaints import bare_view, on_throw_away_database, timed
from bench.retention import DEFAULT_SERVER

CUSTOMERS = 800


def run(count: int) -> None:
    """Fill with ``count`` customers and measure; the database is empty."""
    from django.db import connection, transaction
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from bench.fill import fill, find_cast
    from core import clock
    from customers.models import Customer
    from workplans.models.plans import PlanKind
    from workplans.services.drafting import draft_plan
    from workplans.services.plans import open_plan

    fill(count)
    cast = find_cast()
    manager, today = cast.manager, clock.today()
    own = Customer.objects.filter(manager=manager)
    more = Customer.objects.exclude(manager=manager).values_list("pk", flat=True)
    ids = list(more[: CUSTOMERS - own.count()])
    Customer.objects.filter(pk__in=ids).update(manager=manager, unit=manager.unit)
    own.update(contact_due_on=today + timedelta(days=3))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    plan = open_plan(actor=manager, kind=PlanKind.WEEK, day=today + timedelta(days=7))
    y = bare_view()

    def draft() -> None:
        with transaction.atomic():
            draft_plan(actor=manager, plan=plan)
            transaction.set_rollback(True)

    with CaptureQueriesContext(connection) as asked:
        draft()
    timed(f"draft a week of {own.count()} customers", draft, yardstick=y)
    drafted = draft_plan(actor=manager, plan=plan)
    browser = Client()
    browser.force_login(manager)
    for name, url in (
        ("the week's page", f"/workplans/plans/{plan.pk}/"),
        ("today's panel", "/workplans/today/"),
        ("today's log", f"/workplans/logs/{manager.pk}/{today}/"),
    ):
        timed(name, lambda url=url: browser.get(url), yardstick=y)
    sys.stdout.write(f"{drafted}, {len(asked)} statements\n")


def main() -> None:
    """Make the database, measure, print."""
    parser = argparse.ArgumentParser(prog="bench.plans", description=__doc__)
    parser.add_argument("-n", "--customers", type=int, default=20_000)
    parser.add_argument("--server", default=os.environ.get("BENCH_DATABASE_URL", DEFAULT_SERVER))
    options = parser.parse_args()
    on_throw_away_database(options.server, lambda: run(options.customers))


if __name__ == "__main__":
    main()
