"""`make bench N=100000`: pages, jobs and the import, as ratios to yardsticks of the same run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

DEFAULT_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("-n", "--customers", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=200, help="requests a page")
    parser.add_argument(
        "--skip",
        action="append",
        default=[],
        metavar="WORDS",
        help="leave out pages and jobs whose names hold these words; may be given again",
    )
    parser.add_argument("--output", type=Path, help="write the figures here as JSON")
    parser.add_argument("--compare", type=Path, help="show the figures of this earlier run beside")
    parser.add_argument(
        "--show",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="measure nothing: print the tables of earlier runs and how they grew",
    )
    parser.add_argument(
        "--server",
        default=os.environ.get("BENCH_DATABASE_URL", DEFAULT_SERVER),
        help="a PostgreSQL server on which a database may be made and dropped",
    )
    parser.add_argument(
        "--keep", metavar="NAME", help="use this database; make and fill it where it is missing"
    )
    return parser.parse_args()


@contextmanager
def database(server: str, keep: str | None) -> Iterator[tuple[str, bool]]:
    """Make an empty database and drop it at the end, or use one that stays: URL, whether new."""
    name = keep or f"vipcrm_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        is_new = found.fetchone() is None
        if is_new:
            connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{server.rsplit('/', 1)[0]}/{name}", is_new
    finally:
        if keep is None:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def set_up(url: str) -> dict[str, str]:
    """Start Django on the database at ``url``; return the environment of the web processes."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "DATABASE_URL": url,
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "MFA_REQUIRED_ROLES": "none",
        "LOG_LEVEL": "WARNING",
    }
    os.environ.update(environment)
    import django

    django.setup()
    return environment


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """Make the database, measure, and return the figures."""
    with database(options.server, options.keep) as (url, is_new):
        environment = set_up(url)
        from django.core.management import call_command
        from django.db import connections

        from bench import complaints, fill, run

        call_command("build", verbosity=0)
        call_command("migrate", verbosity=0)
        if is_new:
            fill.fill(options.customers)
            complaints.fill_complaints(options.customers)
        figures = run.run(fill.find_cast(), options.requests, environment, options.skip)
        figures["customers"] = fill.count_customers()
        figures["machine"] = machine()
        connections.close_all()
    return figures


def machine() -> str:
    """Describe the machine that measures."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return (
        f"{os.cpu_count()} cores ({models[0] if models else platform.machine()}), "
        f"{memory:.0f} GB of memory, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, PostgreSQL {version}; "
        f"load at the end of the run: {load}."
    )


def main() -> None:
    """Measure and print; or print what was measured."""
    options = arguments()
    if options.show:
        set_up("postgresql://127.0.0.1/nothing")
        from bench import table

        runs = [json.loads(file.read_text(encoding="utf-8")) for file in options.show]
        parts = [table.text(run) for run in runs]
        parts += [table.growth(one, other) for one, other in pairwise(runs)]
        if len(runs) > 2:
            parts.append(table.growth(runs[0], runs[-1]))
        sys.stdout.write("\n".join(parts))
        return
    figures = measured(options)
    from bench import table

    earlier = json.loads(options.compare.read_text(encoding="utf-8")) if options.compare else None
    sys.stdout.write(table.text(figures, earlier))
    if options.output:
        text = json.dumps(figures, indent=1, ensure_ascii=False)
        options.output.write_text(text + "\n", encoding="utf-8")


main()
