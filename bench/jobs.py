"""The jobs that are measured: a new job is a function and a new line of ``JOBS``."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.db import connection

from bench import measure, plans
from bench.fill import Cast
from contacts.services.flags import flag_overdue
from core import clock
from customers.models import Customer

NEWLY_OVERDUE = 10_000
DRAFTS = 20
JOB_FLAGS = """
    INSERT INTO contacts_cadenceflag
        (customer_id, cadence, due_on, opened_on, opened_at, close_reason)
    SELECT id, 'contact', contact_due_on, %s, %s, '' FROM customers_customer c
    WHERE status = 'active' AND contact_due_on < %s
      AND (contact_exempt_until IS NULL OR contact_exempt_until < %s)
      AND NOT EXISTS (SELECT 1 FROM contacts_cadenceflag f
        WHERE f.customer_id = c.id AND f.cadence = 'contact' AND f.closed_at IS NULL)
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Timing:
    """Seconds of a job and of its yardstick; the job's peak memory in MB where it is known.

    ``by_hand`` None: the yardstick is the run's own Y.
    ``statements``, of a job whose number of statements must not follow the number of rows: how
    many it took; ``of_few``: how many it took of a tenth of the rows.
    """

    seconds: float
    by_hand: float | None
    memory_mb: float | None = None
    statements: int | None = None
    of_few: int | None = None


@dataclass(frozen=True)
class Job:
    """One job that is measured; it leaves the database as it was.

    ``yardstick``: S, the same change by one statement; C, COPY of the same rows; or Y, the bare
    view.
    """

    name: str
    run: Callable[[Cast], Timing]
    yardstick: str
    budget: float | None = None
    goal: float | None = None


# --- The nightly flag job -----------------------------------------------------------------------


def flag_nothing_new(_cast: Cast) -> Timing:
    """The nightly job where all overdue customers have their flag."""
    flag_overdue()
    return Timing(*measure.side_by_side(flag_overdue, _flags_by_hand))


def flag_newly_overdue(_cast: Cast) -> Timing:
    """The nightly job on the day after many customers became overdue."""
    yesterday = clock.today() - timedelta(days=1)
    due = Customer.objects.active().filter(contact_due_on__gt=yesterday).order_by("pk")
    days = dict(due.values_list("pk", "contact_due_on")[:NEWLY_OVERDUE])
    Customer.objects.filter(pk__in=list(days)).update(contact_due_on=yesterday)
    measure.statement("VACUUM ANALYZE customers_customer")
    timing = Timing(*measure.side_by_side(flag_overdue, _flags_by_hand))
    rows = [Customer(pk=pk, contact_due_on=day) for pk, day in days.items()]
    Customer.objects.bulk_update(rows, ["contact_due_on"], batch_size=1000)
    measure.statement("VACUUM ANALYZE customers_customer")
    return timing


def _flags_by_hand() -> None:
    today = clock.today()
    measure.statement(JOB_FLAGS, [today, clock.now(), today, today])


# --- Drafting a week ----------------------------------------------------------------------------


def draft_a_week(cast: Cast) -> Timing:
    """Draft the next week of a manager whose customers are all due in it."""
    with measure.undone():
        plan = plans.next_week_of(cast.manager)
        draft = plans.drafting(cast.manager, plan)
        plans.serve(plan, plans.FEW)
        of_few = plans.statements_of(draft)
        plans.serve(plan, plans.CUSTOMERS)
        statements = plans.statements_of(draft)
        seconds = statistics.median(measure.once(draft) for _ in range(DRAFTS))
    return Timing(seconds, None, statements=statements, of_few=of_few)


# --- The roster import --------------------------------------------------------------------------


def import_roster(cast: Cast, *, rows: int) -> Timing:
    """Import new customers in a process of its own; then take them out and COPY them in."""
    last, last_entry = _largest("customers_customer"), _largest("core_auditentry")
    done = _import_in_own_process(cast, rows)
    made = _largest("customers_customer") - last
    if made < rows:
        raise RuntimeError(f"{made} customers were imported instead of {rows}.")
    mine = f"customer_id > {last}"
    copied = measure.copied_out(
        {
            "customers_customer": f"id > {last}",
            "customers_profile": mine,
            "customers_customerphone": mine,
            "customers_customeraddress": mine,
            "customers_searchentry": mine,
            "customers_likenesskey": mine,
            "customers_tierchange": mine,
            "customers_managerchange": mine,
            "contacts_contactrecord": mine,
            "core_auditentry": f"id > {last_entry}",
        }
    )
    # The trail refuses to lose entries; this database is thrown away.
    measure.statement("ALTER TABLE core_auditentry DISABLE TRIGGER core_auditentry_stays")
    for table in reversed(copied):
        key = "id" if table in ("customers_customer", "core_auditentry") else "customer_id"
        first = last_entry if table == "core_auditentry" else last
        measure.statement(f"DELETE FROM {table} WHERE {key} > {first}")
    measure.statement("ALTER TABLE core_auditentry ENABLE TRIGGER core_auditentry_stays")
    by_hand = [_once_undone(lambda: measure.copy_in(copied)) for _ in range(measure.JOB_RUNS)]
    return Timing(done["seconds"], min(by_hand), done["memory_mb"])


def _once_undone(run: Callable[[], object]) -> float:
    with measure.undone():
        return measure.once(run)


def _import_in_own_process(cast: Cast, rows: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "roster.csv"
        file.write_text(_roster(cast, rows), encoding="utf-8")
        command = [sys.executable, "-m", "bench.importing", str(file)]
        command.append(cast.administrator.staff_number)
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _largest(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return int(cursor.fetchone()[0])


def _roster(cast: Cast, rows: int) -> str:
    heading = (
        "客户编号,客户姓名,性别,手机号码,VIP级别,重要客户,所属单位,客户经理工号,客户经理姓名,"
        "出生日期,生日历法,家庭住址,工作单位,成为VIP日期,最近沟通日期,最近沟通方式"
    )
    unit = cast.manager.unit.full_name if cast.manager.unit else ""
    reached = (clock.today() - timedelta(days=20)).isoformat()
    lines = [
        f"NEW{number:08d},王伟芳,女,189{number:08d},银卡,否,{unit},"
        f"{cast.manager.staff_number},{cast.manager.name},1980-05-06,公历,"
        f"人民路{number}号,某公司,2020-01-01,{reached},电话"
        for number in range(rows)
    ]
    return "\n".join([heading, *lines]) + "\n"


JOBS = (
    Job("flag job, nothing new", flag_nothing_new, "S", budget=2, goal=1.2),
    Job("flag job, 10,000 newly overdue", flag_newly_overdue, "S", budget=2.5, goal=1.5),
    Job("drafting a week, 800 customers", draft_a_week, "Y", budget=40, goal=25),
    Job("roster import, 10,000 rows", partial(import_roster, rows=10_000), "C", budget=8, goal=3),
    Job("roster import, 40,000 rows", partial(import_roster, rows=40_000), "C", budget=8, goal=3),
)
"""What is measured, in the order of the table."""
