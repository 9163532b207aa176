"""Confirming one fact as it is: by whom, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from core.models import AuditEntry
from customers.models import Customer, FactConfirmation
from staff.models import StaffUser
from tests.factories import CustomerFactory

SignIn = Callable[[StaffUser], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(manager=manager, profile={"sports": "羽毛球"})


def url_of(customer: Customer, fact: str = "sports") -> str:
    return reverse("customers:fact_confirm", args=[customer.pk, fact])


def test_the_manager_confirms_a_fact_and_the_profile_comes_back(
    customer: Customer, manager: StaffUser, signed_in: SignIn
) -> None:
    page = signed_in(manager).post(url_of(customer), headers=HTMX).content.decode()
    assert 'id="_customer_facts"' in page
    confirmation = FactConfirmation.objects.get(customer=customer)
    assert (confirmation.fact, confirmation.confirmed_by) == ("sports", manager)
    assert confirmation.confirmed_on == clock.today()
    entry = AuditEntry.objects.get(verb="customer.fact_confirmed")
    assert (entry.actor, entry.customer_id) == (manager, customer.pk)
    assert entry.changes == {"sports": [None, clock.today().isoformat()]}


def test_twice_is_once(customer: Customer, manager: StaffUser, signed_in: SignIn) -> None:
    client = signed_in(manager)
    for _ in range(2):
        assert client.post(url_of(customer)).status_code == 302
    assert FactConfirmation.objects.count() == 1
    assert AuditEntry.objects.filter(verb="customer.fact_confirmed").count() == 1


def test_an_old_confirmation_is_renewed(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    FactConfirmation.objects.create(
        customer=customer, fact="sports", confirmed_on=date(2020, 1, 1), confirmed_by=manager
    )
    signed_in(supervisor).post(url_of(customer), headers=HTMX)
    confirmation = FactConfirmation.objects.get(customer=customer)
    assert (confirmation.confirmed_on, confirmation.confirmed_by) == (clock.today(), supervisor)


@pytest.mark.parametrize("fact", ["rewards", "shoe_size", "name"])
def test_what_is_not_known_cannot_be_confirmed(
    customer: Customer, manager: StaffUser, signed_in: SignIn, fact: str
) -> None:
    assert signed_in(manager).post(url_of(customer, fact), headers=HTMX).status_code == 404
    assert not FactConfirmation.objects.exists()


@pytest.mark.parametrize(
    "role", ["head_office", "handler", "administrator", "colleague", "other_manager", "outsider"]
)
def test_nobody_else_confirms(
    role: str,
    customer: Customer,
    manager: StaffUser,
    request: pytest.FixtureRequest,
    signed_in: SignIn,
) -> None:
    other = signed_in(request.getfixturevalue(role))
    assert other.post(url_of(customer), headers=HTMX).status_code == 404
    assert not FactConfirmation.objects.exists()
    assert signed_in(manager).post(url_of(customer), headers=HTMX).status_code == 200
