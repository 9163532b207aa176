"""A changed standard holds from its day in each unit's own zone, whatever hour the job runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from contacts.services.flags import flag_overdue
from contacts.tasks import flag_overdue as flag_task
from core import clock
from core.models import OutboxTask
from customers.models import Customer, ServiceStandard, StandardInZone
from customers.services.clocks import apply_standards
from customers.services.standards import set_standard
from customers.services.standing import assign_manager
from customers.tasks import refresh_clocks_of_unit
from portfolio.services.reassignment import reassign
from staff.models import StaffUser, Unit
from staff.services import save_unit
from tests.factories import CustomerFactory, StaffUserFactory, UnitFactory

pytestmark = pytest.mark.django_db

AT_NIGHT_IN_SHANGHAI = datetime(2028, 3, 9, 17, 10, tzinfo=UTC)
"""01:10 of the 10th in Shanghai, 23:10 of the 9th in Urumqi."""

IN_THE_MORNING = datetime(2028, 3, 10, 2, tzinfo=UTC)
"""The 10th everywhere."""

OLD, NEW = date(2028, 3, 20), date(2028, 4, 20)


@pytest.fixture
def east(db: None) -> StaffUser:
    return StaffUserFactory(unit=UnitFactory(name="滨江市"))


@pytest.fixture
def west(east: StaffUser) -> StaffUser:
    return StaffUserFactory(unit=UnitFactory(name="乌鲁木齐市", time_zone="Asia/Urumqi"))


@pytest.fixture
def changed(east: StaffUser) -> ServiceStandard:
    """Two months for diamond from 10 March 2028, said on the 1st."""
    with time_machine.travel(datetime(2028, 3, 1, 4, tzinfo=UTC), tick=False):
        row = ServiceStandard(
            figure="contact_interval_months",
            tier="diamond",
            effective_from=date(2028, 3, 10),
            value=2,
        )
        return set_standard(actor=None, row=row)


def diamond(manager: StaffUser) -> Customer:
    with time_machine.travel(datetime(2028, 3, 1, 4, tzinfo=UTC), tick=False):
        made: Customer = CustomerFactory(
            manager=manager, tier="diamond", vip_since=date(2028, 2, 20)
        )
    return made


def due_of(customer: Customer) -> date | None:
    customer.refresh_from_db()
    return customer.contact_due_on


def is_finished(row: ServiceStandard) -> bool:
    """Whether the clocks have followed the row everywhere."""
    return ServiceStandard.objects.filter(pk=row.pk, applied_at__isnull=False).exists()


def unit_of(person: StaffUser) -> Unit:
    """The unit as it is stored now."""
    assert person.unit is not None
    return Unit.objects.get(pk=person.unit.pk)


def test_the_night_job_of_shanghai_leaves_the_west_for_its_own_day(
    east: StaffUser, west: StaffUser, changed: ServiceStandard
) -> None:
    here, there = diamond(east), diamond(west)
    with time_machine.travel(AT_NIGHT_IN_SHANGHAI, tick=False):
        flag_overdue()
        assert (due_of(here), due_of(there)) == (NEW, OLD)
        assert not is_finished(changed)
        call_command("verify_clocks")
    with time_machine.travel(IN_THE_MORNING, tick=False):
        flag_task()
        assert (due_of(here), due_of(there)) == (NEW, NEW)
        assert is_finished(changed)
        assert not StandardInZone.objects.exists()
        call_command("verify_clocks")


def test_days_without_a_job_are_caught_up_in_every_zone(
    east: StaffUser, west: StaffUser, changed: ServiceStandard
) -> None:
    here, there = diamond(east), diamond(west)
    with time_machine.travel(datetime(2028, 3, 14, 17, 10, tzinfo=UTC), tick=False):
        assert apply_standards() == 2
        assert (due_of(here), due_of(there)) == (NEW, NEW)
        assert apply_standards() == 0


def test_run_again_on_the_way_it_touches_no_zone_twice(
    east: StaffUser,
    west: StaffUser,
    changed: ServiceStandard,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    diamond(east)
    with time_machine.travel(AT_NIGHT_IN_SHANGHAI, tick=False):
        assert apply_standards() == 1
        with django_assert_max_num_queries(7) as asked:
            assert apply_standards() == 0
        assert not any('UPDATE "customers_customer"' in q["sql"] for q in asked.captured_queries)


def test_a_day_that_is_only_tried_uses_no_row_up(west: StaffUser, changed: ServiceStandard) -> None:
    there = diamond(west)
    with time_machine.travel(datetime(2028, 3, 5, 4, tzinfo=UTC), tick=False):
        flag_overdue(as_of=date(2028, 3, 20))
        assert due_of(there) == OLD
    with time_machine.travel(IN_THE_MORNING, tick=False):
        flag_overdue()
        assert due_of(there) == NEW


def by_assignment(actor: StaffUser, customer: Customer, to: StaffUser) -> None:
    assign_manager(actor=actor, customer=customer, manager=to)


def by_handover(actor: StaffUser, customer: Customer, to: StaffUser) -> None:
    reassign(
        actor=actor,
        customers=[customer.pk],
        manager=to,
        effective_on=clock.today(to.time_zone),
        submission_key=uuid4(),
    )


@pytest.mark.parametrize("move", [by_assignment, by_handover])
def test_who_moves_between_the_zones_meanwhile_has_the_day_of_the_new_unit(
    head_of_all: StaffUser,
    east: StaffUser,
    west: StaffUser,
    changed: ServiceStandard,
    move: Callable[[StaffUser, Customer, StaffUser], None],
) -> None:
    eastward, westward = diamond(west), diamond(east)
    with time_machine.travel(AT_NIGHT_IN_SHANGHAI, tick=False):
        flag_overdue()
        move(head_of_all, eastward, east)
        move(head_of_all, westward, west)
        # In Shanghai it holds already and its job has been; in Urumqi it does not hold yet.
        assert (due_of(eastward), due_of(westward)) == (NEW, OLD)
        call_command("verify_clocks")
    with time_machine.travel(IN_THE_MORNING, tick=False):
        flag_overdue()
        assert (due_of(eastward), due_of(westward)) == (NEW, NEW)


@pytest.fixture
def head_of_all(east: StaffUser, west: StaffUser) -> StaffUser:
    """The supervisor of a unit above both."""
    top = UnitFactory(name="全国")
    for person in (east, west):
        unit = unit_of(person)
        unit.parent = top
        save_unit(actor=None, unit=unit)
        person.refresh_from_db()
    boss: StaffUser = StaffUserFactory(role="supervisor", unit=top)
    return boss


def test_a_unit_whose_zone_is_put_right_gets_the_day_of_that_zone(
    west: StaffUser, changed: ServiceStandard
) -> None:
    there = diamond(west)
    with time_machine.travel(AT_NIGHT_IN_SHANGHAI, tick=False):
        flag_overdue()
        unit = unit_of(west)
        unit.time_zone = "Asia/Shanghai"
        save_unit(actor=None, unit=unit)
        task = OutboxTask.objects.get(task="customers.tasks.refresh_clocks_of_unit")
        assert task.kwargs == {"unit_id": unit.pk}
        assert refresh_clocks_of_unit(**task.kwargs) == 1
        assert due_of(there) == NEW


def test_a_figure_that_moves_no_due_day_touches_no_customer(
    east: StaffUser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    diamond(east)
    ServiceStandard.objects.create(
        figure="log_due_hours", effective_from=date(2028, 3, 1), value=10
    )
    with (
        time_machine.travel(IN_THE_MORNING, tick=False),
        django_assert_max_num_queries(9) as asked,
    ):
        assert apply_standards() == 0
    assert not any("customers_customer" in q["sql"] for q in asked.captured_queries)
    assert not ServiceStandard.objects.filter(applied_at=None).exists()


# --- A row for every tier beside the tiers' own -------------------------------------------------


def test_a_later_row_for_every_tier_holds_for_all(east: StaffUser) -> None:
    with time_machine.travel(datetime(2027, 6, 1, 4, tzinfo=UTC), tick=False):
        silver = CustomerFactory(manager=east, tier="silver", vip_since=date(2027, 6, 1))
        row = ServiceStandard(
            figure="contact_interval_months", effective_from=date(2027, 6, 2), value=2
        )
        set_standard(actor=None, row=row)
    with time_machine.travel(datetime(2027, 6, 3, 4, tzinfo=UTC), tick=False):
        apply_standards()
        assert due_of(silver) == date(2027, 8, 1)
        call_command("verify_clocks")


def row_of(tier: str, day: date = date(2027, 1, 1)) -> ServiceStandard:
    return ServiceStandard(
        figure="complaint_response_minutes", tier=tier, effective_from=day, value=60
    )


@pytest.mark.parametrize("last", ["", "diamond", "gold", "silver"])
def test_a_row_for_all_that_would_never_hold_is_refused(db: None, last: str) -> None:
    others = {"", "diamond", "gold", "silver"} - {last}
    for tier in others:
        set_standard(actor=None, row=row_of(tier))
    with pytest.raises(ValidationError, match="never hold"):
        set_standard(actor=None, row=row_of(last))
    set_standard(actor=None, row=row_of(last, date(2027, 1, 2)))
