"""Random histories lived through the services, held against a plain reading of the standard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction

from complaints.rules.states import Move, moves_from
from complaints.services.moving import move
from contacts.models import Cadence, CadenceFlag, ContactRecord, Exemption, Snooze
from contacts.rules import OUTCOMES_OF_CHANNEL
from contacts.services.exemptions import decide_exemption, end_exemption, request_exemption
from contacts.services.flags import flag_overdue
from contacts.services.records import Contact, log_contact, void_contact
from contacts.services.snoozes import snooze_row
from contacts.services.verification import differing_clocks, misjudged_records
from core import clock
from customers.models import Channel, Customer, ServiceStandard, Tier
from customers.services.clocks import apply_standards
from customers.services.standards import set_standard
from customers.services.standing import assign_manager, change_tier, mark_key, watch
from staff.models import Role, StaffUser
from tests import oracle
from tests.complaints.reports import complains, designate
from tests.factories import CustomerFactory, StaffUserFactory, UnitFactory

pytestmark = [pytest.mark.django_db, pytest.mark.whole]

BEGIN = datetime(2028, 1, 20, 3, tzinfo=UTC)
CUSTOMERS = 8
EVENTS = 35
HISTORIES = range(6)
"""The seeds that are lived through; give others to look further."""


@dataclass
class World:
    """Some customers of a company in two time zones, and what the oracle knows of them."""

    random: Random
    traveller: Any
    managers: list[StaffUser]
    boss: StaffUser
    handler: StaffUser
    customers: list[Customer] = field(default_factory=list)
    persons: list[oracle.Person] = field(default_factory=list)
    records: list[oracle.Said] = field(default_factory=list)
    made: list[ContactRecord] = field(default_factory=list)
    excused: list[tuple[int, str, date, Exemption]] = field(default_factory=list)
    rows: list[oracle.Row] = field(default_factory=list)
    flags: dict[tuple[int, str], tuple[date, bool]] = field(default_factory=dict)
    hidden: dict[tuple[int, str], date] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)

    def fresh(self, place: int) -> Customer:
        return Customer.objects.select_related("unit", "manager").get(pk=self.customers[place].pk)

    def today(self, place: int) -> date:
        return clock.today(self.fresh(place).unit.time_zone)

    def draw(self) -> int:
        return self.random.randrange(len(self.customers))


def contact(world: World) -> None:
    place, random = world.draw(), world.random
    customer = world.fresh(place)
    channel = random.choice(["phone", "phone", "sms", "im", "visit", "reception"])
    outcome = random.choice([*OUTCOMES_OF_CHANNEL[channel], "reached", "reached"])
    direction = random.choice(["outgoing", "outgoing", "incoming"])
    actor = random.choice([customer.manager, customer.manager, world.boss, world.handler])
    back = timedelta(minutes=random.choice([0, 0, 30, 600, 5_000, 30_000]))
    say(world, place, actor, channel, outcome, direction, back, random.choice(["", "", "您好"]))


def say(
    world: World,
    place: int,
    actor: Any,
    channel: str,
    outcome: str,
    direction: str,
    back: timedelta,
    text: str,
) -> None:
    customer, at = world.fresh(place), clock.now() - back
    made = log_contact(
        actor=actor,
        customer=customer,
        contact=Contact(
            channel=Channel(channel),
            outcome=outcome,  # type: ignore[arg-type]
            direction=direction,  # type: ignore[arg-type]
            happened_at=at,
            summary=text,
        ),
    )
    role = "handler" if actor == world.handler else "manager"
    day = clock.local_date(at, customer.unit.time_zone)
    said = oracle.Said(
        day, at, place, actor.pk, channel, outcome, direction, role, text if text else ""
    )
    world.records.append(said)
    world.made.append(made)
    check(world)


def burst(world: World) -> None:
    """One text to some customers of one manager, spread over an hour or more."""
    random = world.random
    manager = random.choice(world.managers)
    mine = [n for n in range(CUSTOMERS) if world.fresh(n).manager_id == manager.pk]
    random.shuffle(mine)
    for place in mine[: random.randint(5, 8)]:
        back = timedelta(minutes=random.randrange(random.choice([50, 70, 140])))
        say(world, place, manager, "sms", "reached", "outgoing", back, "节日快乐")


def void(world: World) -> None:
    standing = [n for n, said in enumerate(world.records) if not said.voided]
    if standing:
        place = world.random.choice(standing)
        record = ContactRecord.objects.get(pk=world.made[place].pk)
        void_contact(actor=world.boss, record=record, reason="记错")
        world.records[place] = replace(world.records[place], voided=True)


def tier(world: World) -> None:
    place = world.draw()
    wanted = world.random.choice(list(Tier))
    customer, person = world.fresh(place), world.persons[place]
    on = None
    if world.random.random() < 0.4:
        on = world.today(place) - timedelta(days=world.random.randrange(12))
    if customer.tier != wanted and (on is None or on >= person.tiers[-1][0]):
        change_tier(actor=world.boss, customer=customer, tier=wanted, on=on)
        person.tiers.append((on or max(world.today(place), person.tiers[-1][0]), wanted.value))


def key(world: World) -> None:
    place = world.draw()
    person, today = world.persons[place], world.today(place)
    on = today - timedelta(days=world.random.randrange(60))
    is_key = person.key_since is None
    mark_key(actor=world.boss, customer=world.fresh(place), is_key=is_key, on=on)
    person.key_since = on if is_key else None


def warning(world: World) -> None:
    place = world.draw()
    person, today = world.persons[place], world.today(place)
    is_open = bool(person.watches) and person.watches[-1][1] is None
    watch(actor=None, customer=world.fresh(place), watched=not is_open)
    if is_open:
        start = person.watches[-1][0]
        person.watches[-1] = (start, max(start, today))
    else:
        person.watches.append((today, None))


def standard(world: World) -> None:
    random = world.random
    figure = random.choice(
        [
            *("contact_interval_months", "contact_interval_months", "visit_interval_months"),
            *("contact_watched_days", "change_grace_days"),
        ]
    )
    of = "" if figure == "change_grace_days" else random.choice(["", *Tier.values])
    day = clock.today() + timedelta(days=random.randint(-20, 10))
    value = random.randint(1, 4 if figure.endswith("months") else 25)
    row = ServiceStandard(figure=figure, tier=of, effective_from=day, value=value)
    try:
        with transaction.atomic():
            set_standard(actor=None, row=row)
    except ValidationError:
        return
    apply_standards(today=clock.today())
    world.rows.append(oracle.Row(figure, of, day, value))


def exempt(world: World) -> None:
    place, random = world.draw(), world.random
    customer = world.fresh(place)
    cadence = random.choice(list(Cadence))
    ends_on = world.today(place) + timedelta(days=random.randrange(40))
    asked = request_exemption(
        actor=world.boss,
        customer=customer,
        cadence=cadence,
        reason=Exemption.Reason.ABROAD,
        ends_on=ends_on,
    )
    if random.random() < 0.8:
        decide_exemption(actor=world.boss, exemption=asked, approve=True)
        world.excused.append((place, cadence.value, ends_on, asked))
    else:
        decide_exemption(actor=world.boss, exemption=asked, approve=False)


def end(world: World) -> None:
    if world.excused:
        one = world.random.choice(world.excused)
        end_exemption(actor=world.boss, exemption=one[3])
        world.excused.remove(one)


def hide(world: World) -> None:
    place, random = world.draw(), world.random
    subject = random.choice([Snooze.Subject.CONTACT, Snooze.Subject.VISIT])
    until = world.today(place) + timedelta(days=random.randint(1, 12))
    customer = world.fresh(place)
    snooze_row(actor=world.boss, customer=customer, subject=subject, until=until, reason="出差")
    world.hidden[place, subject.value] = until


def relocate(world: World) -> None:
    place = world.draw()
    assign_manager(
        actor=world.boss, customer=world.fresh(place), manager=world.random.choice(world.managers)
    )


KINDS: list[Callable[[World], None]] = [
    *(contact, contact, contact, burst, void, tier, key, warning),
    *(standard, standard, exempt, exempt, end, hide, hide, relocate, relocate),
]


def is_excused(world: World, place: int, cadence: str, today: date) -> bool:
    return any(
        (who, what) == (place, cadence) and last >= today
        for who, what, last, _made in world.excused
    )


def check(world: World) -> None:
    """Run the job and compare due days, flags and escalations with what the oracle says."""
    flag_overdue()
    counted = oracle.counted(world.records)
    found = {
        (flag.customer_id, flag.cadence): (flag.opened_on, flag.escalated_at is not None)
        for flag in CadenceFlag.objects.open()
    }
    for place, person in enumerate(world.persons):
        customer, today = world.fresh(place), world.today(place)
        mine = [one for one in counted if one.customer == place]
        facts = [day for day, _tier in person.tiers]
        facts += [until or since for since, until in person.watches]
        known = max([today, *facts])
        due = {
            "contact": oracle.contact_due(world.rows, person, mine, known),
            "visit": oracle.visit_due(world.rows, person, mine, known),
        }
        assert (customer.contact_due_on, customer.visit_due_on) == (due["contact"], due["visit"])
        hiding = Snooze.objects.hiding(today).filter(customer=customer)
        assert set(hiding.values_list("subject", flat=True)) == {
            subject
            for (who, subject), until in world.hidden.items()
            if who == place and today < until
        }
        for cadence, day in due.items():
            late = day is not None and today > day
            where = (place, cadence)
            if not late or is_excused(world, place, cadence, today):
                world.flags.pop(where, None)
                assert (customer.pk, cadence) not in found
                continue
            since, escalated = world.flags.setdefault(where, (today, False))
            escalated = escalated or (today - since).days >= 7
            world.flags[where] = since, escalated
            assert found[customer.pk, cadence] == (since, escalated)


@pytest.fixture
def world() -> Iterator[Callable[[int], World]]:
    """Return a function that makes the company of a seed, the clock at its beginning."""
    with time_machine.travel(BEGIN, tick=False) as traveller:

        def make(seed: int) -> World:
            random = Random(seed)
            traveller.move_to(BEGIN + timedelta(minutes=random.randrange(1440)))
            top = UnitFactory(name=f"省{seed}")
            east = UnitFactory(name="东", parent=top)
            west = UnitFactory(name="西", parent=top, time_zone="Asia/Urumqi")
            managers: list[StaffUser] = [StaffUserFactory(unit=unit) for unit in (east, west)]
            boss = StaffUserFactory(role=Role.SUPERVISOR, unit=top)
            handler = StaffUserFactory(role=Role.COMPLAINT_HANDLER, unit=top)
            designate(handler, east, west)
            made = World(random, traveller, managers, boss, handler)
            made.rows = [
                oracle.Row(*row)
                for row in ServiceStandard.objects.values_list(
                    "figure", "tier", "effective_from", "value"
                )
            ]
            for _ in range(CUSTOMERS):
                since = date(2027, 10, 1) + timedelta(days=random.randrange(110))
                tier = random.choice(Tier.values)
                manager = managers[random.random() < 0.25]
                made.customers.append(CustomerFactory(manager=manager, tier=tier, vip_since=since))
                made.persons.append(oracle.Person(since, [(since, tier)]))
            return made

        yield make


def lives(one: World) -> None:
    """Live through the events of a world; a difference is told with the events before it."""
    random = one.random
    check(one)
    for _ in range(EVENTS):
        one.traveller.shift(timedelta(minutes=random.choice([5, 90, 700, 2_000, 6_000, 20_000])))
        kind = random.choice(KINDS)
        one.story.append(f"{clock.now():%m-%d %H:%M} {kind.__name__}")
        try:
            kind(one)
            check(one)
        except AssertionError as difference:
            raise AssertionError(f"{one.story[-6:]}: {difference}") from difference
    assert list(differing_clocks()) == []
    assert list(misjudged_records()) == []


@pytest.mark.parametrize("seed", HISTORIES)
def test_a_history_of_customers_is_what_the_rules_say(
    world: Callable[[int], World], seed: int
) -> None:
    lives(world(seed))


# --- Complaints ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", HISTORIES)
def test_a_history_of_a_complaint_keeps_what_was_promised(
    world: Callable[[int], World], seed: int
) -> None:
    one = world(seed)
    random, place = one.random, one.draw()
    customer = one.fresh(place)
    received = clock.now() - timedelta(minutes=random.randrange(200))
    complaint = complains(one.boss, customer, received_at=received)
    promised = {"diamond": 24, "gold": 36, "silver": 48}[customer.tier]
    steps: list[tuple[str, datetime]] = []
    zone = customer.unit.time_zone
    for _ in range(12):
        one.traveller.shift(timedelta(minutes=random.choice([0, 5, 90, 700, 2_000])))
        name = random.choice(["resolution_hours", "response_minutes", "reopened_hours"])
        day = clock.today() - timedelta(days=random.choice([0, 0, 1, 900]))
        row = ServiceStandard(
            figure=f"complaint_{name}",
            tier="" if name == "reopened_hours" else random.choice(["", *Tier.values]),
            effective_from=day,
            value=random.randint(1, 90),
        )
        try:
            with transaction.atomic():
                set_standard(actor=None, row=row)
        except ValidationError:
            # The day has such a row already.
            pass
        tier(one)
        kind = random.choice(moves_from(complaint.state))
        complaint = move(
            actor=one.handler,
            complaint=complaint,
            move=kind,
            reason="客户出差",
            resolution="已退费",
        )
        if kind not in (Move.ACCEPT, Move.START):
            steps.append((kind.value, clock.now()))
        assert complaint.resolution_due_at == oracle.resolution_due(received, promised, 4, steps)
        assert complaint.response_due_at == received + timedelta(hours=2)
        last_day = clock.local_date(received, zone) + timedelta(days=15)
        assert complaint.statutory_due_at == clock.end_of_day(last_day, zone)
