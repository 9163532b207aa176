"""What was stored before numbers had one form gets it, and is found (migration 0013)."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from contacts.models import CallEvent
from core.models import AuditEntry
from customers.models import Customer, CustomerPhone, LikenessKey, SearchEntry
from staff.models import StaffUser
from tests.contacts.calls_of import a_call, call_centre, tell
from tests.factories import CustomerFactory
from tests.pages import NOW

pytestmark = pytest.mark.usefixtures("frozen")


def store(table: str, column: str, pk: int, value: str) -> None:
    """Write past the model, as the rows were written then."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, pk])


def run(name: str) -> None:
    import_module(name).keep_in_one_form(apps, connection.schema_editor())


def test_stored_numbers_get_their_one_form_and_are_found(manager: StaffUser) -> None:
    name = "customers.migrations.0014_numbers_in_one_form"
    customer: Customer = CustomerFactory(manager=manager, phone="13812345678")
    named = CustomerFactory(manager=manager, name="买买提·吐尔逊")
    first = customer.phones.get()
    second = CustomerPhone.objects.create(customer=customer, number="01065123456", position=1)
    third = CustomerPhone.objects.create(customer=customer, number="10086123", position=2)
    store("customers_customerphone", "number", first.pk, "+8613812345678")
    store("customers_customerphone", "number", second.pk, "8613812345678")
    store("customers_customerphone", "number", third.pk, "0571-87654321")
    SearchEntry.objects.update(words="", phones="")
    LikenessKey.objects.all().delete()
    for _twice in range(2):
        run(name)
        numbers = list(customer.phones.order_by("position").values_list("number", flat=True))
        assert numbers == ["13812345678", "057187654321"]
    found = Customer.objects.all()
    manager.refresh_from_db()
    assert list(found.matching("maimaitituerxun", manager)) == [named]
    assert list(found.matching("0571 8765 4321", manager)) == [customer]
    assert LikenessKey.objects.filter(customer=customer).count() == 2
    assert not AuditEntry.objects.exists()


def test_calls_of_unknown_numbers_get_it_too(manager: StaffUser) -> None:
    [event] = tell(call_centre(), a_call("13900000000", NOW))
    store("contacts_callevent", "number", event.pk, "013900000000")
    run("contacts.migrations.0012_unknown_numbers_in_one_form")
    assert CallEvent.objects.get().number == "13900000000"


def test_the_numbers_of_people_get_it_too(manager: StaffUser) -> None:
    store("staff_staffuser", "phone", manager.pk, "+86 138-1234-5678")
    run("staff.migrations.0006_phones_in_one_form")
    manager.refresh_from_db()
    assert manager.phone == "13812345678"
