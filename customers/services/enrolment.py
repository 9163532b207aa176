"""Taking in one customer by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock, locks
from core.identity import identity, plain
from core.models import AuditEntry
from core.phones import mask_phone
from core.unseen import plain_name
from customers.models import (
    Customer,
    CustomerPhone,
    ManagerChange,
    Profile,
    Tier,
    TierChange,
)
from customers.services.clocks import set_clocks
from customers.services.likeness import index_likeness
from customers.services.profile import confirm_facts
from customers.services.search import index_customers
from staff.models import Role, StaffUser, Unit


@dataclass(frozen=True)
class NewCustomer:
    """What is said of a new customer. Without ``manager`` the customer is in the unit's pool."""

    number: str
    name: str
    tier: Tier
    unit: Unit
    vip_since: date
    manager: StaffUser | None = None
    is_key: bool = False
    gender: str = ""
    joined_on: date | None = None
    phone: str = ""


@transaction.atomic
def create_customer(*, actor: StaffUser, new: NewCustomer) -> Customer:
    """Make a customer with its histories, clocks and search words.

    Raises ValidationError where the number is taken, a day is in the future, the manager is no
    active customer manager of the unit, or the model refuses a value. Safe to run twice: the
    same person's same customer is made once.
    """
    new = replace(new, name=plain_name(new.name))
    locks.hold(f"customers.number.{identity(new.number)}")
    if (made := _made_before(actor, new)) is not None:
        return made
    today = clock.today(new.unit.time_zone)
    _refuse_impossible(new, today)
    customer = Customer(
        number=plain(new.number),
        name=new.name,
        gender=new.gender,
        unit=new.unit,
        manager=new.manager,
        tier=new.tier,
        is_key=new.is_key,
        key_since=today if new.is_key else None,
        joined_on=new.joined_on,
        vip_since=new.vip_since,
    )
    set_clocks(customer)
    customer.full_clean(validate_constraints=False)
    customer.save(force_insert=True)
    _add_what_belongs_to(actor, customer, new.phone, today)
    index_customers([customer])
    index_likeness([customer])
    audit.record(
        actor=actor,
        verb="customer.created",
        obj=customer,
        changes=_changes(customer, new.phone),
        customer_id=customer.pk,
    )
    return customer


def _made_before(actor: StaffUser, new: NewCustomer) -> Customer | None:
    """Return the customer where the same form has come before, from the same person."""
    found = Customer.objects.numbered([new.number]).filter(name=new.name, unit=new.unit).first()
    if found is None:
        return None
    made = AuditEntry.objects.filter(actor=actor, verb="customer.created", customer_id=found.pk)
    return found if made.exists() else None


def _refuse_impossible(new: NewCustomer, today: date) -> None:
    if Customer.objects.numbered([new.number]).exists():
        # The same words whether or not the actor may see that customer.
        raise ValidationError(
            {"number": _("This customer number cannot be used. Check it for a slip.")}
        )
    if new.vip_since > today:
        raise ValidationError({"vip_since": _("That day is in the future.")})
    if new.joined_on is not None and new.joined_on > today:
        raise ValidationError({"joined_on": _("That day is in the future.")})
    manager = new.manager
    if manager is not None and not (
        manager.role == Role.MANAGER and manager.is_active and manager.unit_id == new.unit.pk
    ):
        raise ValidationError({"manager": _("Choose an active customer manager.")})


def _add_what_belongs_to(actor: StaffUser, customer: Customer, phone: str, today: date) -> None:
    Profile.objects.create(customer=customer)
    TierChange.objects.create(
        customer=customer, tier=customer.tier, effective_on=customer.vip_since, changed_by=actor
    )
    ManagerChange.objects.create(
        customer=customer,
        manager=customer.manager,
        unit=customer.unit,
        effective_on=today,
        changed_by=actor,
    )
    facts = {"gender"} if customer.gender else set()
    if phone:
        row = CustomerPhone(customer=customer, number=phone)
        row.full_clean(exclude=["customer"])
        row.save()
        facts.add("phone")
    if facts:
        confirm_facts(actor=actor, customer=customer, facts=facts)


def _changes(customer: Customer, phone: str) -> dict[str, list[Any]]:
    names = ("number", "name", "tier", "unit_id", "manager_id", "is_key", "vip_since")
    changes = {name: [None, getattr(customer, name)] for name in names}
    if phone:
        changes["phone"] = [None, mask_phone(phone)]
    return changes
