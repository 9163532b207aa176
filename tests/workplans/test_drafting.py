"""A plan drafts itself from what is due (article 4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Direction, Outcome
from contacts.services.records import Contact, log_contact
from core import clock
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import TODAY
from tests.retention.cases_of import asks_to_leave, warn
from tests.workplans.plans_of import a_plan, a_submitted_plan, an_item
from workplans.models import Leave, PlanItem, PlanTarget
from workplans.models.plans import PlanKind
from workplans.services.drafting import Drafted, draft_plan, suggest_targets
from workplans.services.plans import set_targets, tick_item

pytestmark = pytest.mark.usefixtures("frozen")

MONDAY = TODAY
LATER = MONDAY + timedelta(days=60)


def due(manager: StaffUser, day: date = LATER, **fields: Any) -> Customer:
    """Return a customer whose contact is due on ``day``."""
    customer = CustomerFactory(manager=manager, **fields)
    Customer.objects.filter(pk=customer.pk).update(contact_due_on=day)
    return customer


def drafted(manager: StaffUser, **given: Any) -> dict[int | None, PlanItem]:
    """Draft the manager's plan; return its items by customer."""
    plan = a_plan(manager, **given)
    draft_plan(actor=manager, plan=plan)
    return {item.customer_id: item for item in plan.items.all()}


def test_a_week_holds_whatever_is_due_for_the_customers(manager: StaffUser) -> None:
    friday = MONDAY + timedelta(days=4)
    overdue = due(manager, MONDAY - timedelta(days=1))
    soon = due(manager, friday, preferred_channel="im")
    visit = due(manager, is_key=True)
    Customer.objects.filter(pk=visit.pk).update(visit_due_on=friday)
    solar = due(manager, birth_month=11, birth_day=26)
    # 26 November 2026 is the 18th of the tenth lunar month.
    lunar = due(manager, birth_calendar="lunar", birth_month=10, birth_day=18)
    warned, leaving, promised, asking = (due(manager) for _ in range(4))
    warn(warned)
    asks_to_leave(manager, leaving)
    log_contact(
        actor=manager,
        customer=promised,
        contact=Contact(
            channel=Channel.PHONE,
            outcome=Outcome.REACHED,
            summary="Wants the new tariff",
            follow_up_on=MONDAY + timedelta(days=1),
        ),
    )
    log_contact(
        actor=manager,
        customer=asking,
        contact=Contact(
            channel=Channel.PHONE, outcome=Outcome.NO_ANSWER, direction=Direction.INCOMING
        ),
    )
    due(manager)
    items = drafted(manager)
    found = {pk: (item.matter, item.channel, item.day) for pk, item in items.items()}
    assert found == {
        overdue.pk: ("contact", "phone", MONDAY),
        soon.pk: ("contact", "im", friday),
        visit.pk: ("visit", "visit", friday),
        solar.pk: ("birthday", "phone", date(2026, 11, 26)),
        lunar.pk: ("birthday", "phone", date(2026, 11, 26)),
        warned.pk: ("retention", "phone", MONDAY),
        leaving.pk: ("retention", "phone", MONDAY),
        promised.pk: ("follow_up", "phone", MONDAY + timedelta(days=1)),
        asking.pk: ("contact", "phone", MONDAY),
    }
    assert items[visit.pk].needs_visit
    assert items[promised.pk].purpose == "Wants the new tariff"
    assert items[asking.pk].occasion == "customer_question"
    assert items[overdue.pk].origin == PlanItem.Origin.DRAFTED
    assert [items[pk].position for pk in (leaving.pk, warned.pk)] == [0, 1]


def test_drafting_twice_adds_nobody_twice_and_keeps_what_was_adjusted(
    manager: StaffUser,
) -> None:
    mine = due(manager, MONDAY + timedelta(days=2))
    other = due(manager, MONDAY + timedelta(days=3))
    plan = a_plan(manager)
    item = an_item(plan, mine, day=MONDAY + timedelta(days=1))
    assert draft_plan(actor=manager, plan=plan) == Drafted(1, 0)
    version = plan.version
    plan.refresh_from_db()
    assert plan.version > version
    assert draft_plan(actor=manager, plan=plan) == Drafted(0, 0)
    assert set(plan.items.values_list("customer", flat=True)) == {mine.pk, other.pk}
    item.refresh_from_db()
    assert item.day == MONDAY + timedelta(days=1)


