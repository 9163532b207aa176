"""Inventing years of history for customers without any (for demonstrations and tests).

Whatever it writes says that it is simulated. Who leaves does so through the services that write
real departures, each on its day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef

from contacts.services.imported import ImportedContact, record_imported_contacts
from core import audit, bulk, clock, locks
from customers.models import Channel, Customer, Tier, TierChange
from customers.querysets import CustomerQuerySet
from customers.rules import LastContacts, add_months
from customers.services.intake import CustomerIntake, plan_intake, take_in_customers
from retention.models import ChurnEvent, Departure, RetentionCase, UsageSnapshot
from retention.models.usage import Source
from retention.rules.simulation import (
    LOST_A_YEAR,
    Figures,
    Leavers,
    Life,
    invent_life,
    invent_months,
    invented_name,
)
from retention.services.simulated_days import Days, Lived, Person, live
from retention.services.usage import mark_stale
from staff.models import Role, StaffUser

PIECE = 2000
PREFIX = "SIM"
NAME_OF_SOURCE = "simulation"
VIP_YEARS = 8
"""Invented customers became VIP at most so many years before their history begins."""
RECEIVED = timedelta(hours=6)
"""Usage comes in on the morning after the month, as billing sends it."""
TIERS: Mapping[str, float] = {Tier.DIAMOND: 10, Tier.GOLD: 25, Tier.SILVER: 65}


@dataclass(frozen=True)
class Population:
    """Whose history is invented: all active customers without any, or so many new ones.

    ``leavers``: who of them leaves up to the last day.
    """

    new_customers: int | None = None
    leavers: Leavers = Leavers.AS_USUAL


@dataclass(frozen=True)
class Simulated:
    """What a simulation wrote: how many rows of each."""

    customers_made: int = 0
    customers: int = 0
    snapshots: int = 0
    lived: Lived = field(default_factory=Lived)


@dataclass(frozen=True)
class Span:
    """The days that are simulated: from the first of a month to yesterday."""

    first: date
    last: date

    @classmethod
    def until_today(cls, years: int) -> Span:
        """Return the last ``years`` years."""
        last = clock.today() - timedelta(days=1)
        return cls(add_months(last.replace(day=1), -12 * years), last)


@transaction.atomic
def simulate_history(
    *,
    actor: StaffUser | None,
    years: int,
    seed: int,
    populations: Sequence[Population] = (Population(),),
    scored_months: int = 0,
    outside_demonstration: bool = False,
) -> Simulated:
    """Invent ``years`` years of usage, events and departures for customers without usage.

    New customers are called SIM000001 … and belong to the managers there are. ``scored_months``:
    the last so many months are lived through as the product would have: scored each month, warned
    of, followed up, the base frozen each 1 January; 0 leaves that out. The same for the same
    ``seed`` on the same day. Customers with usage, events, cases or departures are never touched,
    so running it twice changes nothing more. Raises ImproperlyConfigured outside demonstration
    mode, unless ``outside_demonstration`` is asked for, and then only for new customers and
    without scoring; ValidationError where there is no manager for new ones.
    """
    _refuse(populations, scored_months, allowed=outside_demonstration)
    locks.hold("retention.simulation")
    span = Span.until_today(years)
    made, customers, snapshots = 0, 0, 0
    people: list[Person] = []
    events: list[ChurnEvent] = []
    for population in populations:
        made += _make_customers(actor, population, seed, span)
        for piece in _pieces(_without_history(population)):
            lives = {customer.pk: _life(customer, population, seed, span) for customer in piece}
            customers += len(piece)
            snapshots += _write_months(piece, lives, seed, span)
            people += [_person(c, lives[c.pk]) for c in piece if lives[c.pk].trouble is not None]
            events += [event for c in piece for event in _events_of(c, lives[c.pk], span)]
    if not customers:
        return Simulated(customers_made=made)
    days = Days(seed, span.first, span.last, _scored_from(span, scored_months))
    lived = live(days=days, people=people, events=events)
    audit.record_job(
        actor=actor,
        verb="history.simulated",
        model=UsageSnapshot,
        changes={"seed": seed, "years": years, "customers": customers, "snapshots": snapshots}
        | asdict(lived),
    )
    return Simulated(made, customers, snapshots, lived)


def _refuse(populations: Sequence[Population], scored_months: int, *, allowed: bool) -> None:
    if settings.DEMONSTRATION:
        return
    if not allowed:
        raise ImproperlyConfigured("History is simulated in demonstration mode only.")
    if scored_months or any(of.new_customers is None for of in populations):
        raise ImproperlyConfigured(
            "Outside demonstration mode only new customers get a simulated history, unscored."
        )


def _scored_from(span: Span, scored_months: int) -> date | None:
    if not scored_months:
        return None
    return max(span.first, add_months(span.last.replace(day=1), 1 - scored_months))


# --- Whose history -----------------------------------------------------------------------------


def _numbers(count: int) -> list[str]:
    return [f"{PREFIX}{number:06d}" for number in range(1, count + 1)]


def _without_history(population: Population) -> CustomerQuerySet:
    """Return those of whom nothing is known that an invented history could contradict."""
    customers = Customer.objects.active()
    if population.new_customers is not None:
        ours = TierChange.objects.filter(customer=OuterRef("pk"), reason=NAME_OF_SOURCE)
        numbers = _numbers(population.new_customers)
        customers = customers.filter(Exists(ours), number__in=numbers)
    for model in (UsageSnapshot, ChurnEvent, RetentionCase, Departure):
        known = model._default_manager.filter(customer=OuterRef("pk"))
        customers = customers.filter(~Exists(known))
    return customers.select_related("unit")


def _pieces(customers: CustomerQuerySet) -> Iterator[list[Customer]]:
    last = 0
    while piece := list(customers.filter(pk__gt=last).order_by("pk")[:PIECE]):
        yield piece
        last = piece[-1].pk


def _make_customers(actor: StaffUser | None, population: Population, seed: int, span: Span) -> int:
    """Make those of the new customers who are not there yet, as if on the first day."""
    wanted = _numbers(population.new_customers or 0)
    there = set(Customer.objects.filter(number__startswith=PREFIX).values_list("number", flat=True))
    numbers = [number for number in wanted if number not in there]
    if not numbers:
        return 0
    managers = list(
        StaffUser.objects.filter(role=Role.MANAGER, is_active=True, unit__isnull=False).order_by(
            "staff_number"
        )
    )
    if not managers:
        raise ValidationError("There is no active customer manager to give customers to.")
    for start in range(0, len(numbers), PIECE):
        intakes = [
            _intake(number, managers, population, seed, span)
            for number in numbers[start : start + PIECE]
        ]
        with clock.lived_at(clock.start_of_day(span.first)):
            plans = [plan_intake(intake, None) for intake in intakes]
            ids = take_in_customers(actor=actor, plans=plans, source=NAME_OF_SOURCE)
        record_imported_contacts(
            actor=actor,
            contacts=[
                ImportedContact(ids[intake.number], intake.last.contact_on, Channel.PHONE)
                for intake in intakes
                if intake.last.contact_on is not None
            ],
        )
    return len(numbers)


def _intake(
    number: str, managers: Sequence[StaffUser], population: Population, seed: int, span: Span
) -> CustomerIntake:
    """A new customer, spoken with lately, or shortly before leaving."""
    random = Random(f"{seed}:{number}:customer")  # noqa: S311 - invented data, not a secret
    manager = random.choice(managers)
    customer = Customer(
        number=number,
        name=invented_name(random),
        tier=random.choices(list(TIERS), _weights(population.leavers))[0],
        vip_since=span.first - timedelta(days=random.randrange(VIP_YEARS * 365)),
    )
    leaving = _life(customer, population, seed, span).leaving
    until = min(span.last, leaving.left_on) if leaving is not None else span.last
    return CustomerIntake(
        number=number,
        customer={
            "name": customer.name,
            "unit_id": manager.unit_id,
            "manager_id": manager.pk,
            "tier": customer.tier,
            "vip_since": customer.vip_since,
        },
        last=LastContacts(until - timedelta(days=random.randrange(1, 25)), None),
    )


def _weights(leavers: Leavers) -> list[float]:
    """How many there are of each tier; of those who all leave, more of the lower ones."""
    if leavers is Leavers.EVERYBODY:
        return [number * LOST_A_YEAR[tier] for tier, number in TIERS.items()]
    return list(TIERS.values())


# --- What is written ---------------------------------------------------------------------------


def _life(customer: Customer, population: Population, seed: int, span: Span) -> Life:
    return invent_life(
        _random(customer, seed),
        tier=customer.tier,
        vip_since=customer.vip_since,
        first=span.first,
        last=span.last,
        leavers=population.leavers,
    )


def _random(customer: Customer, seed: int, what: str = "life") -> Random:
    """A customer's own numbers: who else is simulated makes no difference."""
    return Random(f"{seed}:{customer.number}:{what}")  # noqa: S311 - invented data, not a secret


