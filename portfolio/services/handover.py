"""What a new manager should know of a customer who came by a handover. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from contacts.models import ContactRecord, Exemption
from customers.models import Customer, ServiceStandard
from customers.rules import FactGroup, Figure
from customers.services.profile import Fact, facts_of
from portfolio.models import ReassignedCustomer
from staff.models import StaffUser

LAST_CONTACTS = 3


@dataclass(frozen=True)
class Dossier:
    """The handover of one customer, and what the new manager should know.

    ``likings``: only what is known. ``exemptions``: waiting, or standing today.
    """

    handover: ReassignedCustomer
    is_first_contact_due: bool
    promises: Sequence[ContactRecord]
    exemptions: Sequence[Exemption]
    opted_out: Sequence[str]
    likings: Sequence[Fact]
    contacts: Sequence[ContactRecord]


def latest_handover(user: StaffUser, customer: Customer) -> ReassignedCustomer | None:
    """Return the handover by which ``customer`` came to the present manager, if any."""
    rows = ReassignedCustomer.objects.visible_to(user).in_force().filter(customer=customer)
    people = ("reassignment__made_by", "reassignment__manager", "old_manager")
    return rows.select_related(*people).order_by("-moved_at", "-pk").first()


def is_first_contact_due(handover: ReassignedCustomer) -> bool:
    """Say whether the new manager's first contact is still to be made."""
    return ReassignedCustomer.objects.first_contact_due().filter(pk=handover.pk).exists()


def load_dossier(user: StaffUser, handover: ReassignedCustomer, today: date) -> Dossier:
    """Return what ``user``, who sees the customer, should know of them."""
    customer = (
        Customer.objects.visible_to(user)
        .select_related("profile", "unit")
        .get(pk=handover.customer_id)
    )
    stale_days = ServiceStandard.objects.load().value(Figure.STALE_FACT_DAYS, today)
    facts = facts_of(customer, today=today, stale_days=stale_days).groups
    records = ContactRecord.objects.visible_to(user).filter(customer=customer)
    excused = Exemption.objects.visible_to(user).filter(customer=customer)
    return Dossier(
        handover=handover,
        is_first_contact_due=is_first_contact_due(handover),
        promises=list(records.open_follow_ups().select_related("recorded_by")),
        exemptions=list((excused.waiting() | excused.standing(today)).order_by("ends_on")),
        opted_out=[row.get_channel_display() for row in customer.opt_outs.all()],
        likings=[fact for fact in facts[FactGroup.LIKINGS.value] if fact.is_known],
        contacts=list(
            records.standing().newest_first().select_related("recorded_by")[:LAST_CONTACTS]
        ),
    )
