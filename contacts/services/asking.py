"""What the log form asks for beside the contact itself: facts that are missing or stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from customers.models import Customer, FactConfirmation, Profile, ServiceStandard
from customers.rules import FACTS, Figure, facts_to_ask
from customers.services.profile import ASKABLE_FACTS, CUSTOMER_FACTS


@dataclass(frozen=True)
class Question:
    """One fact to ask the customer for; ``known`` is what we believe (empty: nothing)."""

    fact: str
    known: str
    confirmed_on: date | None


def questions_for(customer: Customer, today: date) -> list[Question]:
    """Return the one or two questions to ask ``customer`` next. Three statements, reads only."""
    profile = Profile.objects.filter(customer=customer).first() or Profile(customer=customer)
    rows = FactConfirmation.objects.filter(customer=customer)
    confirmed = dict(rows.values_list("fact", "confirmed_on"))
    known = {fact: _in_words(customer, profile, fact) for fact in ASKABLE_FACTS}
    stale_days = ServiceStandard.objects.load().value(Figure.STALE_FACT_DAYS, today)
    # What does not fit into one field is left to the profile's own page.
    elsewhere = dict.fromkeys(set(FACTS) - set(ASKABLE_FACTS), today)
    wanted = facts_to_ask(
        [*elsewhere, *(fact for fact, words in known.items() if words)],
        {**confirmed, **elsewhere},
        today=today,
        stale_days=stale_days,
    )
    return [Question(fact, known[fact], confirmed.get(fact)) for fact in wanted]


def _in_words(customer: Customer, profile: Profile, fact: str) -> str:
    if fact in CUSTOMER_FACTS:
        return str(getattr(customer, f"get_{fact}_display")())
    return str(getattr(profile, fact))
