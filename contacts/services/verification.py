"""Checking the stored clocks against the records they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import transaction

from contacts.models import ContactRecord
from contacts.services.records import recompute_clocks_of
from core import audit, clock
from customers.models import Customer, ServiceStandard
from customers.rules import Clocks, LastContacts
from customers.services.clocks import wrong_clocks
from customers.services.standing import lock

BATCH = 2000
AT_ONCE = 200


def misjudged_records() -> Iterator[ContactRecord]:
    """Yield the records whose ``is_counted`` is not what the rule says. Nothing is written."""
    return ContactRecord.objects.misjudged().order_by("pk").iterator()


def judge_anew() -> int:
    """Set right which records count as contacts, and the clocks that follow; return how many.

    For when the rule has changed: some hundred customers to a transaction, so that a run that was
    killed goes on where it stopped. Safe to run twice and side by side.
    """
    owners = ContactRecord.objects.misjudged().order_by("customer_id")
    ids = list(owners.values_list("customer_id", flat=True).distinct())
    return sum(_judge_of(ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE))


@transaction.atomic
def _judge_of(customer_ids: Sequence[int]) -> int:
    for pk in customer_ids:
        lock(pk)
    wrong = ContactRecord.objects.misjudged().filter(customer__in=customer_ids)
    records = list(wrong.select_for_update())
    for record in records:
        record.is_counted = not record.is_counted
        record.updated_at = clock.now()
    ContactRecord.objects.bulk_update(records, ["is_counted", "updated_at"], batch_size=500)
    recompute_clocks_of(customer_ids=customer_ids)
    audit.record_job(
        verb="contact.judged_anew", model=ContactRecord, changes={"records": len(records)}
    )
    return len(records)


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
