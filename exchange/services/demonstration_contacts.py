"""Invented contacts of the demonstration, written set-based."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from django.db import transaction

from contacts.models import ContactRecord, RecordedAs, Source
from contacts.rules import counts, is_late, text_key
from contacts.services.records import attempt_of
from core import audit, clock
from customers.models import Customer, ServiceStandard
from customers.rules import Figure, LastContacts, Standards
from customers.services.clocks import note_last_contacts_of_many
from exchange.rules.invention import InventedContact, invent_contacts


@transaction.atomic
def add_invented_contacts(*, random: Random, today: date) -> int:
    """Give every customer a past, and some a try since; return how many records were made.

    Not safe twice: the caller sees that it runs once.
    """
    standards = ServiceStandard.objects.load()
    customers = Customer.objects.active().select_related("unit").order_by("pk")
    records = [
        _record(customer, invented, standards)
        for customer in customers
        if customer.manager_id
        for invented in invent_contacts(
            random,
            last_contact_on=customer.last_contact_on,
            vip_since=customer.vip_since,
            is_key=customer.is_key,
            today=today,
        )
    ]
    ContactRecord.objects.bulk_create(records)
    _note_visits(records)
    audit.record_job(
        verb="contacts.invented", model=ContactRecord, changes={"records": [None, len(records)]}
    )
    return len(records)


def _record(customer: Customer, invented: InventedContact, standards: Standards) -> ContactRecord:
    zone = clock.zone_info(customer.unit.time_zone)
    happened_at = invented.at.replace(tzinfo=zone)
    recorded_at = min(happened_at + invented.entered_after, clock.now())
    late_after = standards.value(Figure.LATE_AFTER_HOURS, happened_at.date())
    record = ContactRecord(
        customer=customer,
        manager_id=customer.manager_id,
        unit=customer.unit,
        recorded_by_id=customer.manager_id,
        recorded_as=RecordedAs.MANAGER,
        source=Source.MANUAL,
        channel=invented.channel,
        direction=invented.direction,
        outcome=invented.outcome,
        occasion=invented.occasion,
        happened_at=happened_at,
        happened_on=happened_at.date(),
        recorded_at=recorded_at,
        is_late=is_late(happened_at, recorded_at, date_only=False, late_after_hours=late_after),
        duration_seconds=invented.duration_seconds,
        summary=invented.summary,
        place=invented.place,
        follow_up_on=invented.follow_up_on,
        text_key=text_key(invented.channel, invented.summary),
    )
    record.is_counted = counts(attempt_of(record))
    if invented.follow_up_on and invented.follow_up_on < clock.today() - timedelta(days=3):
        record.follow_up_closed_at = happened_at + timedelta(days=1)
    return record


def _note_visits(records: Sequence[ContactRecord]) -> None:
    """Visits are the only invented contacts that can be later than what the roster says."""
    found = ContactRecord.objects.last_contacts({record.customer_id for record in records})
    stored = Customer.objects.filter(pk__in=found).values_list(
        "pk", "last_contact_on", "last_visit_on"
    )
    moved = {
        pk: found[pk]
        for pk, contact_on, visit_on in stored
        if found[pk] != LastContacts(contact_on, visit_on)
    }
    note_last_contacts_of_many(last=moved)
