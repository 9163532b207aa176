"""Whole numbers at a click: for whom, one at a time, and always written down."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from customers.models import Customer, CustomerPhone
from staff.models import StaffUser
from tests.factories import CustomerFactory

SignIn = Callable[[StaffUser], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    customer = CustomerFactory(name="王伟芳", manager=manager, phone="13812345678")
    CustomerPhone.objects.create(customer=customer, number="13900001111", position=1)
    return customer


def url_of(phone: CustomerPhone, customer: Customer | None = None) -> str:
    pk = customer.pk if customer else phone.customer_id
    return reverse("customers:phone_reveal", args=[pk, phone.pk])


def entries() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(verb="phone.revealed"))


def test_a_supervisor_sees_one_number_whole_and_it_is_audited(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    phone = customer.phones.get(number="13812345678")
    page = signed_in(supervisor).post(url_of(phone), headers=HTMX).content.decode()
    assert page.lstrip().startswith("<section")
    assert 'id="_customer_phones"' in page
    assert "13812345678" in page
    assert "13900001111" not in page
    assert "139****1111" in page
    (entry,) = entries()
    assert (entry.actor, entry.customer_id, entry.object_id) == (
        supervisor,
        customer.pk,
        phone.pk,
    )
    assert "13812345678" not in str(entry.changes)


def test_every_showing_is_an_entry(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    phone = customer.phones.get(number="13812345678")
    client = signed_in(supervisor)
    for _ in range(2):
        client.post(url_of(phone), headers=HTMX)
    assert len(entries()) == 2


def test_without_scripts_the_whole_page_comes(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    phone = customer.phones.get(number="13812345678")
    page = signed_in(supervisor).post(url_of(phone)).content.decode()
    assert "<html" in page
    assert "13812345678" in page
    assert len(entries()) == 1


@pytest.mark.parametrize(
    "role", ["head_office", "handler", "administrator", "colleague", "other_manager", "outsider"]
)
def test_nobody_else_sees_it(
    role: str,
    customer: Customer,
    supervisor: StaffUser,
    request: pytest.FixtureRequest,
    signed_in: SignIn,
) -> None:
    phone = customer.phones.get(number="13812345678")
    response = signed_in(request.getfixturevalue(role)).post(url_of(phone), headers=HTMX)
    assert response.status_code == 404
    assert "13812345678" not in response.content.decode()
    assert entries() == []
    assert signed_in(supervisor).post(url_of(phone), headers=HTMX).status_code == 200


def test_the_number_must_be_this_customers(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    other = CustomerFactory(manager=manager, phone="13711112222")
    phone = other.phones.get()
    client = signed_in(supervisor)
    assert client.post(url_of(phone, customer), headers=HTMX).status_code == 404
    assert entries() == []


def test_reading_reveals_nothing(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    phone = customer.phones.get(number="13812345678")
    assert signed_in(supervisor).get(url_of(phone)).status_code == 405
    assert entries() == []
