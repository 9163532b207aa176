"""What is measured: the pages and jobs of the budgets, each beside its yardstick."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.contrib.auth import BACKEND_SESSION_KEY as BACKEND_KEY
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from bench import measure
from bench.fill import Cast, fill
from bench.server import Answer, Server, running
from contacts.services.flags import flag_overdue
from core import clock
from core.pagination import PAGE_SIZE, keyset_page
from customers.models import Customer
from staff.models import StaffUser

IMPORT_ROWS = 10_000
NEWLY_OVERDUE = 10_000
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


def run(customers: int, requests: int, environment: dict[str, str]) -> dict[str, Any]:
    """Fill, measure, and return all figures."""
    cast = fill(customers)
    flag_overdue()
    with running(environment) as server:
        yardstick = measure.measure_page(lambda: server.get("/yardstick"), requests)
        pages = {
            name: _as_ratios(measure.measure_page(ask, requests), yardstick, budget)
            for name, (ask, budget) in _pages(server, cast).items()
        }
        memory = server.memory_of_workers()
    return {
        "customers": customers,
        "yardstick_ms": yardstick.p50 * 1000,
        "pages": pages,
        "jobs": _jobs(cast),
        "memory_mb": memory,
    }


def session_of(user: StaffUser) -> str:
    """Return the key of a new session in which ``user`` is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_KEY] = "staff.auth.StaffBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _pages(server: Server, cast: Cast) -> dict[str, tuple[Callable[[], Answer], float]]:
    """Return each page's request and its budget in Y."""
    manager, head = session_of(cast.manager), session_of(cast.head_office)
    supervisor = session_of(cast.supervisor)
    customer = Customer.objects.filter(manager=cast.manager).earliest("pk")
    listed, day = reverse("customers:customer_list"), reverse("portfolio:my_day")
    page = reverse("customers:customer_detail", args=[customer.pk])
    log = reverse("contacts:contact_log", args=[customer.pk])
    digits = customer.phones.get().number[-4:]

    def get(path: str, session: str) -> Callable[[], Answer]:
        return lambda: server.get(path, session)

    def log_a_contact() -> Answer:
        form = (
            f"submission_key={uuid4()}&channel=phone&outcome=reached&occasion=regular"
            "&direction=outgoing&summary=ok"
        )
        return server.post(log, manager, form)

    thousandth = f"{listed}?cursor={_thousandth_cursor()}"
    return {
        "My day": (get(day, manager), 30),
        "customer list, manager": (get(listed, manager), 25),
        "customer list, head office": (get(listed, head), 25),
        "list by tier, unit, due": (
            get(f"{listed}?tier=gold&unit={cast.supervisor.unit_id}&due=overdue", head),
            25,
        ),
        "page 1,000 of the list": (get(thousandth, head), 25),
        "search, two characters": (get(f"{listed}?q=%E7%8E%8B%E4%BC%9F", head), 25),
        "search, pinyin": (get(f"{listed}?q=wangwei", head), 25),
        "search, four digits of a phone": (get(f"{listed}?q={digits}", manager), 25),
        "customer page": (get(page, manager), 30),
        "supervisor's board": (get(reverse("portfolio:board"), supervisor), 40),
        "log a contact": (log_a_contact, 15),
    }


def _thousandth_cursor() -> str:
    """The cursor of page 1,000, or of the last but one where there are fewer."""
    order = ("contact_due_on", "pk")
    rows = Customer.objects.active().order_by(*order)
    skip = min(999 * PAGE_SIZE, max(rows.count() - 2 * PAGE_SIZE, 0))
    last = rows[skip : skip + 1].get()
    before = rows.filter(contact_due_on=last.contact_due_on, pk__lte=last.pk).reverse()
    page = keyset_page(before | rows.filter(contact_due_on__gt=last.contact_due_on), order=order)
    return page.next_cursor or ""


def _as_ratios(
    page: measure.PageFigures, yardstick: measure.PageFigures, budget: float
) -> dict[str, float]:
    figures = asdict(page)
    for key in ("p50", "p95"):
        figures[key] /= yardstick.p50
        figures[f"{key}_of_4"] /= yardstick.p50_of_4
    return {**figures, "budget": budget}


def _jobs(cast: Cast) -> dict[str, Any]:
    today, now = clock.today(), clock.now()
    parameters = [today, now, today, today]
    flag_overdue()
    idle, idle_by_hand = (
        measure.best_of(flag_overdue),
        measure.best_of(lambda: measure.statement(JOB_FLAGS, parameters)),
    )
    _make_overdue()
    busy = measure.best_of(flag_overdue)
    busy_by_hand = measure.best_of(lambda: measure.statement(JOB_FLAGS, parameters))
    imported, copied = _import(cast)
    return {
        "flag job, 10,000 newly overdue": _job(busy, busy_by_hand, "S", 2.5),
        "flag job, nothing new": _job(idle, idle_by_hand, "S", 2),
        "roster import, 10,000 rows": _job(imported, copied, "C", 8),
    }


def _job(seconds: float, by_hand: float, yardstick: str, budget: float) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "ratio": seconds / by_hand,
        "yardstick": yardstick,
        "budget": budget,
    }


def _make_overdue() -> None:
    yesterday = clock.today() - timedelta(days=1)
    due = Customer.objects.active().filter(contact_due_on__gt=yesterday).order_by("pk")
    ids = list(due.values_list("pk", flat=True)[:NEWLY_OVERDUE])
    Customer.objects.filter(pk__in=ids).update(contact_due_on=yesterday)
    measure.statement("ANALYZE customers_customer")


def _import(cast: Cast) -> tuple[float, float]:
    """Import new customers; then take them out and COPY the same rows in."""
    last = Customer.objects.latest("pk").pk
    last_entry = _largest("core_auditentry")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "roster.csv"
        file.write_text(_roster(cast), encoding="utf-8")
        seconds = measure.once(
            lambda: call_command(
                "import_roster", str(file), actor=cast.administrator.staff_number, verbosity=0
            )
        )
    made = Customer.objects.filter(pk__gt=last).count()
    if made != IMPORT_ROWS:
        raise RuntimeError(f"{made} customers were imported instead of {IMPORT_ROWS}.")
    condition = f"customer_id > {last}"
    rows = measure.copied_out(
        {
            "customers_customer": f"id > {last}",
            "customers_profile": condition,
            "customers_customerphone": condition,
            "customers_customeraddress": condition,
            "customers_searchentry": condition,
            "customers_tierchange": condition,
            "customers_managerchange": condition,
            "contacts_contactrecord": condition,
            "core_auditentry": f"id > {last_entry}",
        }
    )
    # The trail refuses to lose entries; this database is thrown away.
    measure.statement("ALTER TABLE core_auditentry DISABLE TRIGGER core_auditentry_stays")
    for table in reversed(rows):
        key = "id" if table in ("customers_customer", "core_auditentry") else "customer_id"
        first = last_entry if table == "core_auditentry" else last
        measure.statement(f"DELETE FROM {table} WHERE {key} > {first}")
    measure.statement("ALTER TABLE core_auditentry ENABLE TRIGGER core_auditentry_stays")
    return seconds, measure.best_of(lambda: measure.copy_in(rows))


def _largest(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return int(cursor.fetchone()[0])


def _roster(cast: Cast) -> str:
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
        for number in range(IMPORT_ROWS)
    ]
    return "\n".join([heading, *lines]) + "\n"
