"""The frozen base and the rates that stand on it, against slow, obvious calculations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from customers.models import Customer, ManagerChange, TierChange
from retention.models import (
    ChurnBaseCount,
    ChurnBaseMember,
    ChurnBaseYear,
    ChurnGoal,
    Departure,
    TierGroup,
)
from retention.services.departures import cancel_departure, record_return
from retention.services.goals import (
    freeze_base,
    freeze_base_of_the_year,
    load_goals,
    losses_from_base,
    lost_by_day,
    set_goal,
    tally,
)
from retention.tasks import freeze_base as freeze_base_task
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CustomerFactory, StaffUserFactory, UnitFactory
from tests.retention.leavers import home, leave

pytestmark = pytest.mark.django_db

Kind = Departure.Kind
YEAR = 2026
START = date(YEAR, 1, 1)
NOW = datetime(YEAR, 11, 23, 2, tzinfo=UTC)
TODAY = NOW.date()


@dataclass
class Life:
    """What happened to one made-up customer, in plain lists."""

    vip_since: date
    tiers: list[tuple[date, str]]
    managers: list[tuple[date, StaffUser]]
    left: list[tuple[str, date, date | None, bool]] = field(default_factory=list)
    """Kind, day, day of the return, taken back."""

    def tier_on(self, day: date) -> str:
        return [tier for on, tier in self.tiers if on <= day][-1]

    def manager_on(self, day: date) -> StaffUser:
        return [manager for on, manager in self.managers if on <= day][-1]

    def was_vip(self, day: date) -> bool:
        """Whether a VIP at the start of ``day``."""
        gone = any(
            on < day and (back is None or back > day)
            for _kind, on, back, wrong in self.left
            if not wrong
        )
        return self.vip_since <= day and not gone

    def lost_on(self) -> date | None:
        """The first day in the year on which the number was closed or ported out."""
        days = [
            on
            for kind, on, _back, wrong in self.left
            if kind in ("closed", "ported_out") and not wrong and START <= on <= TODAY
        ]
        return min(days, default=None)


def make_life(random: Random, managers: list[StaffUser]) -> Life:
    since = random.choice([START, START - timedelta(days=1), START + timedelta(days=1)])
    if random.random() < 0.8:
        since = START - timedelta(days=random.randint(30, 700))
    tiers = [(since, random.choice(["diamond", "gold", "silver"]))]
    owners = [(since, random.choice(managers))]
    for _change in range(random.randint(0, 2)):
        day = tiers[-1][0] + timedelta(days=random.randint(1, 300))
        if day <= TODAY:
            tiers.append((day, random.choice(["diamond", "gold", "silver"])))
            owners.append((day, random.choice(managers)))
    life = Life(since, tiers, owners)
    add_departures(random, life)
    return life


def add_departures(random: Random, life: Life) -> None:
    """Up to two stays away, of every kind; some taken back, some undone by a return."""
    day = life.vip_since + timedelta(days=random.randint(1, 500))
    for _stay in range(random.choice([0, 1, 1, 2])):
        near = START + timedelta(days=random.choice([-1, 0, 1]))
        day = near if random.random() < 0.3 and day <= near else day
        if day > TODAY:
            return
        kind = random.choice(list(Kind.values))
        back = day + timedelta(days=random.randint(1, 200))
        returns = random.random() < 0.3 and back <= TODAY and kind != "death"
        wrong = random.random() < 0.2
        life.left.append((kind, day, back if returns else None, wrong))
        if wrong or not returns:
            later = day + timedelta(days=random.randint(1, 60))
            if later <= TODAY and (wrong or kind == "vip_ended"):
                life.left.append(("ported_out", later, None, False))
            return
        day = back + timedelta(days=random.randint(1, 60))


def store(life: Life, name: str) -> Customer:
    """Write the life down as the product does, in the order in which it is reported."""
    customer: Customer = CustomerFactory(
        number=name, manager=life.managers[0][1], tier=life.tiers[0][1], vip_since=life.vip_since
    )
    for (on, tier), (_on, manager) in zip(life.tiers[1:], life.managers[1:], strict=True):
        TierChange.objects.create(customer=customer, tier=tier, effective_on=on)
        ManagerChange.objects.create(
            customer=customer, manager=manager, unit=home(manager), effective_on=on
        )
        customer.tier, customer.manager, customer.unit = tier, manager, home(manager)
    customer.save()
    for kind, on, back, wrong in life.left:
        made = leave(customer, Kind(kind), on)
        if wrong:
            cancel_departure(actor=None, departure=made, reason="错")
        elif back is not None:
            record_return(actor=None, departure=made, on=back)
    return customer


@pytest.fixture
def managers(
    manager: StaffUser, colleague: StaffUser, other_manager: StaffUser, outsider: StaffUser
) -> list[StaffUser]:
    return [manager, colleague, other_manager, outsider]


@pytest.mark.parametrize("seed", range(8))
def test_base_and_rates_agree_with_looking_at_every_life(
    seed: int, managers: list[StaffUser], head_office: StaffUser, company: Company
) -> None:
    random = Random(seed)
    with time_machine.travel(NOW, tick=False):
        lives = {}
        for number in range(40):
            life = make_life(random, managers)
            lives[store(life, f"L{number}").pk] = life
        base = freeze_base(year=YEAR)
        members = {row.customer_id: row for row in ChurnBaseMember.objects.all()}
        inside = {pk: life for pk, life in lives.items() if life.was_vip(START)}
        assert set(members) == set(inside)
        assert base.members == len(inside)
        for pk, life in inside.items():
            row = members[pk]
            then = life.manager_on(START)
            assert (row.tier, row.manager_id, row.unit_id) == (
                life.tier_on(START),
                then.pk,
                then.unit_id,
            )
        found = tally(
            year=YEAR,
            as_of=TODAY,
            members=ChurnBaseMember.objects.visible_to(head_office),
            counts=ChurnBaseCount.objects.visible_to(head_office),
        )
        lost = {pk: life.lost_on() for pk, life in inside.items() if life.lost_on()}
        for group, tiers in (("all", {"diamond", "gold", "silver"}), ("top", {"diamond", "gold"})):
            of_group = [pk for pk in inside if members[pk].tier in tiers]
            standing = found.standing(group, "")
            assert standing.base == len(of_group)
            assert standing.lost == sum(pk in lost for pk in of_group)
            by_day = lost_by_day(
                year=YEAR,
                as_of=TODAY,
                members=ChurnBaseMember.objects.visible_to(head_office),
                group=group,
            )
            assert by_day == Counter(lost[pk] for pk in of_group if pk in lost)
        for person in managers:
            own = [pk for pk, life in inside.items() if life.manager_on(START) == person]
            cells = [cell for cell in found.base if cell[1] == person.pk]
            assert found.standing("all", "", cells).lost == sum(pk in lost for pk in own)
        rows = losses_from_base(
            year=YEAR, as_of=TODAY, members=ChurnBaseMember.objects.visible_to(head_office)
        )
        assert {row.customer_id: row.left_on for row in rows} == lost


@pytest.mark.parametrize("seed", range(4))
def test_a_frozen_base_never_changes_whatever_happens_afterwards(
    seed: int, managers: list[StaffUser]
) -> None:
    random = Random(100 + seed)
    with time_machine.travel(NOW, tick=False):
        for number in range(15):
            store(make_life(random, managers), f"A{number}")
        freeze_base(year=YEAR)
        before = list(ChurnBaseMember.objects.order_by("pk").values())
        sizes = list(ChurnBaseCount.objects.order_by("pk").values())
        for number in range(15):
            store(make_life(random, managers), f"B{number}")
        Customer.objects.update(tier="silver", vip_since=START)
        TierChange.objects.all().delete()
        again = freeze_base(year=YEAR)
        assert again.members == len(before)
        assert list(ChurnBaseMember.objects.order_by("pk").values()) == before
        assert list(ChurnBaseCount.objects.order_by("pk").values()) == sizes


def test_the_database_refuses_to_change_a_frozen_base(manager: StaffUser) -> None:
    with time_machine.travel(NOW, tick=False):
        customer = CustomerFactory(manager=manager)
        base = freeze_base(year=YEAR)
        late = CustomerFactory(manager=manager)
        row = {"tier": "gold", "unit": manager.unit, "manager": manager}
        changes: list[Callable[[], object]] = [
            lambda: ChurnBaseMember.objects.update(tier="silver"),
            lambda: ChurnBaseCount.objects.update(customers=7),
            lambda: ChurnBaseYear.objects.update(members=7),
            lambda: ChurnBaseMember.objects.create(base=base, customer=late, **row),
            lambda: ChurnBaseCount.objects.create(base=base, customers=1, **{**row, "tier": "s"}),
        ]
        if connection.vendor == "postgresql":
            changes.append(lambda: ChurnBaseMember.objects.all()._raw_delete("default"))
        for change in changes:
            with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
                change()
        assert ChurnBaseMember.objects.get().customer == customer


def test_freezing_costs_the_same_for_one_customer_and_for_many(manager: StaffUser) -> None:
    with time_machine.travel(NOW, tick=False):
        CustomerFactory(manager=manager)
        with CaptureQueriesContext(connection) as few:
            freeze_base(year=2026)
        CustomerFactory.create_batch(20, manager=manager, vip_since=date(2024, 1, 1))
        with CaptureQueriesContext(connection) as many:
            assert freeze_base(year=2025).members == 20
    assert len(many) == len(few) < 15


def test_a_base_of_the_first_week_is_not_rebuilt_a_later_one_is(manager: StaffUser) -> None:
    with time_machine.travel("2026-01-07T23:00:00+08:00", tick=False):
        CustomerFactory(manager=manager)
        assert not freeze_base(year=2026).is_rebuilt
    with time_machine.travel("2027-01-08T01:00:00+08:00", tick=False):
        assert freeze_base(year=2027).is_rebuilt


def test_the_job_freezes_once_the_year_has_begun_in_every_unit(manager: StaffUser) -> None:
    west = UnitFactory(name="西部", time_zone="Asia/Urumqi")
    with time_machine.travel("2026-12-01T12:00:00+08:00", tick=False):
        CustomerFactory(manager=manager)
        CustomerFactory(manager=StaffUserFactory(unit=west))
    with time_machine.travel("2027-01-01T01:00:00+08:00", tick=False):
        assert freeze_base_of_the_year() is None
        with pytest.raises(ValidationError):
            freeze_base(year=2027)
    with time_machine.travel("2027-01-01T02:05:00+08:00", tick=False):
        base = freeze_base_of_the_year()
        assert base is not None
        assert (base.members, base.is_rebuilt) == (2, False)
        assert freeze_base_of_the_year() is None


def test_the_job_leaves_a_product_that_has_just_begun_to_people(manager: StaffUser) -> None:
    with time_machine.travel("2027-01-03T12:00:00+08:00", tick=False):
        CustomerFactory(manager=manager)
        assert freeze_base_of_the_year() is None
    with time_machine.travel("2027-03-03T12:00:00+08:00", tick=False):
        assert freeze_base_of_the_year() is None
        assert freeze_base_task(year=2027) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_at_once_freeze_one_base(manager: StaffUser) -> None:
    CustomerFactory.create_batch(5, manager=manager)
    year = clock.today().year

    def work(_number: int) -> int | None:
        try:
            return freeze_base(year=year).members
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as pool:
        assert list(pool.map(work, range(2))) == [5, 5]
    assert ChurnBaseMember.objects.count() == 5


# --- Goals -------------------------------------------------------------------------------------


def test_the_goals_of_the_standard_are_there_from_the_beginning() -> None:
    assert {(row.group, row.percent) for row in load_goals()} == {
        ("all", Decimal("3.50")),
        ("top", Decimal("2.00")),
    }


@pytest.mark.usefixtures("frozen")
def test_a_goal_is_set_from_a_year_on_once(head_office: StaffUser, company: Company) -> None:
    def set_it(percent: str) -> ChurnGoal:
        return set_goal(
            actor=head_office,
            from_year=2026,
            tier_group=TierGroup.ALL,
            percent=Decimal(percent),
            unit=company.city,
        )

    first = set_it("3.20")
    assert set_it("3.20") == first
    assert set_it("3.10").pk == first.pk
    assert ChurnGoal.objects.get(unit=company.city).percent == Decimal("3.10")
    for year, percent in ((2025, "3.00"), (2026, "0"), (2026, "101")):
        with pytest.raises(ValidationError):
            set_goal(
                actor=head_office,
                from_year=year,
                tier_group=TierGroup.TOP,
                percent=Decimal(percent),
            )