def test_what_does_not_fit_into_the_hours_is_left_over(manager: StaffUser) -> None:
    CustomerFactory.create_batch(2, manager=manager, phone="")
    Customer.objects.filter(manager=manager).update(
        visit_due_on=MONDAY, is_key=True, key_since=MONDAY, preferred_channel="visit"
    )
    plan = a_plan(manager)
    for number in range(5):
        an_item(plan, text="Training", day=MONDAY + timedelta(days=number), minutes=280)
    assert draft_plan(actor=manager, plan=plan) == Drafted(0, 2)


def test_only_the_manager_drafts_and_only_an_open_plan_that_is_not_over(
    manager: StaffUser, colleague: StaffUser, frozen: time_machine.Traveller
) -> None:
    plan = a_submitted_plan(manager)
    with pytest.raises(PermissionDenied):
        draft_plan(actor=colleague, plan=plan)
    with pytest.raises(ValidationError):
        draft_plan(actor=manager, plan=plan)
    week = a_plan(colleague)
    frozen.shift(timedelta(days=7))
    with pytest.raises(ValidationError):
        draft_plan(actor=colleague, plan=week)


def test_days_that_are_over_days_of_leave_and_days_covered_are_left_free(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, frozen: time_machine.Traveller
) -> None:
    frozen.shift(timedelta(days=1))
    tuesday, thursday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=3)
    friday = MONDAY + timedelta(days=4)
    one, two = (due(manager, friday) for _ in range(2))
    Leave.objects.create(
        manager=manager, starts_on=thursday, ends_on=thursday, entered_by=supervisor
    )
    CoverFactory(manager=manager, stand_in=colleague, starts_on=friday, ends_on=friday)
    wednesday = MONDAY + timedelta(days=2)
    items = drafted(manager)
    assert {items[one.pk].day, items[two.pk].day} == {wednesday}
    overdue = due(manager, MONDAY)
    assert drafted(manager)[overdue.pk].day == tuesday


def test_the_customers_of_who_is_covered_come_in_on_those_days_alone(
    manager: StaffUser, colleague: StaffUser
) -> None:
    friday, next_tuesday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=8)
    CoverFactory(manager=colleague, stand_in=manager, starts_on=friday, ends_on=next_tuesday)
    late, on_sunday, after = (
        due(colleague, day) for day in (MONDAY, friday + timedelta(days=2), LATER)
    )
    on_wednesday = due(colleague, next_tuesday + timedelta(days=1))
    items = drafted(manager)
    assert {pk: item.day for pk, item in items.items()} == {late.pk: friday, on_sunday.pk: friday}
    on_tuesday = due(colleague, next_tuesday)
    following = drafted(manager, day=next_tuesday)
    assert following[on_tuesday.pk].day == next_tuesday
    assert not {after.pk, on_wednesday.pk} & set(following)


def test_before_spring_festival_the_make_up_saturday_is_used(
    manager: StaffUser, frozen: time_machine.Traveller
) -> None:
    frozen.move_to("2026-02-08T02:00:00+00:00")
    in_festival = due(manager, date(2026, 2, 20))
    back_to_work = due(manager, date(2026, 2, 24))
    items = drafted(manager, day=date(2026, 2, 9))
    assert {pk: item.day for pk, item in items.items()} == {in_festival.pk: date(2026, 2, 14)}
    assert drafted(manager, day=date(2026, 2, 16)) == {}
    # The make-up Saturday after it is the 28th.
    third = drafted(manager, day=date(2026, 2, 23))
    assert third[back_to_work.pk].day == date(2026, 2, 24)
    assert third[in_festival.pk].day == date(2026, 2, 24)


