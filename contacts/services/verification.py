"""Checking the stored clocks against the records they come from."""

from __future__ import annotations

from collections.abc import Iterator

from contacts.models import ContactRecord
from customers.models import Customer, ServiceStandard
from customers.rules import Clocks, LastContacts
from customers.services.clocks import wrong_clocks

BATCH = 2000


def misjudged_records() -> Iterator[ContactRecord]:
    """Yield the records whose ``is_counted`` is not what the rule says. Nothing is written."""
    return ContactRecord.objects.misjudged().order_by("pk").iterator()


def differing_clocks() -> Iterator[tuple[Customer, LastContacts, Clocks]]:
    """Yield each customer whose stored clocks differ from the records, and what is right.

    Nothing is written. Four statements a batch of 2,000 customers; memory stays flat.
    """
    standards = ServiceStandard.objects.load()
    last_id = 0
    while True:
        rows = Customer.objects.filter(pk__gt=last_id).select_related("unit").order_by("pk")
        customers = list(rows[:BATCH])
        if not customers:
            return
        last_id = customers[-1].pk
        last = ContactRecord.objects.last_contacts([c.pk for c in customers])
        yield from wrong_clocks(customers, last, standards)
