"""A plan is read whole: days, items, plan against fact (article 4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Outcome
from contacts.services.records import Contact, log_contact
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import TODAY
from tests.workplans.plans_of import a_plan, an_item
from workplans.models import Leave
from workplans.models.plans import PlanKind
from workplans.services.planned import load_plan
from workplans.services.plans import (
    approve_plan,
    move_item,
    return_plan,
    set_targets,
    submit_plan,
)

pytestmark = pytest.mark.usefixtures("frozen")


def reach(actor: StaffUser, customer: Customer) -> None:
    contact = Contact(channel=Channel.PHONE, outcome=Outcome.REACHED)
    log_contact(actor=actor, customer=customer, contact=contact)


def test_the_sheet_tells_plan_from_fact_and_shows_unplanned_work(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    plan = a_plan(manager)
    planned, open_one, unplanned = CustomerFactory.create_batch(3, manager=manager, tier="gold")
    item = an_item(plan, planned)
    late = an_item(plan, open_one, needs_visit=True, day=TODAY + timedelta(days=1))
    an_item(plan, text="Training", matter="activity", minutes=60)
    set_targets(actor=manager, plan=plan, values={"contacts_gold": 5})
    Leave.objects.create(
        manager=manager,
        starts_on=TODAY + timedelta(days=3),
        ends_on=TODAY + timedelta(days=3),
        entered_by=supervisor,
    )
    for customer in (planned, unplanned):
        reach(manager, customer)
    submit_plan(actor=manager, plan=plan)
    return_plan(actor=supervisor, plan=plan, note="More", remarks={late.pk: "By phone?"})
    submit_plan(actor=manager, plan=plan)
    approve_plan(actor=supervisor, plan=plan)
    move_item(actor=manager, item=late, day=TODAY + timedelta(days=2))

    sheet = load_plan(supervisor, plan)
    monday, _tuesday, wednesday, thursday, _friday, saturday, _sunday = sheet.days
    assert [line.item for line in monday.items if line.is_done] == [item]
    assert (monday.capacity_minutes, monday.planned_minutes) == (336, item.minutes + 60)
    (moved,) = wednesday.items
    assert (moved.changed, [remark.text for remark in moved.remarks]) == (True, ["By phone?"])
    assert (thursday.leave, thursday.is_workday, thursday.capacity_minutes) == (True, True, 0)
    assert (saturday.leave, saturday.is_workday) == (False, False)
    assert (sheet.planned, sheet.done) == (3, 1)
    targets = {line.kind: (line.target, line.planned, line.fact) for line in sheet.targets}
    assert targets == {"contacts_gold": (5, 2, 2), "visits": (0, 1, 0), "activities": (0, 1, 0)}
    assert [record.customer for record in sheet.unplanned] == [unplanned]
    assert sheet.unplanned_count == 1
    assert [remark.text for remark in sheet.remarks] == ["More"]
    assert [change.what for change in sheet.changes] == ["changed"]
    assert len(sheet.steps) == 4


def test_customers_whom_the_reader_does_not_see_yet_are_only_counted(
    manager: StaffUser, colleague: StaffUser
) -> None:
    day = TODAY + timedelta(days=2)
    CoverFactory(manager=colleague, stand_in=manager, starts_on=day, ends_on=day)
    plan = a_plan(manager)
    an_item(plan, CustomerFactory(manager=colleague), day=day)
    shown = load_plan(manager, plan).days[2]
    assert (shown.items, shown.hidden, shown.planned_minutes) == ([], 1, 15)


def test_a_year_shows_only_the_days_with_items(manager: StaffUser) -> None:
    plan = a_plan(manager, PlanKind.YEAR)
    an_item(plan, text="Anniversary")
    assert [day.day for day in load_plan(manager, plan).days] == [TODAY]


def test_the_sheet_takes_the_same_statements_for_more_items(
    manager: StaffUser, colleague: StaffUser
) -> None:
    counts = []
    for person, number in ((manager, 1), (colleague, 12)):
        plan = a_plan(person)
        for customer in CustomerFactory.create_batch(number, manager=person):
            an_item(plan, customer)
        reader = StaffUser.objects.select_related("unit").get(pk=person.pk)
        with CaptureQueriesContext(connection) as captured:
            sheet = load_plan(reader, plan)
            assert [line.item.customer for line in sheet.days[0].items][-1] == customer
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 18
