"""`python -m bench.complaints -n 100000`: the queue and the minute job among N complaints.

2,000 are open, 200 of them due. Yardsticks: one SQL statement that reads the very rows of the
queue, and one that reads what is due.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from statistics import quantiles
from typing import Any

from bench.retention import DEFAULT_SERVER, throw_away_database

OPEN, DUE = 2_000, 200
AT_ONCE = 20_000
READ_QUEUE = """
    SELECT c.*, k.name, u.name FROM complaints_complaint c
    JOIN customers_customer k ON k.id = c.customer_id JOIN staff_unit u ON u.id = c.unit_id
    WHERE c.state <> 'closed' AND u.path LIKE %s ORDER BY c.due_at, c.id LIMIT 51
"""


def fill_complaints(count: int) -> None:
    """Copy ``count`` complaints, the newest open, spread over all managers."""
    from complaints.models import Category, Complaint
    from complaints.rules.clocks import clocks_of, deadlines_of
    from complaints.services.writing import columns_of, promise_columns
    from core import bulk, clock
    from customers.models import Customer, ServiceStandard

    now, standards = clock.now(), ServiceStandard.objects.load()
    customers = list(Customer.objects.select_related("unit").order_by("pk")[:5_000])
    categories = list(Category.objects.filter(parent__isnull=False).values_list("pk", flat=True))
    fields = [f for f in Complaint._meta.concrete_fields if not f.primary_key]
    names = [field.attname for field in fields]
    rows: list[list[Any]] = []
    for number in range(count):
        customer = customers[number % len(customers)]
        zone = clock.zone_info(customer.unit.time_zone)
        is_open = number < OPEN
        received = now - timedelta(minutes=number % 80 if is_open else 50_000 + number)
        figures = deadlines_of(standards, customer.tier, clock.local_date(received))
        clocks = clocks_of(received, [], figures, zone)
        made = Complaint(
            customer=customer,
            unit=customer.unit,
            manager_id=customer.manager_id,
            tier=customer.tier,
            subject="话费多扣",
            category_id=categories[number % len(categories)],
            registered_at=received,
            received_at=received,
            updated_at=received,
            **promise_columns(figures),
            **columns_of(clocks),
        )
        made.next_notice_at = now - timedelta(seconds=1) if number < DUE else clocks.next_alarm(())
        made.response_warn_at = made.next_notice_at
        if not is_open:
            made.state, made.closed_at = "closed", received + timedelta(hours=20)
            made.resolved_at, made.next_notice_at = made.closed_at, None
            made.seen_until = made.closed_at + timedelta(days=30)
        rows.append([getattr(made, name) for name in names])
        if len(rows) == AT_ONCE or number == count - 1:
            bulk.insert_rows(Complaint, names, rows)
            rows = []
    complaining = Complaint.objects.open().values("customer")
    Customer.objects.filter(pk__in=complaining).update(has_open_complaint=True)


def timed(name: str, work: Callable[[], Any], times: int = 40, yardstick: float = 0) -> float:
    """Print and return the median of ``work`` in milliseconds, with the 95th percentile.

    ``yardstick``: a median that both are shown as multiples of.
    """
    work()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(took, n=20)
    ratio = f"   {cuts[9] / yardstick:6.1f} Y  {cuts[18] / yardstick:6.1f} Y" if yardstick else ""
    sys.stdout.write(f"{name:44} p50 {cuts[9]:7.1f} ms   p95 {cuts[18]:7.1f} ms{ratio}\n")
    return cuts[9]


def bare_view() -> float:
    """Print and return what a bare view of 20 kB takes of the same client: Y."""
    from django.test import Client

    browser = Client()
    return timed("Y: 20 kB of static HTML", lambda: browser.get("/yardstick"), times=200)


def run(count: int) -> None:
    """Fill and measure; the database of the present connection is empty."""
    from django.db import connection, transaction
    from django.test import Client

    from bench.fill import fill, find_cast
    from complaints.services.notices import tell_due
    from core import clock

    fill(5_000)
    fill_complaints(count)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    cast, y = find_cast(), bare_view()
    for person in (cast.manager, cast.supervisor, cast.head_office):
        browser = Client()
        browser.force_login(person)
        get = browser.get
        role = person.role
        timed(f"queue, {role}", partial(get, "/complaints/"), yardstick=y)
        timed(f"queue, all, {role}", partial(get, "/complaints/?state=all"), yardstick=y)
        # Of this page `make bench` knows what it is in Y over HTTP.
        timed(f"customer list, {role}", partial(get, "/customers/"), yardstick=y)

    def read_queue() -> None:
        with connection.cursor() as cursor:
            cursor.execute(READ_QUEUE, ["/%"])
            cursor.fetchall()

    def job() -> int:
        with transaction.atomic():
            told = tell_due()
            transaction.set_rollback(True)
        return told

    timed("S: the same rows by one statement", read_queue)
    timed(f"minute job, {DUE} due ({job()} notices)", job, times=10)
    tell_due()
    timed("minute job, nothing due", tell_due)
    sys.stdout.write(f"at {clock.now():%Y-%m-%d %H:%M}, {count:,} complaints\n")


def main() -> None:
    """Make the database, measure, print."""
    parser = argparse.ArgumentParser(prog="bench.complaints", description=__doc__)
    parser.add_argument("-n", "--complaints", type=int, default=100_000)
    parser.add_argument("--server", default=os.environ.get("BENCH_DATABASE_URL", DEFAULT_SERVER))
    options = parser.parse_args()
    on_throw_away_database(options.server, lambda: run(options.complaints))


def on_throw_away_database(server: str, work: Callable[[], None]) -> None:
    """Do ``work`` with Django set up on an empty database of ``server``, dropped at the end."""
    with throw_away_database(server) as url:
        os.environ.update(
            {
                "DJANGO_SETTINGS_MODULE": "bench.settings",
                "DATABASE_URL": url,
                "SECRET_KEY": secrets.token_urlsafe(64),
                "ALLOWED_HOSTS": "127.0.0.1,testserver",
                "HTTPS": "false",
                "MFA_REQUIRED_ROLES": "none",
                "LOG_LEVEL": "WARNING",
            }
        )
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command
        from django.db import connections
        from django.test import override_settings

        call_command("migrate", verbosity=0)
        plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
        with override_settings(STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": plain}}):
            work()
        connections.close_all()


if __name__ == "__main__":
    main()