def _person(customer: Customer, life: Life) -> Person:
    return Person(customer.pk, customer.number, customer.unit.time_zone, customer.unit.path, life)


def _write_months(
    customers: Sequence[Customer], lives: Mapping[int, Life], seed: int, span: Span
) -> int:
    received: dict[date, datetime] = {}
    rows = []
    for customer in customers:
        random = _random(customer, seed, "months")
        for month, figures in invent_months(
            random, lives[customer.pk], first=span.first, last=span.last
        ):
            if month not in received:
                received[month] = clock.start_of_day(add_months(month, 1)) + RECEIVED
            rows.append((customer.pk, month, *figures, Source.SIMULATED.value, received[month]))
    columns = ["customer_id", "month", *Figures.__annotations__, "source", "received_at"]
    bulk.insert_rows(UsageSnapshot, columns, rows)
    mark_stale(customer.pk for customer in customers)
    return len(rows)


def _events_of(customer: Customer, life: Life, span: Span) -> list[ChurnEvent]:
    random = _random(customer, 0, "hours")
    found = []
    for kind, day in life.signs:
        begin = clock.start_of_day(day, customer.unit.time_zone)
        happened_at = begin + timedelta(minutes=random.randrange(9 * 60, 15 * 60))
        if span.first <= day <= span.last:
            found.append(
                ChurnEvent(
                    customer_id=customer.pk,
                    kind=ChurnEvent.Kind(kind),
                    happened_at=happened_at,
                    received_at=happened_at,
                    competitor=life.leaving.competitor if life.leaving is not None else "",
                    source=Source.SIMULATED,
                )
            )
    return found
