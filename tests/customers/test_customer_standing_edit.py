"""Tier, key mark, manager and leaving of one customer: by the supervisor of the unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from customers.models import Customer, Tier
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CoverFactory, CustomerFactory

SignIn = Callable[[StaffUser], Client]

TIER = {"change": "tier", "tier-tier": "diamond", "tier-on": "2026-11-20", "tier-reason": "升级"}
KEY = {"change": "key", "key-is_key": "yes", "key-on": "2026-11-20"}


@pytest.fixture(autouse=True)
def _a_monday_in_november() -> Any:
    with time_machine.travel("2026-11-23T10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(
        name="王伟芳",
        manager=manager,
        tier=Tier.SILVER,
        vip_since=date(2026, 1, 1),
        last_contact_on=date(2026, 10, 10),
    )


def url_of(customer: Customer) -> str:
    return reverse("customers:customer_standing_edit", args=[customer.pk])


def to_manager(person: StaffUser | None, unit_pk: int | str = "") -> dict[str, Any]:
    return {
        "change": "manager",
        "manager-manager": person.pk if person else "",
        "manager-unit": unit_pk,
        "manager-reason": "交接",
    }


def test_a_tier_is_changed_with_its_day_and_reason(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    assert signed_in(supervisor).post(url_of(customer), TIER).status_code == 302
    customer.refresh_from_db()
    # Silver to diamond on 20 November, last reached on 10 October: seven days from the change.
    assert (customer.tier, customer.contact_due_on) == ("diamond", date(2026, 11, 27))
    change = customer.tier_changes.last()
    assert change is not None
    assert (change.old_tier, change.effective_on, change.reason) == (
        "silver",
        date(2026, 11, 20),
        "升级",
    )
    assert AuditEntry.objects.get(verb="customer.tier_changed").actor == supervisor


def test_the_key_mark_starts_and_stops_the_second_clock(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(supervisor)
    client.post(url_of(customer), KEY)
    customer.refresh_from_db()
    assert (customer.is_key, customer.visit_due_on) == (True, date(2027, 2, 20))
    client.post(url_of(customer), {**KEY, "key-is_key": "no"})
    customer.refresh_from_db()
    assert (customer.is_key, customer.visit_due_on) == (False, None)


def test_another_manager_takes_over_and_the_former_sees_nothing(
    customer: Customer,
    manager: StaffUser,
    colleague: StaffUser,
    supervisor: StaffUser,
    signed_in: SignIn,
) -> None:
    due = customer.contact_due_on
    signed_in(supervisor).post(url_of(customer), to_manager(colleague))
    customer.refresh_from_db()
    assert (customer.manager, customer.contact_due_on) == (colleague, due)
    page = reverse("customers:customer_detail", args=[customer.pk])
    assert signed_in(manager).get(page).status_code == 404
    assert signed_in(colleague).get(page).status_code == 200


def test_into_the_pool_of_another_unit_of_the_supervisor(
    customer: Customer, city_supervisor: StaffUser, company: Company, signed_in: SignIn
) -> None:
    data = to_manager(None, company.other_district.pk)
    assert signed_in(city_supervisor).post(url_of(customer), data).status_code == 302
    customer.refresh_from_db()
    assert (customer.manager, customer.unit) == (None, company.other_district)


def test_it_leads_to_the_departure(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    page = signed_in(supervisor).get(url_of(customer)).content.decode()
    assert reverse("retention:departure_report", args=[customer.pk]) in page


@pytest.mark.parametrize(
    ("data", "form", "field"),
    [
        ({**TIER, "tier-reason": ""}, "tier", "reason"),
        ({**TIER, "tier-on": "2026-11-24"}, "tier", "on"),
        ({**TIER, "tier-on": "2025-12-31"}, "tier", "on"),
        ({**TIER, "tier-tier": "lead"}, "tier", "tier"),
        ({**KEY, "key-on": "2026-11-24"}, "key", "on"),
        (to_manager(None), "manager", "unit"),
    ],
)
def test_what_is_refused_is_said_at_its_field_and_nothing_changes(
    customer: Customer,
    supervisor: StaffUser,
    signed_in: SignIn,
    data: dict[str, str],
    form: str,
    field: str,
) -> None:
    before = Customer.objects.values().get(pk=customer.pk)
    response = signed_in(supervisor).post(url_of(customer), data)
    assert response.status_code == 422
    assert field in response.context["forms"][form].errors
    assert Customer.objects.values().get(pk=customer.pk) == before


def test_nobody_outside_the_unit_can_be_given_the_customer(
    customer: Customer,
    supervisor: StaffUser,
    other_manager: StaffUser,
    company: Company,
    signed_in: SignIn,
) -> None:
    client = signed_in(supervisor)
    for data in (to_manager(other_manager), to_manager(None, company.other_district.pk)):
        assert client.post(url_of(customer), data).status_code == 422
    assert other_manager.name not in client.get(url_of(customer)).content.decode()


@pytest.mark.parametrize(
    "role", ["manager", "colleague", "head_office", "handler", "administrator", "outsider"]
)
def test_only_the_units_supervisor_finds_the_page(
    role: str,
    customer: Customer,
    supervisor: StaffUser,
    request: pytest.FixtureRequest,
    signed_in: SignIn,
) -> None:
    client = signed_in(request.getfixturevalue(role))
    assert client.get(url_of(customer)).status_code == 404
    assert client.post(url_of(customer), TIER).status_code == 404
    customer.refresh_from_db()
    assert customer.tier == Tier.SILVER
    assert signed_in(supervisor).get(url_of(customer)).status_code == 200


def test_a_supervisor_who_only_covers_does_not_change_the_standing(
    supervisor: StaffUser, other_manager: StaffUser, signed_in: SignIn
) -> None:
    customer = CustomerFactory(manager=other_manager)
    CoverFactory(manager=other_manager, stand_in=supervisor)
    client = signed_in(supervisor)
    detail = reverse("customers:customer_detail", args=[customer.pk])
    assert url_of(customer) not in client.get(detail).content.decode()
    assert client.get(url_of(customer)).status_code == 404


def test_the_same_change_sent_twice_is_one(
    customer: Customer, supervisor: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(supervisor)
    for _ in range(2):
        assert client.post(url_of(customer), TIER).status_code == 302
    assert customer.tier_changes.count() == 2
    assert AuditEntry.objects.filter(verb="customer.tier_changed").count() == 1
