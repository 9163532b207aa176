"""The pages of work plans: the manager's own, the supervisor's queue, the public feed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Channel, ChannelOptOut, Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.pages import TODAY, events, get_part, post_part, statements, text_of
from tests.workplans.plans_of import a_plan, a_submitted_plan, an_item
from workplans.models import Lapse, PlanItem, PlanTarget, WorkPlan
from workplans.models.plans import PlanKind
from workplans.services.feeds import make_feed
from workplans.services.plans import approve_plan, submit_plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

Browser = Callable[[StaffUser], Client]
TOMORROW = TODAY + timedelta(days=1)


def url(name: str, *args: Any) -> str:
    return reverse(f"workplans:plan_{name}", args=args)


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(name="王小美", manager=manager, contact_due_on=TODAY)


# --- The manager's own --------------------------------------------------------------------------


def test_the_home_shows_each_period_with_its_plan_and_what_is_missing(
    manager: StaffUser, signed_in: Browser
) -> None:
    plan = a_submitted_plan(manager)
    Lapse.objects.create(
        manager=manager,
        subject=Lapse.Subject.MONTH,
        starts_on=TODAY.replace(day=1),
        due_at=plan.due_at,
    )
    page = signed_in(manager).get(url("home"))
    kinds = [glance.period.kind.value for glance in page.context["glances"]]
    assert kinds == ["week", "week", "month", "month", "year"]
    assert page.context["glances"][0].plan == plan
    assert "Not handed in yet" in text_of(page)


def test_a_plan_is_opened_and_drafted_in_one_go(
    manager: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    page = signed_in(manager).post(
        url("open"), {"kind": "week", "day": TODAY.isoformat(), "draft": "on"}, follow=True
    )
    assert "1 item was added." in text_of(page)
    assert WorkPlan.objects.get().items.get().customer == customer


def test_a_year_holds_only_targets_and_those_roll_down(
    manager: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    plan, client = a_plan(manager, PlanKind.YEAR), signed_in(manager)
    assert "Suggested: 12" in text_of(get_part(client, url("targets", plan.pk)))
    assert post_part(client, url("targets", plan.pk), {"visits": "-1"}).status_code == 422
    saved = post_part(client, url("targets", plan.pk), {"contacts_gold": "40"})
    assert "planChanged" in events(saved)
    assert PlanTarget.objects.get().value == 40
    assert ">40<" in text_of(client.get(url("detail", plan.pk)))


def test_an_item_offers_open_occasions_and_the_liked_channel_and_warns(
    manager: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    customer.preferred_channel = Channel.SMS
    customer.has_open_complaint = True
    customer.save()
    ChannelOptOut.objects.create(customer=customer, channel=Channel.PHONE, since=TODAY)
    plan, client = a_plan(manager), signed_in(manager)
    drawer = get_part(client, url("item_add", plan.pk) + f"?customer={customer.pk}&purpose=问候")
    text = text_of(drawer)
    assert drawer.context["form"]["channel"].value() == "sms"
    assert [one.matter for one in drawer.context["careful"].occasions] == ["contact"]
    assert "A complaint is open" in text
    assert "Opted out of: Phone call" in text
    assert "问候" in text
    found = text_of(get_part(client, url("customers", plan.pk) + "?q=wangxiao"))
    assert "王小美" in found


def test_a_refused_item_keeps_what_was_typed_and_a_good_one_is_added_once(
    manager: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    plan, client = a_plan(manager), signed_in(manager)
    sent = {
        "customer": customer.pk,
        "day": (TODAY + timedelta(days=20)).isoformat(),
        "matter": "contact",
        "purpose": "谈续约",
        "submission_key": "6a3a0a4e-3f0e-4a39-9f1d-2a1f5b0c7d11",
    }
    refused = post_part(client, url("item_add", plan.pk), sent)
    assert refused.status_code == 422
    assert "谈续约" in text_of(refused)
    sent["day"] = TOMORROW.isoformat()
    for _time in range(2):
        assert post_part(client, url("item_add", plan.pk), sent).status_code == 204
    assert plan.items.get().purpose == "谈续约"


def test_an_item_moves_and_comes_back_after_it_was_taken_out(
    manager: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    plan, client = a_plan(manager), signed_in(manager)
    an_item(plan, day=TOMORROW)
    item = an_item(plan, customer, purpose="谈续约")
    moved = {"day": TOMORROW.isoformat(), "position": "0"}
    assert "planChanged" in events(post_part(client, url("item_move", item.pk), moved))
    assert plan.items.first() == item
    undo = events(post_part(client, url("item_remove", item.pk)))["toast"]["undo_url"]
    assert plan.items.count() == 1
    for _time in range(2):
        assert post_part(client, undo).status_code == 204
    back = plan.items.get(customer=customer)
    assert (back.day, back.position, back.purpose) == (TOMORROW, 0, "谈续约")
    away = post_part(client, url("item_move", back.pk), {"day": "2027-01-01"})
    assert (away.status_code, events(away)["toast"]["level"]) == (422, "danger")


def test_a_submitted_plan_is_read_only_and_an_approved_one_shows_its_changes(
    manager: StaffUser, supervisor: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    plan, client = a_plan(manager), signed_in(manager)
    item = an_item(plan, customer)
    assert client.post(url("submit", plan.pk)).status_code == 302
    rights = client.get(url("detail", plan.pk)).context["rights"]
    assert (rights.items, rights.writes, rights.takes_back) == (False, False, True)
    assert post_part(client, url("item_remove", item.pk)).status_code == 422
    approve_plan(actor=supervisor, plan=plan)
    post_part(client, url("item_move", item.pk), {"day": TOMORROW.isoformat()})
    page = signed_in(supervisor).get(url("detail", plan.pk))
    assert "Changed after approval" in text_of(page)


# --- The supervisor -----------------------------------------------------------------------------


def test_the_queue_holds_the_units_plans_the_oldest_first_and_who_is_missing(
    manager: StaffUser,
    colleague: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    signed_in: Browser,
) -> None:
    first, second = a_submitted_plan(manager), a_submitted_plan(colleague)
    WorkPlan.objects.filter(pk=second.pk).update(submitted_at=first.made_at - timedelta(hours=1))
    a_submitted_plan(outsider)
    Lapse.objects.create(
        manager=colleague, subject="month", starts_on=TODAY.replace(day=1), due_at=first.due_at
    )
    client = signed_in(supervisor)
    page = client.get(url("queue"))
    assert [row[0] for row in page.context["rows"]] == [second, first]
    assert [lapse.manager for lapse in page.context["missing"]] == [colleague]
    assert client.get(url("queue") + "?kind=month").context["rows"] == []
    only = client.get(url("queue") + f"?state=all&manager={manager.pk}&day={TODAY}")
    assert [row[0] for row in only.context["rows"]] == [first]
    missing = client.get(url("queue") + "?state=missing")
    assert [lapse.manager for lapse in missing.context["page"].rows] == [colleague]


def test_a_plan_is_returned_with_comments_and_what_was_typed_is_never_lost(
    manager: StaffUser, supervisor: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    plan = a_plan(manager)
    item = an_item(plan, customer)
    submit_plan(actor=manager, plan=plan)
    client = signed_in(supervisor)
    comment = {f"remark_{item.pk}": "改为上门"}
    refused = client.post(url("decide", plan.pk), {"decision": "approve", **comment})
    assert refused.status_code == 422
    assert "改为上门" in text_of(refused)
    assert client.post(url("decide", plan.pk), {"decision": "return"}).status_code == 422
    assert client.post(url("decide", plan.pk), {"decision": "return", **comment}).status_code == 302
    plan.refresh_from_db()
    assert plan.state == "returned"
    assert "改为上门" in text_of(signed_in(manager).get(url("detail", plan.pk)))
    empty = post_part(client, url("decide", plan.pk), {"decision": "approve"})
    assert (empty.status_code, events(empty)["toast"]["level"]) == (422, "danger")


def test_others_do_not_find_a_plan_and_head_office_only_reads(
    manager: StaffUser,
    outsider: StaffUser,
    supervisor: StaffUser,
    head_office: StaffUser,
    customer: Customer,
    signed_in: Browser,
) -> None:
    plan = a_plan(manager)
    item = an_item(plan, customer)
    submit_plan(actor=manager, plan=plan)
    detail, decide = url("detail", plan.pk), url("decide", plan.pk)
    for person, status in ((manager, 200), (supervisor, 200), (head_office, 200), (outsider, 404)):
        assert signed_in(person).get(detail).status_code == status
    for person in (manager, outsider, head_office):
        assert signed_in(person).post(decide, {"decision": "approve"}).status_code == 404
    for person in (outsider, supervisor, head_office):
        assert signed_in(person).get(url("item_edit", item.pk)).status_code == 404
    assert not signed_in(head_office).get(detail).context["rights"].decides


def test_a_customer_of_somebody_else_by_now_has_no_name(
    manager: StaffUser, outsider: StaffUser, customer: Customer, signed_in: Browser
) -> None:
    plan = a_plan(manager)
    item = an_item(plan, customer)
    Customer.objects.filter(pk=customer.pk).update(manager=outsider, unit=outsider.unit)
    client = signed_in(manager)
    text = text_of(client.get(url("detail", plan.pk)))
    assert "王小美" not in text
    assert "A customer" in text
    assert client.get(url("item_edit", item.pk)).status_code == 404
    assert client.post(url("item_remove", item.pk)).status_code == 404


# --- Hours and the feed -------------------------------------------------------------------------


def test_hours_are_set_and_a_day_without_hours_is_refused(
    manager: StaffUser, signed_in: Browser
) -> None:
    client = signed_in(manager)
    sent = {"weekdays": ["1", "2"], "starts_at": "08:30", "ends_at": "08:00", "break_minutes": "30"}
    refused = client.post(url("hours"), sent)
    assert (refused.status_code, "08:30" in text_of(refused)) == (422, True)
    sent["ends_at"] = "17:00"
    assert client.post(url("hours"), sent).status_code == 302
    manager.refresh_from_db()
    assert manager.working_hours.weekdays == [1, 2]


def test_the_feed_answers_its_address_alone_and_says_nothing_private(
    manager: StaffUser, customer: Customer, signed_in: Browser, client: Client
) -> None:
    an_item(a_plan(manager), customer)
    browser = signed_in(manager)
    shown = browser.post(url("feed_renew")).context["address"]
    assert shown not in text_of(browser.get(url("hours")))
    feed = client.get(shown)
    assert feed.headers["Content-Type"].startswith("text/calendar")
    assert "private" in feed.headers["Cache-Control"]
    assert "王小美" not in text_of(feed)
    assert client.get(url("feed", "x" * 43)).status_code == 404
    browser.post(url("feed_revoke"))
    assert client.get(shown).status_code == 404
    assert make_feed(actor=manager) not in shown


# --- Cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("show", ["", "?show=list"])
def test_a_plan_takes_the_same_statements_for_more_items(
    manager: StaffUser, supervisor: StaffUser, signed_in: Browser, show: str
) -> None:
    plan, client = a_plan(manager), signed_in(manager)
    an_item(plan, CustomerFactory(manager=manager))
    few = statements(client, url("detail", plan.pk) + show)
    PlanItem.objects.bulk_create(
        PlanItem(plan=plan, customer=one, day=TODAY, position=number)
        for number, one in enumerate(CustomerFactory.create_batch(12, manager=manager))
    )
    assert statements(client, url("detail", plan.pk) + show) == few
    submit_plan(actor=manager, plan=plan)
    assert statements(signed_in(supervisor), url("detail", plan.pk)) < few + 4


def test_the_queue_takes_the_same_statements_for_more_plans(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, signed_in: Browser
) -> None:
    a_submitted_plan(manager)
    client = signed_in(supervisor)
    few = statements(client, url("queue"))
    for kind in (PlanKind.WEEK, PlanKind.MONTH, PlanKind.YEAR):
        a_submitted_plan(colleague, kind=kind)
    assert statements(client, url("queue")) == few
