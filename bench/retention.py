"""`python -m bench.retention -n 100000`: usage of 24 months, and the nightly scoring job.

The job is measured the first time, idle, where one customer in a hundred has new usage, and where
everybody has; its peak memory beside. Yardstick S is one SQL statement that reads the very months
that the job reads.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

DEFAULT_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
MONTHS = 24
DECLINING = 0.06
CENT = Decimal("0.01")
READ_ALL = """
    SELECT count(*), sum(bill), sum(voice_minutes), sum(data_mb), max(contract_end)
    FROM retention_usagesnapshot WHERE month >= %s
"""


@contextmanager
def throw_away_database(server: str) -> Iterator[str]:
    """Make an empty database; drop it at the end. Gives its URL."""
    name = f"vipcrm_bench_retention_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{server.rsplit('/', 1)[0]}/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def fill_usage(customers: int, months: int = MONTHS) -> float:
    """Copy ``months`` of usage for customers 1 to ``customers``; return the seconds it took."""
    from core import bulk, clock
    from customers.rules import add_months
    from retention.models import UsageSnapshot

    this_month = clock.today().replace(day=1)
    span = [add_months(this_month, -back) for back in range(months, 0, -1)]
    columns = [
        *("customer_id", "month", "received_at", "bill", "voice_minutes", "data_mb", "sms_count"),
        *("roaming_days", "balance", "days_without_use", "plan", "contract_end"),
        *("suspensions", "care_calls", "source"),
    ]
    chance = random.Random(20261124)
    received = {m: clock.start_of_day(add_months(m, 1)) + timedelta(hours=30) for m in span}
    began = time.perf_counter()
    batch: list[tuple[Any, ...]] = []
    for row in _usage(customers, span, received, chance):
        batch.append(row)
        if len(batch) >= 50_000:
            bulk.insert_rows(UsageSnapshot, columns, batch)
            batch = []
    bulk.insert_rows(UsageSnapshot, columns, batch)
    return time.perf_counter() - began


def _usage(
    customers: int, span: list[date], received: dict[date, datetime], chance: random.Random
) -> Iterator[tuple[Any, ...]]:
    """Yield plain rows: a few decline in the last months, a few are in arrears."""
    for customer in range(1, customers + 1):
        usual = chance.uniform(0.4, 2.5)
        falls_from = chance.randint(1, 6) if chance.random() < DECLINING else 0
        ends = span[-1] + timedelta(days=chance.randint(-60, 700))
        for place, month in enumerate(span):
            left = len(span) - place
            factor = usual * (0.3 if left <= falls_from else 1) * chance.uniform(0.8, 1.2)
            yield (
                *(customer, month, received[month], Decimal(factor * 200).quantize(CENT)),
                *(int(factor * 500), int(factor * 20_000), 20),
                *(
                    2 if chance.random() < 0.03 else 0,
                    Decimal(-20 if chance.random() < 0.02 else 50),
                ),
                *(18 if left <= falls_from and falls_from > 2 else 0, "388", ends),
                *(int(chance.random() < 0.01), int(chance.random() < 0.1), "api"),
            )


def measure(name: str, work: Callable[[], Any]) -> dict[str, Any]:
    """Run ``work`` once and return what it took and said."""
    began, cpu = time.perf_counter(), time.process_time()
    said = work()
    return {
        "what": name,
        "seconds": time.perf_counter() - began,
        "python_seconds": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "said": said,
    }


def run(customers: int) -> list[dict[str, Any]]:
    """Fill and measure; the database of the present connection is empty."""
    from django.db import connection

    from bench.fill import fill
    from core import clock
    from customers.rules import add_months
    from retention.models import RiskState
    from retention.rules.features import MONTHS_READ
    from retention.services.scoring import flag_churn_risk

    fill(customers)
    figures = [
        {**measure("copy of the usage", lambda: fill_usage(customers)), "rows": customers * MONTHS}
    ]
    first = add_months(clock.today().replace(day=1), -MONTHS_READ)

    def read_all() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(READ_ALL, [first])
            return cursor.fetchone()[0]

    def analyze() -> None:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    def stale(condition: Any) -> None:
        RiskState.objects.filter(**condition).update(is_stale=True)
        analyze()

    analyze()
    figures.append(measure("S: reading the same months", read_all))
    figures.append(measure("job, first time", flag_churn_risk))
    analyze()
    figures.append(measure("job, once more (due days moved by warnings)", flag_churn_risk))
    figures.append(measure("job, idle", flag_churn_risk))
    stale({"customer_id__in": range(1, customers + 1, 100)})
    figures.append(measure("job, 1 % have new usage", flag_churn_risk))
    stale({})
    figures.append(measure("job, everybody has new usage", flag_churn_risk))
    analyze()
    figures.append(measure("job, idle again", flag_churn_risk))
    return figures


def main() -> None:
    """Make the database, measure, print."""
    parser = argparse.ArgumentParser(prog="bench.retention", description=__doc__)
    parser.add_argument("-n", "--customers", type=int, default=20_000)
    parser.add_argument("--server", default=os.environ.get("BENCH_DATABASE_URL", DEFAULT_SERVER))
    options = parser.parse_args()
    with throw_away_database(options.server) as url:
        os.environ.update(
            {
                "DJANGO_SETTINGS_MODULE": "bench.settings",
                "DATABASE_URL": url,
                "SECRET_KEY": secrets.token_urlsafe(64),
                "ALLOWED_HOSTS": "127.0.0.1",
                "HTTPS": "false",
                "MFA_REQUIRED_ROLES": "none",
                "LOG_LEVEL": "WARNING",
            }
        )
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        figures = run(options.customers)
        connections.close_all()
    sys.stdout.write(f"\n{options.customers:,} customers, {MONTHS} months\n\n")
    for one in figures:
        sys.stdout.write(
            f"{one['what']:46} {one['seconds']:8.2f} s {one['python_seconds']:8.2f} s Python"
            f" {one['peak_mb']:6.0f} MB  {one['said']}\n"
        )


if __name__ == "__main__":
    main()
