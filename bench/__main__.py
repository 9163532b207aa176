"""`make bench N=100000`: pages, jobs and the import, as ratios to yardsticks of the same run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

DEFAULT_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("-n", "--customers", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=200, help="requests a page")
    parser.add_argument("--output", type=Path, help="write the figures here as JSON")
    parser.add_argument("--compare", type=Path, help="show the figures of this earlier run beside")
    parser.add_argument(
        "--server",
        default=os.environ.get("BENCH_DATABASE_URL", DEFAULT_SERVER),
        help="a PostgreSQL server on which a database may be made and dropped",
    )
    return parser.parse_args()


@contextmanager
def throw_away_database(server: str) -> Iterator[str]:
    """Make an empty database; drop it at the end. Gives its URL."""
    name = f"vipcrm_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{server.rsplit('/', 1)[0]}/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def main() -> None:
    """Make the database, measure, print."""
    options = arguments()
    with throw_away_database(options.server) as url:
        environment = {
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "DATABASE_URL": url,
            "SECRET_KEY": "only-for-measuring-0123456789-abcdefghijklmnopqrstuvwxyz",
            "ALLOWED_HOSTS": "127.0.0.1",
            "HTTPS": "false",
            "MFA_REQUIRED_ROLES": "none",
            "LOG_LEVEL": "WARNING",
        }
        os.environ.update(environment)
        import django

        django.setup()
        from django.core.management import call_command

        from bench import run, table

        call_command("build", verbosity=0)
        call_command("migrate", verbosity=0)
        figures = run.run(options.customers, options.requests, environment)
        from django.db import connections

        connections.close_all()
    figures["machine"] = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
    }
    earlier = json.loads(options.compare.read_text()) if options.compare else None
    sys.stdout.write(table.text(figures, earlier))
    if options.output:
        options.output.write_text(json.dumps(figures, indent=1) + "\n")


main()
