"""One number in two spellings is one number: in memory, in the database, in forms."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from core.identity import identity, plain, without_invisible
from customers.models import Customer
from staff.models import Role, StaffUser, Unit
from staff.services import change_staff, create_staff, create_unit, save_unit
from tests.factories import CustomerFactory, StaffUserFactory

SPELLINGS = [
    "BJ70000003",
    "bj70000003",
    "Bj70000003",
    " BJ70000003\u3000",
    "ＢＪ７００００００３",
    "\u202aBJ70000003\u202c",
    "\u2066BJ70000003\u2069",
    "\ufeffBJ70000003",
    "BJ7\u00ad0000003",
    "BJ70000003\ufe0f",
    "BJ700\u200b00003\u200f",
    "BJ7000\u20600003",
    "BJ70000003\U000e0100",
    "\tBJ70000003\r\n",
    "bj\u180e70000003\x00",
    "BJ70000003\ud800",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_number_has_one_identity(spelling: str) -> None:
    assert identity(spelling) == "bj70000003"
    assert plain(spelling).upper() == "BJ70000003"


@pytest.mark.parametrize("other", ["BJ7000000З", "BJ70000003X", "BJ-70000003", "BJ7000 0003", ""])
def test_another_number_has_another_identity(other: str) -> None:
    assert identity(other) != "bj70000003"


def test_words_keep_one_space_between_them_and_nothing_unseen() -> None:
    assert without_invisible(" 滨江\u200b市  分公司\u3000") == "滨江市 分公司"
    assert plain("ＡＢ Ｃ") == "AB C"


def test_the_database_refuses_a_second_customer_whose_number_differs_only_so(
    manager: StaffUser,
) -> None:
    CustomerFactory(number="BJ70000003", manager=manager)
    for spelling in ("bj70000003", "ＢＪ70000003"):
        with pytest.raises(IntegrityError), transaction.atomic():
            CustomerFactory(number=spelling, manager=manager)
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_customer_is_found_by_every_spelling(manager: StaffUser, spelling: str) -> None:
    customer = CustomerFactory(number="BJ70000003", manager=manager)
    assert Customer.objects.by_number([spelling]) == {"bj70000003": customer.pk}


def test_a_double_from_before_is_kept_and_the_number_means_the_other(manager: StaffUser) -> None:
    double = CustomerFactory(number="bj7", manager=manager)
    Customer.objects.filter(pk=double.pk).update(number_key=None)
    first = CustomerFactory(number="BJ7", manager=manager)
    assert Customer.objects.by_number(["bj7"]) == {"bj7": first.pk}
    double.refresh_from_db()
    double.name = "改名"
    double.save()
    double.refresh_from_db()
    assert (double.number_key, double.name) == (None, "改名")


@pytest.mark.parametrize(("model", "number"), [(Customer, "number"), (StaffUser, "staff_number")])
def test_a_look_up_by_number_is_one_statement_by_indexes(
    manager: StaffUser, model: Any, number: str, django_assert_num_queries: Any
) -> None:
    wanted = model.objects.numbered([f"n{place}" for place in range(50)])
    with django_assert_num_queries(1):
        assert list(wanted) == []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = wanted.order_by().explain()
    assert "SCAN" not in plan.replace("Bitmap", "").upper().replace("INDEX SCAN", "").replace(
        "HEAP SCAN", ""
    )
    assert f"{number}_key" in plan or "_number_once" in plan


def test_the_form_refuses_a_number_in_another_spelling(
    signed_in: Callable[[StaffUser], Client], manager: StaffUser, supervisor: StaffUser
) -> None:
    CustomerFactory(number="BJ70000003", manager=manager)
    form = {
        "name": "新人",
        "tier": "gold",
        "vip_since": "2024-01-01",
        "manager": manager.pk,
        "unit": manager.unit_id,
    }
    client, url = signed_in(supervisor), reverse("customers:customer_create")
    for number in ("bj70000003", "ＢＪ70000003\u200b", "\u200b"):
        answer = client.post(url, {**form, "number": number})
        assert answer.status_code == 422
        assert "number" in answer.context["form"].errors
    assert client.post(url, {**form, "number": "\u202aＢＪ8\u202c"}).status_code == 302
    assert Customer.objects.filter(number="BJ8").exists()


@pytest.mark.parametrize(
    ("app", "model", "column", "module"),
    [
        ("customers", "Customer", "number", "customers.migrations.0011_number_once"),
        ("staff", "StaffUser", "staff_number", "staff.migrations.0009_staff_number_once"),
    ],
)
def test_the_migration_keeps_doubles_and_gives_the_number_to_one(
    manager: StaffUser, app: str, model: str, column: str, module: str
) -> None:
    made = []
    for number in ("x7", "X7", "Ｙ8"):
        if model == "Customer":
            row: Customer | StaffUser = CustomerFactory(number=number, manager=manager)
        else:
            row = StaffUserFactory(staff_number=number)
        type(row)._default_manager.filter(pk=row.pk).update(**{f"{column}_key": None})
        made.append(row)
    with connection.schema_editor() if connection.vendor != "sqlite" else _Nothing() as editor:
        fill = import_module(module).fill
        fill(apps, editor)
        fill(apps, editor)
    keys = []
    for row in made:
        row.refresh_from_db()
        keys.append(getattr(row, f"{column}_key"))
    assert keys == ["x7", None, "y8"]


class _Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *args: object) -> None:
        return None


def test_staff_are_told_apart_by_identity(administrator: StaffUser, manager: StaffUser) -> None:
    made = create_staff(
        actor=administrator,
        staff_number=" Ｍ1006\u200b",
        name="李",
        role=Role.MANAGER,
        unit=manager.unit,
    )
    assert made.staff_number == "M1006"
    with pytest.raises(ValidationError, match="already"):
        create_staff(
            actor=administrator,
            staff_number="m1006",
            name="张",
            role=Role.MANAGER,
            unit=manager.unit,
        )
    manager.staff_number = "m1006"
    with pytest.raises(ValidationError, match="already"):
        change_staff(actor=administrator, user=manager)
    made.staff_number = "m1006"
    change_staff(actor=administrator, user=made)
    made.staff_number = "M2\u00ad000"
    change_staff(actor=administrator, user=made)
    assert list(StaffUser.objects.numbered(["ｍ2000"])) == [made]
    assert StaffUser.objects.named("m200").get() == made


def test_units_are_told_apart_by_identity(administrator: StaffUser, manager: StaffUser) -> None:
    assert manager.unit is not None
    city = manager.unit.parent
    for name in ("东城区\ufeff", "ＶＩＰ部"):
        if name.startswith("东"):
            with pytest.raises(ValidationError, match="already"):
                create_unit(actor=administrator, name=name, parent=city)
            continue
        assert create_unit(actor=administrator, name=name, parent=city).name == "VIP部"
    with pytest.raises(ValidationError, match="already"):
        save_unit(actor=administrator, unit=Unit(name="vip部", parent=city))
