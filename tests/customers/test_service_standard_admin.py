"""The service standard in the Django admin: rows are added by administrators, never changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse

from core.models import AuditEntry, OutboxTask
from customers.models import Customer, ServiceStandard
from staff.models import StaffUser

SignIn = Callable[[StaffUser], Client]

ADD = "admin:customers_servicestandard_add"
ROW = {
    "figure": "due_soon_days",
    "tier": "",
    "value": "10",
    "effective_from": "2027-01-01",
}


def test_an_administrator_adds_a_figure_through_its_service(
    administrator: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(administrator)
    assert client.post(reverse(ADD), ROW).status_code == 302
    row = ServiceStandard.objects.get(figure="due_soon_days", value=10)
    entry = AuditEntry.objects.get(verb="standard.set")
    assert (entry.actor, entry.object_id) == (administrator, row.pk)
    assert OutboxTask.objects.filter(task="customers.tasks.apply_standards").count() == 1


@pytest.mark.parametrize(
    "wrong", [{"value": "0"}, {"tier": "gold"}, {"effective_from": "2000-01-01"}]
)
def test_what_the_model_refuses_is_said_in_the_form(
    administrator: StaffUser, signed_in: SignIn, wrong: dict[str, str]
) -> None:
    before = ServiceStandard.objects.count()
    response = signed_in(administrator).post(reverse(ADD), {**ROW, **wrong})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert ServiceStandard.objects.count() == before


def test_a_row_is_read_and_neither_changed_nor_deleted(
    administrator: StaffUser, signed_in: SignIn
) -> None:
    client = signed_in(administrator)
    row = ServiceStandard.objects.filter(figure="due_soon_days").get()
    change = reverse("admin:customers_servicestandard_change", args=[row.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {**ROW, "value": "99"}).status_code == 403
    delete = reverse("admin:customers_servicestandard_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    row.refresh_from_db()
    assert row.value == 7
    assert client.get(reverse("admin:customers_servicestandard_changelist")).status_code == 200


def test_customers_are_not_in_the_admin() -> None:
    assert not admin.site.is_registered(Customer)
    with pytest.raises(NoReverseMatch):
        reverse("admin:customers_customer_changelist")


@pytest.mark.parametrize("role", ["manager", "supervisor", "head_office", "handler"])
def test_nobody_else_adds_a_figure(
    role: str, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    before = ServiceStandard.objects.count()
    response = signed_in(request.getfixturevalue(role)).post(reverse(ADD), ROW)
    assert response.status_code in (302, 403, 404)
    assert ServiceStandard.objects.count() == before
