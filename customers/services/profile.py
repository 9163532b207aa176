"""Changes to a customer's profile; each fact knows when and by whom it was confirmed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from customers.models import Customer, CustomerPhone, FactConfirmation, Profile
from customers.rules import FACTS, FactGroup, completeness
from customers.services.likeness import index_likeness
from customers.services.sheet import LABELS, in_words, load_sheet, read_sheet
from customers.services.standing import lock
from staff.models import StaffUser

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

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
    if "employer" in changes:
        index_likeness([customer])


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


# --- The profile as a page shows it -----------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """One fact of a profile: what is known, and when and by whom it was confirmed."""

    code: str
    group: FactGroup
    label: StrOrPromise
    lines: Sequence[str]
    confirmation: FactConfirmation | None
    is_stale: bool
    """Known, but never confirmed or not for a long time."""

    @property
    def is_known(self) -> bool:
        """Whether anything is known."""
        return bool(self.lines)


@dataclass(frozen=True)
class FactSheet:
    """All facts of a profile, in the order in which they are asked."""

    facts: Sequence[Fact]

    @property
    def completeness(self) -> int:
        """How much of the profile is known, in whole percent."""
        return completeness(fact.code for fact in self.facts if fact.is_known)

    @property
    def missing(self) -> list[Fact]:
        """What is not known."""
        return [fact for fact in self.facts if not fact.is_known]

    @property
    def groups(self) -> dict[str, list[Fact]]:
        """The facts by group (article 12)."""
        return {
            group.value: [fact for fact in self.facts if fact.group is group] for group in FactGroup
        }


def facts_of(customer: Customer, *, today: date, stale_days: int) -> FactSheet:
    """Return the facts of ``customer`` in words; phone numbers masked.

    At most seven statements, none where ``load_sheet`` has been called.
    """
    sheet = read_sheet(load_sheet(customer))
    confirmations = {row.fact: row for row in customer.confirmations.all()}
    oldest = today - timedelta(days=stale_days)
    return FactSheet(
        [
            Fact(
                code=code,
                group=group,
                label=LABELS[code],
                lines=in_words(code, sheet[code]),
                confirmation=confirmations.get(code),
                is_stale=bool(sheet[code]) and not _is_fresh(confirmations.get(code), oldest),
            )
            for code, group in FACTS.items()
        ]
    )


def _is_fresh(confirmation: FactConfirmation | None, oldest: date) -> bool:
    return confirmation is not None and confirmation.confirmed_on >= oldest


@transaction.atomic
def confirm_fact(*, actor: StaffUser, customer: Customer, fact: str) -> None:
    """Note that ``fact`` was confirmed today, as it is, by ``actor``.

    Raises ValidationError for a fact that does not exist or of which nothing is known. Safe to
    run twice: the second time there is nothing to note.
    """
    customer = lock(customer.pk)
    if fact not in FACTS or not read_sheet(load_sheet(customer))[fact]:
        raise ValidationError(_("There is nothing to confirm: the profile does not have it yet."))
    today = clock.today(customer.unit.time_zone)
    before = customer.confirmations.filter(fact=fact).first()
    if before is not None and (before.confirmed_on, before.confirmed_by_id) == (today, actor.pk):
        return
    confirm_facts(actor=actor, customer=customer, facts=[fact])
    audit.record(
        actor=actor,
        verb="customer.fact_confirmed",
        obj=customer,
        changes={fact: [before and before.confirmed_on, today]},
        customer_id=customer.pk,
    )


@transaction.atomic
def reveal_phone(*, actor: StaffUser, phone: CustomerPhone) -> CustomerPhone:
    """Note that ``actor`` was shown the whole number; each showing is an entry of its own."""
    audit.record(
        actor=actor,
        verb="phone.revealed",
        obj=phone,
        changes={"number": [None, phone.masked]},
        customer_id=phone.customer_id,
    )
    return phone


@transaction.atomic
def record_disclosure(*, actor: StaffUser, customers: Sequence[Customer], texts: int = 0) -> None:
    """Note that ``actor``, another system, was sent the whole numbers of these customers.

    ``texts``: how many texts with whole numbers went along; those of several customers, which
    are no single one's, are an entry of their own. A few statements; each sending is noted anew.
    """
    with_texts: dict[str, Any] = {"texts": [None, texts]} if texts else {}
    of_one = with_texts if len(customers) == 1 else {}
    if texts and not of_one:
        audit.record_texts_sent(actor=actor, texts=texts)
    audit.record_many(
        actor=actor,
        verb="phones.sent",
        model=Customer,
        rows=[(customer.pk, customer.pk, of_one) for customer in customers],
    )
