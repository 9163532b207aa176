"""Test data: one factory a model, made the way the product makes it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from core import clock
from customers.models import (
    Customer,
    CustomerPhone,
    ManagerChange,
    Profile,
    ServiceStandard,
    Status,
    Tier,
    TierChange,
)
from customers.rules import CadenceHistory, TierSpan
from customers.services.clocks import clocks_of
from customers.services.likeness import index_likeness
from customers.services.search import index_customers
from staff import services as staff_services
from staff.models import Cover, Role, StaffUser, Unit

PASSWORD = "Correct-horse-9"


class UnitFactory(DjangoModelFactory[Unit]):
    """A unit; give `parent` for one below another."""

    class Meta:
        model = Unit

    name = factory.Sequence(lambda n: f"单位{n}")
    parent = None

    @classmethod
    def _create(cls, model_class: type[Unit], *args: Any, **fields: Any) -> Unit:
        # As staff.services.save_unit leaves it, without its checks: every test begins with six.
        unit = model_class(**fields)
        parent = unit.parent
        unit.full_name = f"{parent.full_name}/{unit.name}" if parent else unit.name
        unit.path = f"new/{unit.full_name}"
        unit.save(force_insert=True)
        unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
        unit.save(update_fields=["path"])
        return unit


class StaffUserFactory(DjangoModelFactory[StaffUser]):
    """A person who can sign in with PASSWORD; a customer manager unless told otherwise."""

    class Meta:
        model = StaffUser

    staff_number = factory.Sequence(lambda n: f"{10_000 + n}")
    name = factory.Sequence(lambda n: f"员工{n}")
    role = Role.MANAGER
    unit = factory.SubFactory(UnitFactory)
    password: Any = PASSWORD

    @classmethod
    def _create(cls, model_class: type[StaffUser], *args: Any, **fields: Any) -> StaffUser:
        # As create_user leaves it, without its checks: every test begins with some people.
        password = fields.pop("password")
        user = model_class(**fields)
        user.set_password(password)
        user.save(force_insert=True)
        return user


class CoverFactory(DjangoModelFactory[Cover]):
    """A cover of today, arranged by `arranged_by`."""

    class Meta:
        model = Cover

    manager = factory.SubFactory(StaffUserFactory)
    stand_in = factory.SubFactory(StaffUserFactory)
    starts_on: Any = factory.LazyFunction(clock.today)
    ends_on: Any = factory.LazyAttribute(lambda cover: cover.starts_on)
    arranged_by = factory.SubFactory(StaffUserFactory, role=Role.SUPERVISOR)

    @classmethod
    def _create(
        cls,
        model_class: type[Cover],
        *args: Any,
        arranged_by: StaffUser,
        starts_on: date,
        ends_on: date,
        **fields: Any,
    ) -> Cover:
        return staff_services.arrange_cover(
            actor=arranged_by, starts_on=starts_on, ends_on=ends_on, **fields
        )


class CustomerFactory(DjangoModelFactory[Customer]):
    """A customer as the product keeps one: histories, profile, phone, search words and clocks.

    `manager=None` needs a `unit`: the customer is in its pool. `phone=""` makes none; `profile`
    holds values of Profile by field. The clocks follow from `vip_since`, `last_contact_on`,
    `last_visit_on`, `is_key` and `tier`.
    """

    class Meta:
        model = Customer

    number = factory.Sequence(lambda n: f"VIP{n:06d}")
    name = factory.Sequence(lambda n: f"客户{n}")
    manager: Any = factory.SubFactory(StaffUserFactory)
    unit: Any = factory.LazyAttribute(lambda customer: customer.manager.unit)
    tier = Tier.GOLD
    vip_since: Any = factory.LazyFunction(lambda: clock.today() - timedelta(days=400))
    phone: Any = factory.Sequence(lambda n: f"138{n:08d}")
    profile: Any = None

    @classmethod
    def _create(
        cls,
        model_class: type[Customer],
        *args: Any,
        phone: str,
        profile: dict[str, Any] | None,
        **fields: Any,
    ) -> Customer:
        customer = model_class(**fields)
        if customer.is_key and customer.key_since is None:
            customer.key_since = customer.vip_since
        today = clock.today(customer.unit.time_zone)
        if customer.status == Status.LEFT and customer.left_on is None:
            customer.left_on = today
        history = CadenceHistory([TierSpan(customer.vip_since, customer.tier)])
        due = clocks_of(customer, history, ServiceStandard.objects.load(), today)
        customer.contact_due_on, customer.visit_due_on = due.contact_due_on, due.visit_due_on
        customer.save(force_insert=True)
        _add_what_belongs_to(customer, phone, profile or {})
        return customer


def _add_what_belongs_to(customer: Customer, phone: str, profile: dict[str, Any]) -> None:
    Profile.objects.create(customer=customer, **profile)
    if phone:
        CustomerPhone.objects.create(customer=customer, number=phone)
    TierChange.objects.create(
        customer=customer, tier=customer.tier, effective_on=customer.vip_since
    )
    ManagerChange.objects.create(
        customer=customer,
        manager=customer.manager,
        unit=customer.unit,
        effective_on=customer.vip_since,
    )
    index_customers([customer])
    index_likeness([customer])
