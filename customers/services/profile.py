"""Changes to a customer's profile; each fact knows when and by whom it was confirmed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from customers.models import Customer, FactConfirmation, Profile
from customers.rules import FACTS
from staff.models import StaffUser

PROFILE_FACTS = (
    "id_province",
    "character",
    "sports",
    "rewards",
    "occupation",
    "employer",
    "position",
    "family_background",
)
"""Facts that are one column of ``Profile``."""

CUSTOMER_FACTS = ("gender", "preferred_channel")
"""Facts that are one column of ``Customer``."""

ASKABLE_FACTS = (*CUSTOMER_FACTS, *PROFILE_FACTS)
"""Facts that fit into one field of the log form."""


@transaction.atomic
def learn_facts(
    *,
    actor: StaffUser,
    customer: Customer,
    values: Mapping[str, Any],
    confirmed: Collection[str] = (),
) -> None:
    """Store what was learnt in a contact and mark those facts and ``confirmed`` as fresh.

    ``values`` maps a fact of ``ASKABLE_FACTS`` to its new value; empty ones are left as they
    are. The caller holds the customer's row. Raises ValidationError for a value the model
    refuses. Safe to run twice.
    """
    learnt = {fact: value for fact, value in values.items() if value not in ("", None)}
    unknown = set(learnt) - set(ASKABLE_FACTS) | set(confirmed) - set(FACTS)
    if unknown:
        raise ValidationError(_("There is no such fact: %(facts)s."), params={"facts": unknown})
    profile, _made = Profile.objects.get_or_create(customer=customer)
    changes = {}
    for row, facts in ((customer, CUSTOMER_FACTS), (profile, PROFILE_FACTS)):
        before = {fact: getattr(row, fact) for fact in facts if fact in learnt}
        changed = audit.difference(before, {fact: learnt[fact] for fact in before})
        if not changed:
            continue
        for fact in changed:
            setattr(row, fact, learnt[fact])
        row.clean_fields(exclude=[f.name for f in row._meta.fields if f.name not in changed])
        row.save(update_fields=list(changed))
        changes.update(changed)
    confirm_facts(actor=actor, customer=customer, facts={*learnt, *confirmed})
    if changes:
        Customer.objects.filter(pk=customer.pk).update(
            version=F("version") + 1, updated_at=clock.now()
        )
        audit.record(
            actor=actor,
            verb="customer.facts_learnt",
            obj=customer,
            changes=changes,
            customer_id=customer.pk,
        )


def confirm_facts(*, actor: StaffUser, customer: Customer, facts: Iterable[str]) -> None:
    """Mark facts as confirmed today by ``actor``. One statement. Safe to run twice."""
    today = clock.today(customer.unit.time_zone)
    FactConfirmation.objects.bulk_create(
        [
            FactConfirmation(customer=customer, fact=fact, confirmed_on=today, confirmed_by=actor)
            for fact in sorted(facts)
        ],
        update_conflicts=True,
        unique_fields=["customer", "fact"],
        update_fields=["confirmed_on", "confirmed_by"],
    )
