"""Fills an empty database with N customers, 20 contact records each and N/500 managers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection

from core import clock
from customers.rules import add_months, search_words
from staff import services
from staff.models import Role, StaffUser, Unit

CUSTOMERS_A_MANAGER = 500
MANAGERS_A_UNIT = 60
RECORDS_A_CUSTOMER = 20
DAYS_BETWEEN_RECORDS = 17

SURNAMES = [("王", "wang"), ("李", "li"), ("张", "zhang"), ("刘", "liu"), ("陈", "chen")]
SURNAMES += [("杨", "yang"), ("赵", "zhao"), ("黄", "huang"), ("周", "zhou"), ("吴", "wu")]
GIVEN = [("伟", "wei"), ("芳", "fang"), ("娜", "na"), ("秀", "xiu"), ("敏", "min"), ("静", "jing")]
GIVEN += [("丽", "li"), ("强", "qiang"), ("磊", "lei"), ("军", "jun"), ("洋", "yang")]
GIVEN += [("勇", "yong"), ("艳", "yan"), ("杰", "jie"), ("涛", "tao"), ("明", "ming")]


@dataclass(frozen=True)
class Cast:
    """Whom the pages are measured as, and what they look for."""

    manager: StaffUser
    supervisor: StaffUser
    head_office: StaffUser
    administrator: StaffUser


def fill(customers: int) -> Cast:
    """Fill the database of the present connection; return the cast."""
    today = clock.today()
    managers, supervisors, cast_rest = _people(max(customers // CUSTOMERS_A_MANAGER, 1))
    units = {manager.pk: manager.unit_id for manager in managers}
    rows = list(_customers(customers, [manager.pk for manager in managers], units, today))
    _copy_customers(rows)
    _contact_records()
    _analyze()
    return Cast(managers[0], supervisors[0], *cast_rest)


def _people(count: int) -> tuple[list[StaffUser], list[StaffUser], tuple[StaffUser, StaffUser]]:
    city = services.create_unit(actor=None, name="滨江市")
    units = [
        services.create_unit(actor=None, name=f"第{number}区", parent=city)
        for number in range(-(-count // MANAGERS_A_UNIT))
    ]
    password = make_password(None)

    def person(number: str, role: Role, unit: Unit | None) -> StaffUser:
        return StaffUser(
            staff_number=number, name=f"员工{number}", role=role, unit=unit, password=password
        )

    managers = StaffUser.objects.bulk_create(
        person(f"M{n:05d}", Role.MANAGER, units[n // MANAGERS_A_UNIT]) for n in range(count)
    )
    supervisors = StaffUser.objects.bulk_create(
        person(f"S{n:05d}", Role.SUPERVISOR, unit) for n, unit in enumerate(units)
    )
    head_office = person("H1", Role.HEAD_OFFICE, None)
    administrator = person("A1", Role.ADMINISTRATOR, None)
    StaffUser.objects.bulk_create([head_office, administrator])
    return managers, supervisors, (head_office, administrator)


def _customers(
    count: int, managers: list[int], units: dict[int, int | None], today: date
) -> Iterator[dict[str, Any]]:
    """Yield plain rows: one in ten overdue, the rest spread over their interval."""
    chance = random.Random(20261123)
    for number in range(1, count + 1):
        manager = managers[(number - 1) % len(managers)]
        tier = chance.choices(["diamond", "gold", "silver"], [1, 4, 15])[0]
        months = 3 if tier == "silver" else 1
        late = chance.random() < 0.1
        last = today - timedelta(days=chance.randint(0, 28 * months) + (40 if late else 0))
        characters = [chance.choice(SURNAMES), chance.choice(GIVEN), chance.choice(GIVEN)]
        key = tier == "diamond"
        yield {
            "id": number,
            "number": f"BJ{number:08d}",
            "name": "".join(character for character, _ in characters),
            "syllables": [syllable for _, syllable in characters],
            "unit_id": units[manager],
            "manager_id": manager,
            "tier": tier,
            "is_key": key,
            "phone": f"1{chance.choice('35789')}{number:09d}",
            "last": last,
            "due": add_months(last, months),
            "visit_due": add_months(last, 3) if key else None,
            "birth_month": chance.randint(1, 12),
            "birth_day": chance.randint(1, 28),
        }


def _copy_customers(rows: list[dict[str, Any]]) -> None:
    now, vip_since = clock.now(), date(2020, 1, 1)
    _copy(
        "customers_customer",
        "id number name gender unit_id manager_id tier is_key key_since status vip_since "
        "birth_calendar birth_year birth_month birth_day birth_leap_month preferred_channel "
        "has_open_complaint last_contact_on last_visit_on contact_due_on visit_due_on "
        "created_at updated_at version",
        (
            (
                *(row["id"], row["number"], row["name"], "male", row["unit_id"]),
                *(row["manager_id"], row["tier"], row["is_key"]),
                *(vip_since if row["is_key"] else None, "active", vip_since, "solar", 1980),
                *(row["birth_month"], row["birth_day"], False, "phone", False, row["last"]),
                *(row["last"] if row["is_key"] else None, row["due"], row["visit_due"]),
                *(now, now, 1),
            )
            for row in rows
        ),
    )
    _copy(
        "customers_profile",
        "customer_id id_province character sports rewards occupation employer position "
        "family_background remarks imported_extra",
        ((r["id"], "江苏省", "稳重", "钓鱼", "", "", "某公司", "", "", "", "{}") for r in rows),
    )
    _copy(
        "customers_customerphone",
        "customer_id number kind position",
        ((row["id"], row["phone"], "mobile", 0) for row in rows),
    )
    _copy(
        "customers_searchentry",
        "customer_id words phones",
        (
            (r["id"], search_words(r["name"], r["number"], r["syllables"]), f" {r['phone']} ")
            for r in rows
        ),
    )
    _copy(
        "customers_tierchange",
        "customer_id old_tier tier effective_on changed_at reason",
        ((row["id"], "", row["tier"], vip_since, now, "") for row in rows),
    )
    _copy(
        "customers_managerchange",
        "customer_id manager_id unit_id effective_on changed_at reason",
        ((r["id"], r["manager_id"], r["unit_id"], vip_since, now, "") for r in rows),
    )


def _copy(table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
    names = ", ".join(f'"{name}"' for name in columns.split())
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _contact_records() -> None:
    """Twenty records a customer, made by the server; the newest one is the last contact."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO contacts_contactrecord (
                customer_id, manager_id, unit_id, recorded_by_id, recorded_as, source, channel,
                direction, outcome, occasion, happened_at, happened_on, date_only, recorded_at,
                is_late, duration_seconds, summary, place, is_automatic, is_broadcast, is_counted,
                text_key, void_reason)
            SELECT id, manager_id, unit_id, manager_id, 'manager', 'manual',
                CASE WHEN is_key THEN 'visit' ELSE 'phone' END, 'outgoing', 'reached', 'regular',
                moment, moment::date, false, moment + interval '5 minutes', false, 120,
                '客户对套餐满意,下月再联系。', '', false, false, true, '', ''
            FROM (
                SELECT c.*, (c.last_contact_on - step * %s)::timestamp
                    + interval '2 hours' + (c.id %% 300) * interval '1 minute' AS moment
                FROM customers_customer c, generate_series(0, %s) AS step
            ) AS planned
            """,
            [DAYS_BETWEEN_RECORDS, RECORDS_A_CUSTOMER - 1],
        )


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('customers_customer', 'id'),"
            " (SELECT max(id) FROM customers_customer))"
        )
        cursor.execute("VACUUM ANALYZE")
