"""Fills an empty database with N customers, 20 contact records each and N/500 managers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection

from core import clock
from customers.models import Customer
from customers.rules import add_months, search_words
from staff import services
from staff.models import Role, StaffUser, Unit

CUSTOMERS_A_MANAGER = 500
MANAGERS_A_UNIT = 60
RECORDS_A_CUSTOMER = 20
DAYS_BETWEEN_RECORDS = 17
CUSTOMERS_AT_ONCE = 20_000
FILLED = (
    "customers_customer",
    "customers_profile",
    "customers_customerphone",
    "customers_searchentry",
    "customers_tierchange",
    "customers_managerchange",
    "contacts_contactrecord",
)
"""The large tables: their indexes are made after the rows, which is several times faster."""

# Characters, pinyin and share of a hundred: about as often as in China.
SURNAMES = """
王 wang 72|李 li 72|张 zhang 68|刘 liu 54|陈 chen 45|杨 yang 31|黄 huang 22|赵 zhao 23
吴 wu 20|周 zhou 19|徐 xu 17|孙 sun 15|马 ma 13|朱 zhu 13|胡 hu 13|郭 guo 12
何 he 12|林 lin 12|高 gao 11|罗 luo 10|郑 zheng 10|梁 liang 9|谢 xie 8|宋 song 8
唐 tang 7|许 xu 7|韩 han 7|冯 feng 6|邓 deng 6|曹 cao 6|彭 peng 6|曾 zeng 6
肖 xiao 6|田 tian 5|董 dong 5|袁 yuan 5|潘 pan 5|于 yu 5|蒋 jiang 5
"""
GIVEN = """
伟 wei 3|芳 fang 3|娜 na 2|秀 xiu 3|敏 min 3|静 jing 3|丽 li 3|强 qiang 3
磊 lei 3|军 jun 3|洋 yang 2|勇 yong 2|艳 yan 2|杰 jie 3|涛 tao 2|明 ming 3
超 chao 2|兰 lan 2|霞 xia 2|平 ping 3|刚 gang 2|桂 gui 2|英 ying 3|华 hua 3
玉 yu 3|红 hong 3|建 jian 3|国 guo 3|志 zhi 3|文 wen 3|海 hai 3|林 lin 2
春 chun 2|云 yun 2|飞 fei 2|鹏 peng 2|宇 yu 2|浩 hao 2|婷 ting 2|雪 xue 2
梅 mei 2|琴 qin 2|波 bo 2|斌 bin 2|辉 hui 2|峰 feng 2|龙 long 2|晓 xiao 3
佳 jia 2|欣 xin 2|思 si 2|雨 yu 2|子 zi 2|一 yi 1|俊 jun 2
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Cast:
    """Whom the pages are measured as, and what they look for."""

    manager: StaffUser
    supervisor: StaffUser
    head_office: StaffUser
    administrator: StaffUser


def find_cast() -> Cast:
    """Return the cast of a filled database."""
    people = StaffUser.objects
    return Cast(
        manager=people.get(staff_number="M00000"),
        supervisor=people.get(staff_number="S00000"),
        head_office=people.get(staff_number="H1"),
        administrator=people.get(staff_number="A1"),
    )


def count_customers() -> int:
    """Return N of a filled database."""
    return Customer.objects.count()


