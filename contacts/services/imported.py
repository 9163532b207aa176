"""Contact records that come with a file: what a roster knows of the last contact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max, Q

from contacts.models import (
    ContactRecord,
    Direction,
    Occasion,
    Outcome,
    RecordedAs,
    Source,
)
from contacts.rules import FACE_TO_FACE_CHANNELS
from core import audit, bulk, clock
from customers.models import Channel, Customer
from customers.rules import LastContacts
from customers.services.clocks import note_last_contacts_of_many
from staff.models import StaffUser


@dataclass(frozen=True)
class ImportedContact:
    """A customer was reached on a day (local date of the unit) by a channel."""

    customer_id: int
    happened_on: date
    channel: Channel


def newest_records(customer_ids: Iterable[int]) -> dict[int, date]:
    """Return the day of each customer's newest record, by id. One statement.

    Voided records do not count, but imported ones do: taken back by hand, they stay so when the
    same file comes again.
    """
    rows = ContactRecord.objects.filter(customer__in=list(customer_ids))
    rows = rows.filter(Q(voided_at=None) | Q(source=Source.IMPORT))
    newest = rows.order_by().values("customer_id").annotate(day=Max("happened_on"))
    return {row["customer_id"]: row["day"] for row in newest}


def last_contacts_of(happened_on: date | None, channel: str | None) -> LastContacts:
    """Return the last contacts of a customer who was reached only once, on that day."""
    met = happened_on if channel in FACE_TO_FACE_CHANNELS else None
    return LastContacts(contact_on=happened_on, visit_on=met)


@transaction.atomic
def record_imported_contacts(
    *, actor: StaffUser | None, contacts: Sequence[ImportedContact]
) -> list[ContactRecord]:
    """Record that these customers were reached; the clocks follow where they say otherwise.

    At most one contact a customer, newer than all that ``newest_records`` knows; the callers
    hold the customers' rows. The records know only their date, are never late and count. A
    constant number of statements. Not safe twice by itself: ask ``newest_records`` before.
    """
    owners = Customer.objects.select_related("unit").only(
        "manager_id", "last_contact_on", "last_visit_on", "unit__time_zone"
    )
    known = owners.in_bulk([contact.customer_id for contact in contacts])
    pairs = [(known[contact.customer_id], contact) for contact in contacts]
    now = clock.now()
    records = [
        ContactRecord(
            customer_id=customer.pk,
            manager_id=customer.manager_id,
            unit_id=customer.unit_id,
            recorded_by=actor,
            recorded_as=RecordedAs.IMPORT,
            source=Source.IMPORT,
            channel=contact.channel,
            direction=Direction.OUTGOING,
            outcome=Outcome.REACHED,
            occasion=Occasion.REGULAR,
            happened_at=clock.start_of_day(contact.happened_on, customer.unit.time_zone),
            happened_on=contact.happened_on,
            date_only=True,
            recorded_at=now,
            is_counted=True,
        )
        for customer, contact in pairs
    ]
    bulk.insert_new(records, set_keys=True)
    audit.record_many(
        actor=actor,
        verb="contact.imported",
        model=ContactRecord,
        rows=(
            (
                record.pk,
                record.customer_id,
                {"happened_on": [None, record.happened_on], "channel": [None, record.channel]},
            )
            for record in records
        ),
    )
    _move_clocks(pairs)
    return records


def _move_clocks(pairs: Sequence[tuple[Customer, ImportedContact]]) -> None:
    """Store the newer last contacts; a new customer's were stored when the row was made."""
    moved: dict[int, LastContacts] = {}
    for customer, contact in pairs:
        known = LastContacts(customer.last_contact_on, customer.last_visit_on)
        said = last_contacts_of(contact.happened_on, contact.channel)
        newer = LastContacts(
            contact_on=_later(known.contact_on, said.contact_on),
            visit_on=_later(known.visit_on, said.visit_on),
        )
        if newer != known:
            moved[customer.pk] = newer
    if moved:
        note_last_contacts_of_many(last=moved)


def _later(one: date | None, other: date | None) -> date | None:
    days = [day for day in (one, other) if day is not None]
    return max(days, default=None)