def test_what_the_last_week_and_the_month_left_is_carried_on(
    manager: StaffUser, frozen: time_machine.Traveller
) -> None:
    frozen.shift(timedelta(days=-7))
    last = a_plan(manager, day=clock.today())
    customer = due(manager)
    an_item(last, customer, day=last.starts_on, purpose="Ask for the employer", matter="profile")
    an_item(last, text="Filing", day=last.starts_on)
    done = an_item(last, text="Done", day=last.starts_on)
    tick_item(actor=manager, item=done, done=True)
    frozen.shift(timedelta(days=7))
    an_item(a_plan(manager, PlanKind.MONTH), text="Fair", day=MONDAY + timedelta(days=3))
    items = drafted(manager)
    carried = items[customer.pk]
    assert (carried.matter, carried.purpose) == ("profile", "Ask for the employer")
    assert carried.origin == PlanItem.Origin.CARRIED
    texts = dict(a_plan(manager).items.filter(customer=None).values_list("text", "day"))
    assert texts == {"Filing": MONDAY, "Fair": MONDAY + timedelta(days=3)}


def test_a_month_is_drafted_over_its_days(manager: StaffUser) -> None:
    customer = due(manager, date(2026, 11, 30))
    assert drafted(manager, kind=PlanKind.MONTH)[customer.pk].day == date(2026, 11, 30)


def test_drafting_takes_the_same_statements_for_more_customers(
    manager: StaffUser, colleague: StaffUser
) -> None:
    counts = []
    for person, number in ((manager, 3), (colleague, 60)):
        CustomerFactory.create_batch(number, manager=person)
        plan = a_plan(person)
        with CaptureQueriesContext(connection) as captured:
            assert draft_plan(actor=person, plan=plan).added == number
        # SQLite takes some hundred values at a time.
        inserts = [one for one in captured if one["sql"].startswith("INSERT INTO")]
        counts.append(len(captured) - len(inserts))
    assert counts[0] == counts[1]
    assert counts[0] <= 35


# --- Targets -------------------------------------------------------------------------------------


def test_a_years_targets_come_from_the_cadence_and_fill_its_draft(manager: StaffUser) -> None:
    CustomerFactory(manager=manager, tier="diamond", is_key=True)
    CustomerFactory.create_batch(2, manager=manager, tier="silver")
    plan = a_plan(manager, PlanKind.YEAR)
    assert suggest_targets(plan) == {
        "contacts_diamond": 12,
        "contacts_silver": 8,
        "visits": 4,
        "profiles": 3,
    }
    set_targets(actor=manager, plan=plan, values={"visits": 6})
    assert draft_plan(actor=manager, plan=plan) == Drafted(3, 0)
    assert plan.targets.get(kind=PlanTarget.Kind.VISITS).value == 6


def test_a_year_rolls_down_to_the_month_by_what_is_left_of_it(manager: StaffUser) -> None:
    customer = CustomerFactory(manager=manager, tier="diamond", vip_since=date(2026, 1, 1))
    for day in (date(2026, 10, 8), date(2026, 10, 9), date(2026, 9, 8)):
        contact = Contact(
            channel=Channel.VISIT,
            outcome=Outcome.REACHED,
            happened_at=clock.start_of_day(day),
        )
        log_contact(actor=manager, customer=customer, contact=contact)
    year = a_plan(manager, PlanKind.YEAR)
    set_targets(actor=manager, plan=year, values={"contacts_diamond": 12, "offers": 9})
    # Two of twelve are done: one a month. November has 21 working days, December 23.
    assert suggest_targets(a_plan(manager, PlanKind.MONTH)) == {"contacts_diamond": 5, "offers": 4}
    # The week from the 30th is November's last day, for all that is left of it, and four of
    # December's 23.
    november = a_plan(manager, PlanKind.MONTH)
    set_targets(actor=manager, plan=november, values={"contacts_diamond": 5})
    week = a_plan(manager, day=date(2026, 11, 30))
    assert suggest_targets(week) == {"contacts_diamond": 7, "offers": 2}


def test_without_a_plan_above_the_cadence_is_the_target(manager: StaffUser) -> None:
    CustomerFactory.create_batch(5, manager=manager, tier="gold")
    month = {"contacts_gold": 5, "visits": 0, "profiles": 1}
    assert suggest_targets(a_plan(manager, PlanKind.MONTH)) == month
    # Five of November's 21 working days, though nothing was done before.
    assert suggest_targets(a_plan(manager)) == {"contacts_gold": 1, "visits": 0, "profiles": 0}
