"""Plans are written, handed in, decided and changed (articles 4 and 6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q

from staff.models import StaffUser
from tests.factories import CoverFactory, CustomerFactory
from tests.pages import NOW, TODAY
from tests.workplans.plans_of import a_plan, a_submitted_plan, an_item
from workplans.models import Lapse, PlanItem, PlanTarget, WorkPlan
from workplans.models.plans import PlanKind
from workplans.services.plans import (
    ItemEntry,
    add_item,
    approve_plan,
    change_item,
    move_item,
    remove_item,
    return_plan,
    set_note,
    set_targets,
    submit_plan,
    take_back_plan,
    tick_item,
)

pytestmark = pytest.mark.usefixtures("frozen")

State = WorkPlan.State


def test_a_plan_is_opened_once_and_knows_when_it_is_due(manager: StaffUser) -> None:
    week = a_plan(manager)
    assert (week.starts_on, week.ends_on) == (TODAY, TODAY + timedelta(days=6))
    assert week.due_at == NOW
    assert a_plan(manager, day=TODAY + timedelta(days=6)) == week
    # 1 November 2026 is a Sunday.
    assert a_plan(manager, PlanKind.MONTH).due_at == datetime(2026, 11, 2, 16, tzinfo=UTC)
    assert a_plan(manager, PlanKind.YEAR).due_at == datetime(2026, 1, 10, 16, tzinfo=UTC)


def test_who_is_no_manager_has_no_plan_and_no_plan_is_for_another_century(
    manager: StaffUser, supervisor: StaffUser
) -> None:
    with pytest.raises(PermissionDenied):
        a_plan(supervisor)
    with pytest.raises(ValidationError):
        a_plan(manager, day=date(9999, 12, 31))


def test_handing_in_is_late_after_the_moment_and_closes_what_was_missing(
    manager: StaffUser, frozen: time_machine.Traveller
) -> None:
    assert not a_submitted_plan(manager).is_late
    plan = a_plan(manager, PlanKind.MONTH)
    lapse = Lapse.objects.create(
        manager=manager, subject="month", starts_on=plan.starts_on, due_at=plan.due_at
    )
    late = a_submitted_plan(manager, kind=PlanKind.MONTH)
    assert (late.is_late, late.submitted_at) == (True, NOW)
    lapse.refresh_from_db()
    assert (lapse.closed_at, lapse.close_reason) == (NOW, "handed_in")
    assert submit_plan(actor=manager, plan=late).version == late.version
    taken = take_back_plan(actor=manager, plan=late)
    assert (taken.state, taken.submitted_at, taken.is_late) == (State.DRAFT, None, False)
    lapse.refresh_from_db()
    assert lapse.closed_at is None


def test_an_empty_plan_is_not_handed_in(manager: StaffUser) -> None:
    plan = a_plan(manager)
    with pytest.raises(ValidationError):
        submit_plan(actor=manager, plan=plan)
    set_note(actor=manager, plan=plan, note="Away all week")
    assert submit_plan(actor=manager, plan=plan).state == State.SUBMITTED


def test_a_submitted_plan_is_locked_until_it_is_taken_back(manager: StaffUser) -> None:
    plan = a_submitted_plan(manager)
    item = plan.items.get()
    for change in (
        lambda: set_note(actor=manager, plan=plan, note="x"),
        lambda: set_targets(actor=manager, plan=plan, values={"visits": 1}),
        lambda: an_item(plan),
        lambda: move_item(actor=manager, item=item, day=TODAY + timedelta(days=1)),
        lambda: remove_item(actor=manager, item=item),
    ):
        with pytest.raises(ValidationError):
            change()
    take_back_plan(actor=manager, plan=plan)
    remove_item(actor=manager, item=item)
    remove_item(actor=manager, item=item)
    assert not plan.items.exists()


def test_only_the_supervisor_of_the_unit_decides_and_nobody_about_their_own(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, outsider: StaffUser
) -> None:
    plan = a_submitted_plan(manager)
    for person in (manager, colleague, outsider):
        assert not WorkPlan.objects.decidable_by(person).exists()
        with pytest.raises(PermissionDenied):
            approve_plan(actor=person, plan=plan)
    assert WorkPlan.objects.decidable_by(supervisor).get() == plan
    approved = approve_plan(actor=supervisor, plan=plan, note="Good")
    assert (approved.state, approved.decided_by) == (State.APPROVED, supervisor)
    assert approve_plan(actor=supervisor, plan=plan).version == approved.version
    assert plan.remarks.get().text == "Good"
    with pytest.raises(ValidationError, match="approved meanwhile"):
        return_plan(actor=supervisor, plan=plan, note="No")
    with pytest.raises(ValidationError, match="approved meanwhile"):
        take_back_plan(actor=manager, plan=plan)


def test_a_returned_plan_keeps_its_remarks_and_is_handed_in_again_in_time(
    manager: StaffUser, supervisor: StaffUser, frozen: time_machine.Traveller
) -> None:
    plan = a_submitted_plan(manager)
    item = plan.items.get()
    with pytest.raises(ValidationError):
        return_plan(actor=supervisor, plan=plan, note=" ")
    strange = an_item(a_plan(manager, PlanKind.MONTH))
    with pytest.raises(ValidationError):
        return_plan(actor=supervisor, plan=plan, note="", remarks={strange.pk: "?"})
    back = return_plan(actor=supervisor, plan=plan, note="See", remarks={item.pk: "Too vague"})
    assert back.state == State.RETURNED
    assert return_plan(actor=supervisor, plan=plan, note="See").version == back.version
    assert item.remarks.get().text == "Too vague"
    change_item(actor=manager, item=item, entry=ItemEntry(day=TODAY, text="Bills of May"))
    frozen.shift(timedelta(days=1))
    again = submit_plan(actor=manager, plan=plan)
    assert (again.state, again.is_late) == (State.SUBMITTED, False)
    assert take_back_plan(actor=manager, plan=plan).state == State.RETURNED
    with pytest.raises(ValidationError, match="taken back or returned"):
        approve_plan(actor=supervisor, plan=plan)
    submit_plan(actor=manager, plan=plan)
    approve_plan(actor=supervisor, plan=plan)
    states = [State.SUBMITTED, State.RETURNED, State.SUBMITTED, State.RETURNED]
    steps = plan.steps.values_list("state", flat=True)
    assert list(steps) == [*states, State.SUBMITTED, State.APPROVED]


def test_a_remark_outlives_its_item(manager: StaffUser, supervisor: StaffUser) -> None:
    plan = a_submitted_plan(manager)
    item = plan.items.get()
    return_plan(actor=supervisor, plan=plan, note="", remarks={item.pk: "Leave this out"})
    remove_item(actor=manager, item=item)
    assert [(one.item, one.text) for one in plan.remarks.all()] == [(None, "Leave this out")]


def test_each_change_of_an_approved_plan_is_kept(
    manager: StaffUser, supervisor: StaffUser, frozen: time_machine.Traveller
) -> None:
    plan = a_plan(manager)
    item = an_item(plan, CustomerFactory(manager=manager), channel="phone")
    assert not plan.changes.exists()
    approve_plan(actor=supervisor, plan=submit_plan(actor=manager, plan=plan))
    tomorrow = TODAY + timedelta(days=1)
    move_item(actor=manager, item=item, day=tomorrow)
    move_item(actor=manager, item=item, day=tomorrow)
    new = an_item(plan, text="Training")
    entry = ItemEntry(day=tomorrow, customer=item.customer, channel="im")
    change_item(actor=manager, item=item, entry=entry)
    change_item(actor=manager, item=item, entry=entry)
    with pytest.raises(ValidationError):
        change_item(actor=manager, item=item, entry=ItemEntry(day=tomorrow, text="Nobody"))
    remove_item(actor=manager, item=new)
    remove_item(actor=manager, item=new)
    kept = [(one.what, one.item_id) for one in plan.changes.all()]
    assert kept == [
        ("changed", item.pk),
        ("added", new.pk),
        ("changed", item.pk),
        ("removed", new.pk),
    ]
    moved = plan.changes.all()[0]
    assert (moved.before["day"], moved.after["day"]) == (str(TODAY), str(tomorrow))
    assert list(plan.items.standing()) == [item]
    frozen.shift(timedelta(days=7))
    with pytest.raises(ValidationError, match="over"):
        an_item(plan)


def test_an_item_is_for_a_customer_one_serves_on_that_day(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser
) -> None:
    plan = a_plan(manager)
    customer = CustomerFactory(manager=colleague)
    day = TODAY + timedelta(days=2)
    CoverFactory(manager=colleague, stand_in=manager, starts_on=day, ends_on=day)
    with pytest.raises(ValidationError):
        an_item(plan, customer)
    item = an_item(plan, customer, day=day)
    with pytest.raises(ValidationError):
        move_item(actor=manager, item=item, day=TODAY)
    with pytest.raises(ValidationError):
        an_item(plan, day=TODAY + timedelta(days=7))
    with pytest.raises(ValidationError):
        an_item(plan, text="")
    with pytest.raises(PermissionDenied):
        add_item(actor=colleague, plan=plan, entry=ItemEntry(day=TODAY, text="x"))


def test_an_item_takes_what_its_channel_takes_and_may_be_sent_twice(manager: StaffUser) -> None:
    plan = a_plan(manager)
    customer = CustomerFactory(manager=manager)
    key = uuid4()
    entry = ItemEntry(day=TODAY, customer=customer, matter=PlanItem.Matter.VISIT)
    item = add_item(actor=manager, plan=plan, entry=entry, submission_key=key)
    assert add_item(actor=manager, plan=plan, entry=entry, submission_key=key) == item
    assert item.needs_visit
    minutes = {
        channel: an_item(plan, customer, channel=channel).minutes for channel in ("phone", "sms")
    }
    assert item.minutes > minutes["phone"] > minutes["sms"]
    assert an_item(plan, customer, minutes=7).minutes == 7


def test_items_are_put_in_order_within_a_day(manager: StaffUser) -> None:
    plan = a_plan(manager)
    first, _second, third = (an_item(plan, text=text) for text in "abc")
    move_item(actor=manager, item=third, day=TODAY, position=0)
    assert [item.text for item in plan.items.all()] == ["c", "a", "b"]
    other = an_item(plan, text="d", day=TODAY + timedelta(days=1))
    move_item(actor=manager, item=other, day=TODAY, position=1)
    move_item(actor=manager, item=first, day=TODAY)
    assert [item.text for item in plan.items.all()] == ["c", "d", "b", "a"]


def test_targets_are_set_one_by_one_and_zero_takes_one_out(manager: StaffUser) -> None:
    plan = a_plan(manager, PlanKind.YEAR)
    set_targets(actor=manager, plan=plan, values={PlanTarget.Kind.VISITS: 12, "offers": 3})
    set_targets(actor=manager, plan=plan, values={"visits": 10, "offers": 0})
    assert dict(plan.targets.values_list("kind", "value")) == {"visits": 10}
    for wrong in ({"naps": 1}, {"visits": -1}):
        with pytest.raises(ValidationError):
            set_targets(actor=manager, plan=plan, values=wrong)


def test_only_what_has_no_customer_is_ticked_by_hand(manager: StaffUser) -> None:
    plan = a_submitted_plan(manager)
    item = plan.items.get()
    tick_item(actor=manager, item=item, done=True)
    ticked = tick_item(actor=manager, item=item, done=True)
    assert ticked.done_at == NOW
    assert plan.items.with_done().filter(Q(is_done=True)).exists()
    assert tick_item(actor=manager, item=item, done=False).done_at is None
    take_back_plan(actor=manager, plan=plan)
    contact = an_item(plan, CustomerFactory(manager=manager))
    with pytest.raises(ValidationError):
        tick_item(actor=manager, item=contact, done=True)