def fill(customers: int) -> None:
    """Fill the database of the present connection."""
    managers = _people(max(customers // CUSTOMERS_A_MANAGER, 1))
    rows = _customers(customers, managers, clock.today())
    with _quickly(FILLED):
        while some := list(islice(rows, CUSTOMERS_AT_ONCE)):
            _copy_customers(some)
        _contact_records()
    _prepare_statistics()


@contextmanager
def _quickly(tables: Sequence[str]) -> Iterator[None]:
    """Fill ``tables`` without their indexes and unchecked; make the indexes afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE contype = 'u' AND conrelid::regclass::text = ANY(%s)",
            [list(tables)],
        )
        constraints = cursor.fetchall()
        for table, name, _definition in constraints:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE NOT indisprimary AND indrelid::regclass::text = ANY(%s)",
            [list(tables)],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        for table, name, definition in constraints:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("SET maintenance_work_mem = DEFAULT")


def _people(count: int) -> list[StaffUser]:
    """Make units, managers, a supervisor for each unit and the others; return the managers."""
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

    managers = [
        person(f"M{n:05d}", Role.MANAGER, units[n // MANAGERS_A_UNIT]) for n in range(count)
    ]
    others = [person(f"S{n:05d}", Role.SUPERVISOR, unit) for n, unit in enumerate(units)]
    others += [person("H1", Role.HEAD_OFFICE, None), person("A1", Role.ADMINISTRATOR, None)]
    StaffUser.objects.bulk_create(managers + others)
    return managers


def _customers(count: int, managers: Sequence[StaffUser], today: date) -> Iterator[Row]:
    """Yield plain rows: one in ten overdue, the rest spread over their interval."""
    chance = random.Random(20261123)
    surnames, given = _Characters(SURNAMES, chance), _Characters(GIVEN, chance)
    for number in range(1, count + 1):
        manager = managers[(number - 1) % len(managers)]
        tier = chance.choices(["diamond", "gold", "silver"], [1, 4, 15])[0]
        months = 3 if tier == "silver" else 1
        late = chance.random() < 0.1
        last = today - timedelta(days=chance.randint(0, 28 * months) + (40 if late else 0))
        # One name in seven has two characters.
        characters = [surnames.one(), *(given.one() for _ in range(1 + (chance.random() > 0.15)))]
        key = tier == "diamond"
        yield {
            "id": number,
            "number": f"BJ{number:08d}",
            "name": "".join(character for character, _ in characters),
            "syllables": [syllable for _, syllable in characters],
            "unit_id": manager.unit_id,
            "manager_id": manager.pk,
            "tier": tier,
            "is_key": key,
            # Every number once, and any four digits about equally often.
            "phone": f"1{chance.choice('35789')}{number * 618_033_989 % 10**9:09d}",
            "last": last,
            "due": add_months(last, months),
            "visit_due": add_months(last, 3) if key else None,
            "birth_month": chance.randint(1, 12),
            "birth_day": chance.randint(1, 28),
        }


class _Characters:
    """Characters with their pinyin, each as often as the table says."""

    def __init__(self, table: str, chance: random.Random) -> None:
        entries = [entry.split() for entry in table.replace("\n", "|").split("|") if entry]
        self._choices = [(character, syllable) for character, syllable, _share in entries]
        self._shares = [int(share) for _character, _syllable, share in entries]
        self._chance = chance
        self._drawn: list[tuple[str, str]] = []

    def one(self) -> tuple[str, str]:
        """Draw one, of a handful drawn at once."""
        if not self._drawn:
            self._drawn = self._chance.choices(self._choices, self._shares, k=10_000)
        return self._drawn.pop()


def _copy_customers(rows: Sequence[Row]) -> None:
    now, vip_since = clock.now(), date(2020, 1, 1)
    _copy(
        "customers_customer",
        "id number number_key name gender unit_id manager_id tier is_key key_since status "
        "vip_since birth_calendar birth_year birth_month birth_day birth_leap_month "
        "preferred_channel has_open_complaint last_contact_on last_visit_on contact_due_on "
        "visit_due_on created_at updated_at version",
        (
            (
                *(
                    row["id"],
                    row["number"],
                    row["number"].casefold(),
                    row["name"],
                    "male",
                    row["unit_id"],
                ),
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
    """Twenty records a customer, made by the server; the newest one is the last contact.

    The oldest come first, as they do in life: those of one customer lie far from each other.
    """
    with connection.cursor() as cursor:
        for step in reversed(range(RECORDS_A_CUSTOMER)):
            cursor.execute(RECORDS, [step * DAYS_BETWEEN_RECORDS])


RECORDS = """
    INSERT INTO contacts_contactrecord (
        customer_id, manager_id, unit_id, recorded_by_id, recorded_as, source, channel,
        direction, outcome, occasion, happened_at, happened_on, date_only, recorded_at,
        is_late, duration_seconds, summary, place, is_automatic, is_broadcast, is_counted,
        text_key, void_reason, updated_at)
    SELECT id, manager_id, unit_id, manager_id, 'manager', 'manual',
        CASE WHEN is_key THEN 'visit' ELSE 'phone' END, 'outgoing', 'reached', 'regular',
        moment, moment::date, false, moment + interval '5 minutes', false, 120,
        '客户对套餐满意,下月再联系。', '', false, false, true, '', '',
        moment + interval '5 minutes'
    FROM (
        SELECT *, (last_contact_on - %s)::timestamp
            + interval '2 hours' + (id %% 300) * interval '1 minute' AS moment
        FROM customers_customer
    ) AS planned
"""


def _prepare_statistics() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('customers_customer', 'id'),"
            " (SELECT max(id) FROM customers_customer))"
        )
        cursor.execute("VACUUM (FREEZE, ANALYZE)")
