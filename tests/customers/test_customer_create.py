"""Taking in one customer by hand: by supervisors, within their units."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.models import AuditEntry
from customers.models import Customer, FactConfirmation
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CustomerFactory

SignIn = Callable[[StaffUser], Client]

CREATE = reverse("customers:customer_create")
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _a_monday_in_november() -> Any:
    with time_machine.travel("2026-11-23T10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def typed(manager: StaffUser) -> dict[str, Any]:
    return {
        "number": " BJ0001 ",
        "name": "王伟芳",
        "tier": "gold",
        "vip_since": "2026-11-20",
        "manager": manager.pk,
        "phone": "138 1234 5678",
        "gender": "female",
    }


def test_a_supervisor_adds_a_customer_for_a_manager(
    typed: dict[str, Any],
    manager: StaffUser,
    supervisor: StaffUser,
    company: Company,
    signed_in: SignIn,
) -> None:
    response = signed_in(supervisor).post(CREATE, typed)
    customer = Customer.objects.get()
    assert response["Location"] == reverse("customers:customer_detail", args=[customer.pk])
    assert (customer.number, customer.name, customer.manager) == ("BJ0001", "王伟芳", manager)
    assert customer.unit == company.district
    assert (customer.contact_due_on, customer.visit_due_on) == (date(2026, 12, 20), None)
    assert customer.phones.get().number == "13812345678"
    tier = customer.tier_changes.get()
    assert (tier.old_tier, tier.tier, tier.effective_on) == ("", "gold", date(2026, 11, 20))
    change = customer.manager_changes.get()
    assert (change.manager, change.unit, change.effective_on) == (
        manager,
        company.district,
        TODAY,
    )
    assert set(FactConfirmation.objects.values_list("fact", flat=True)) == {"gender", "phone"}
    assert Customer.objects.matching("wwf", manager).get() == customer
    entry = AuditEntry.objects.get(verb="customer.created")
    assert (entry.actor, entry.customer_id) == (supervisor, customer.pk)
    assert entry.changes["phone"] == [None, "138****5678"]


def test_into_the_pool_of_a_unit(
    typed: dict[str, Any], city_supervisor: StaffUser, company: Company, signed_in: SignIn
) -> None:
    data = {**typed, "manager": "", "unit": company.other_district.pk}
    assert signed_in(city_supervisor).post(CREATE, data).status_code == 302
    customer = Customer.objects.get()
    assert (customer.manager, customer.unit) == (None, company.other_district)


def test_a_key_customer_gets_both_clocks(
    typed: dict[str, Any], supervisor: StaffUser, signed_in: SignIn
) -> None:
    signed_in(supervisor).post(CREATE, {**typed, "is_key": "on"})
    customer = Customer.objects.get()
    assert (customer.key_since, customer.visit_due_on) == (TODAY, date(2027, 2, 23))


def test_the_same_form_sent_twice_is_one_customer(
    typed: dict[str, Any], supervisor: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(supervisor)
    first, second = client.post(CREATE, typed), client.post(CREATE, typed)
    assert first["Location"] == second["Location"]
    assert Customer.objects.count() == 1
    assert AuditEntry.objects.filter(verb="customer.created").count() == 1


def test_a_taken_number_is_refused_alike_whether_seen_or_not(
    typed: dict[str, Any],
    manager: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    signed_in: SignIn,
) -> None:
    CustomerFactory(number="SEEN", manager=manager, name="同事")
    CustomerFactory(number="HIDDEN", manager=outsider, name="外人")
    client = signed_in(supervisor)
    errors = []
    for number in ("SEEN", "HIDDEN"):
        response = client.post(CREATE, {**typed, "number": number})
        assert response.status_code == 422
        errors.append(response.context["form"].errors.as_json())
        assert "外人" not in response.content.decode()
    assert errors[0] == errors[1]
    assert Customer.objects.count() == 2


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"number": ""}, "number"),
        ({"name": ""}, "name"),
        ({"tier": "lead"}, "tier"),
        ({"vip_since": "2026-11-24"}, "vip_since"),
        ({"vip_since": "someday"}, "vip_since"),
        ({"joined_on": "2026-11-24"}, "joined_on"),
        ({"phone": "abc"}, "phone"),
        ({"manager": "", "unit": ""}, "unit"),
    ],
)
def test_what_is_refused_is_said_at_its_field(
    typed: dict[str, Any],
    supervisor: StaffUser,
    signed_in: SignIn,
    said: dict[str, str],
    field: str,
) -> None:
    response = signed_in(supervisor).post(CREATE, {**typed, **said})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Customer.objects.exists()


def test_managers_and_units_outside_cannot_be_chosen(
    typed: dict[str, Any],
    supervisor: StaffUser,
    other_manager: StaffUser,
    company: Company,
    signed_in: SignIn,
) -> None:
    client = signed_in(supervisor)
    page = client.get(CREATE).content.decode()
    assert other_manager.name not in page
    assert company.other_district.name not in page
    assert client.post(CREATE, {**typed, "manager": other_manager.pk}).status_code == 422
    outside = {**typed, "manager": "", "unit": company.other_district.pk}
    assert client.post(CREATE, outside).status_code == 422
    assert not Customer.objects.exists()


def test_a_manager_who_left_cannot_be_chosen(
    typed: dict[str, Any], manager: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    StaffUser.objects.filter(pk=manager.pk).update(is_active=False)
    assert signed_in(supervisor).post(CREATE, typed).status_code == 422


@pytest.mark.parametrize("role", ["manager", "head_office", "handler", "administrator"])
def test_only_supervisors_find_the_form(
    role: str,
    typed: dict[str, Any],
    supervisor: StaffUser,
    request: pytest.FixtureRequest,
    signed_in: SignIn,
) -> None:
    client = signed_in(request.getfixturevalue(role))
    assert client.get(CREATE).status_code == 404
    assert client.post(CREATE, typed).status_code == 404
    assert not Customer.objects.exists()
    assert signed_in(supervisor).get(CREATE).status_code == 200


# --- Somebody who is there already --------------------------------------------------------------


def test_a_likeness_warns_once_and_what_was_typed_stays(
    typed: dict[str, Any], colleague: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    there = CustomerFactory(manager=colleague, phone="13812345678")
    browser = signed_in(supervisor)
    answer = browser.post(CREATE, typed)
    assert answer.status_code == 422
    assert [one.customer for one in answer.context["alike"]] == [there]
    page = answer.content.decode()
    assert "138****5678" in page
    assert 'value="王伟芳"' in page
    assert Customer.objects.count() == 1
    again = browser.post(CREATE, {**typed, "somebody_else": str(there.pk + 1)})
    assert again.status_code == 422
    browser.post(CREATE, {**typed, "somebody_else": str(there.pk)})
    assert Customer.objects.count() == 2


def test_of_who_is_not_seen_nothing_is_hinted(
    typed: dict[str, Any], outsider: StaffUser, supervisor: StaffUser, signed_in: SignIn
) -> None:
    CustomerFactory(manager=outsider, phone="13812345678")
    assert signed_in(supervisor).post(CREATE, typed).status_code == 302
