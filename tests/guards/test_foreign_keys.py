"""Every column that names a person or a customer, and what a handover does with it.

A new one fails here until somebody has thought about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models

from customers.models import Customer
from staff.models import StaffUser

MOVES = "moves with reassignment"
HISTORY = "history, stays"
PERSONAL = "the person's own, stays"
FOLLOWS = "belongs to the customer, follows by itself"

TO_PEOPLE = {
    "contacts.ContactRecord.manager": HISTORY,
    "contacts.ContactRecord.recorded_by": HISTORY,
    "contacts.ContactRecord.voided_by": HISTORY,
    "contacts.Exemption.decided_by": HISTORY,
    "contacts.Exemption.requested_by": HISTORY,
    "contacts.Snooze.snoozed_by": HISTORY,
    "core.AuditEntry.actor": HISTORY,
    "customers.ChannelOptOut.recorded_by": HISTORY,
    "customers.Customer.manager": MOVES,
    "customers.FactConfirmation.confirmed_by": HISTORY,
    "customers.ManagerChange.changed_by": HISTORY,
    "customers.ManagerChange.manager": HISTORY,
    "customers.ManagerChange.old_manager": HISTORY,
    "customers.TierChange.changed_by": HISTORY,
    "exchange.ApiClient.account": PERSONAL,
    "exchange.ApiClient.created_by": HISTORY,
    "exchange.ApiKey.created_by": HISTORY,
    "exchange.Export.requested_by": HISTORY,
    "exchange.RosterImport.uploaded_by": HISTORY,
    "portfolio.HandoverNotice.other": HISTORY,
    "portfolio.HandoverNotice.reader": PERSONAL,
    "portfolio.ReassignedCustomer.old_manager": HISTORY,
    "portfolio.Reassignment.made_by": HISTORY,
    "portfolio.Reassignment.manager": HISTORY,
    "staff.Cover.arranged_by": HISTORY,
    "staff.Cover.manager": PERSONAL,
    "staff.Cover.stand_in": PERSONAL,
    "staff.DefaultView.person": PERSONAL,
    "staff.SavedView.owner": PERSONAL,
    "staff.Unit.complaint_handler": PERSONAL,
}

TO_CUSTOMERS = {
    "contacts.CadenceFlag.customer": FOLLOWS,
    "contacts.ContactRecord.customer": FOLLOWS,
    "contacts.Exemption.customer": FOLLOWS,
    "contacts.Snooze.customer": FOLLOWS,
    "customers.ChannelOptOut.customer": FOLLOWS,
    "customers.CustomerAddress.customer": FOLLOWS,
    "customers.CustomerPhone.customer": FOLLOWS,
    "customers.FactConfirmation.customer": FOLLOWS,
    "customers.FamilyMember.customer": FOLLOWS,
    "customers.JobChange.customer": FOLLOWS,
    "customers.ManagerChange.customer": FOLLOWS,
    "customers.Profile.customer": FOLLOWS,
    "customers.SearchEntry.customer": FOLLOWS,
    "customers.TierChange.customer": FOLLOWS,
    "customers.WatchPeriod.customer": FOLLOWS,
    "portfolio.ReassignedCustomer.customer": HISTORY,
}


def own_models() -> Iterator[type[models.Model]]:
    for config in apps.get_app_configs():
        if Path(config.path).parent == settings.BASE_DIR:
            yield from config.get_models()


def columns_to(target: type[models.Model]) -> set[str]:
    return {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in own_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model is target
    }


def test_the_guard_sees_the_columns() -> None:
    assert "customers.Customer.manager" in columns_to(StaffUser)
    assert "contacts.CadenceFlag.customer" in columns_to(Customer)


def test_it_is_said_of_every_column_to_a_person_what_a_handover_does() -> None:
    assert columns_to(StaffUser) == set(TO_PEOPLE)


def test_it_is_said_of_every_column_to_a_customer_what_a_handover_does() -> None:
    assert columns_to(Customer) == set(TO_CUSTOMERS)


def test_only_whose_the_customer_is_moves() -> None:
    moving = {name for name, fate in (TO_PEOPLE | TO_CUSTOMERS).items() if fate == MOVES}
    assert moving == {"customers.Customer.manager"}
