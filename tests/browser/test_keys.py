"""Keys, Back and the renewal of My day in a real browser.

The cases `ime-inspection-remark` and `back-and-save-again` of `tests/data/cases/` are here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from contacts.models import Cadence, ContactRecord, Exemption, Outcome
from contacts.services.exemptions import request_exemption
from contacts.services.records import Contact, log_contact
from core import clock
from customers.models import Channel, Customer
from staff.models import StaffUser
from tests.factories import CustomerFactory
from tests.workplans.inspections_of import records_for
from tests.workplans.plans_of import a_plan, a_submitted_plan, an_item
from workplans.models import InspectedItem, WorkPlan
from workplans.models.plans import PlanKind
from workplans.services.inspections import open_inspection

Person = Callable[..., Page]

COMPOSED = """(field) => {
  const taken = {};
  for (const key of ["Enter", "Escape", "ArrowDown", "ArrowUp", "j", "k", "a", "r", "g", "/"]) {
    for (const composing of [{isComposing: true}, {isComposing: false}]) {
      const event = new KeyboardEvent("keydown", {
        key, keyCode: 229, bubbles: true, cancelable: true, ...composing,
      });
      field.dispatchEvent(event);
      if (event.defaultPrevented) taken[key] = composing.isComposing;
    }
  }
  return taken;
}"""
"""Keys as an input method composes with them; what was taken from it comes back."""


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    """Somebody overdue, so that My day has a row."""
    long_ago = clock.today() - timedelta(days=60)
    made: Customer = CustomerFactory(name="王小美", manager=manager, last_contact_on=long_ago)
    return made


def composes_in_peace(page: Page, field: str) -> None:
    """Every key that composes in ``field`` leaves page, panel and field as they are."""
    place, address = page.locator(field).first, page.url
    place.focus()
    drawers = page.locator("#drawer.show").count()
    assert place.evaluate(COMPOSED) == {}
    page.wait_for_timeout(200)
    assert page.url == address
    assert page.locator("#drawer.show").count() == drawers
    expect(place).to_be_focused()


def test_an_inspections_remark_is_composed_in_peace(
    manager: StaffUser, supervisor: StaffUser, person: Person
) -> None:
    records_for(manager, 5)
    inspection = open_inspection(
        actor=supervisor,
        manager=manager,
        starts_on=clock.today() - timedelta(days=14),
        ends_on=clock.today(),
    )
    page = person(supervisor.staff_number)
    page.goto(reverse("workplans:inspection_walk", args=[inspection.pk]))
    page.keyboard.press("g")
    expect(page.locator(".walk-count")).to_contain_text("1 of")
    remark = page.get_by_label("Remark")
    remark.fill("ke'hu")
    composes_in_peace(page, "[name=remark]")
    assert remark.input_value() == "ke'hu"
    # A plain Enter keeps the remark and decides nothing; the next one, outside of it, goes on.
    remark.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#_walk_saved")).to_contain_text("Saved at")
    expect(page.locator(".walk-step[aria-current]")).to_contain_text("1:")
    page.keyboard.press("Enter")
    expect(page.locator(".walk-step[aria-current]")).to_contain_text("2:")
    first = InspectedItem.objects.get(position=1)
    assert (first.verdict, first.remark) == ("genuine", "ke'hu")


def test_every_other_text_is_composed_in_peace(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number)
    page.wait_for_load_state()
    composes_in_peace(page, "#search")
    page.locator("[data-row]").get_by_role("link", name="Log").click()
    expect(page.locator("#drawer.show")).to_be_visible()
    composes_in_peace(page, "textarea[name=summary]")
    plan = a_plan(manager, PlanKind.WEEK, clock.today())
    an_item(plan, customer, day=plan.ends_on)
    page.goto(reverse("workplans:plan_detail", args=[plan.pk]))
    page.wait_for_load_state()
    grip = page.locator("[data-grip]").first
    assert grip.evaluate(COMPOSED) == {}
    page.goto(reverse("customers:customer_list"))
    composes_in_peace(page, "#id_q")
    a_submitted_plan(manager, kind=PlanKind.MONTH, day=clock.today())
    boss = person(supervisor.staff_number)
    boss.goto(reverse("workplans:plan_queue"))
    composes_in_peace(boss, "[data-decide] [name=note]")
    assert WorkPlan.objects.get(kind="month").state == "submitted"


def test_back_and_save_again_is_one_record(
    customer: Customer, manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number)
    page.goto(reverse("contacts:contact_log", args=[customer.pk]))
    page.locator("label[for=channel_phone]").click()
    page.locator("textarea[name=summary]").fill("问了套餐")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messages")).to_contain_text("Logged")
    page.go_back()
    field = page.locator("textarea[name=summary]")
    if field.input_value() != "问了套餐":
        field.fill("问了套餐")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messages, #_once")).to_be_visible()
    assert ContactRecord.objects.count() == 1
    # A page that was opened for it anew asks, and nothing that was typed is lost.
    page.goto(reverse("customers:customer_list"))
    page.goto(reverse("contacts:contact_log", args=[customer.pk]))
    expect(page.locator("#_just_logged")).to_contain_text("Logged")
    page.locator("label[for=channel_phone]").click()
    page.locator("textarea[name=summary]").fill("问了套餐")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#_once")).to_contain_text("Save it once more?")
    expect(page.locator("textarea[name=summary]")).to_have_value("问了套餐")
    # Enter on the question does nothing; the button does.
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Yes, once more").click()
    expect(page.locator(".messages")).to_contain_text("Logged")
    assert ContactRecord.objects.count() == 2


def test_returning_a_plan_by_keyboard_returns_it_and_can_be_undone(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, person: Person
) -> None:
    plan = a_submitted_plan(manager, day=clock.today())
    other = a_submitted_plan(colleague, day=clock.today())
    boss = person(supervisor.staff_number)
    boss.goto(reverse("workplans:plan_queue"))
    boss.wait_for_load_state()
    boss.keyboard.press("j")
    boss.keyboard.press("r")
    expect(boss.locator(f"#note_{plan.pk}")).to_be_focused()
    boss.keyboard.type("改为上门")
    boss.keyboard.press("Enter")
    boss.wait_for_timeout(300)
    plan.refresh_from_db()
    assert plan.state == "submitted"
    expect(boss.locator(f"#note_{plan.pk}")).to_have_value("改为上门")
    boss.keyboard.press("Control+Enter")
    expect(boss.locator("#_plan_queue [data-row]")).to_have_count(1)
    plan.refresh_from_db()
    assert (plan.state, plan.remarks.get().text) == ("returned", "改为上门")
    boss.get_by_role("button", name="Undo").click()
    expect(boss.locator("#_plan_queue [data-row]")).to_have_count(2)
    # Both at once, the word beside one of them goes along.
    boss.get_by_label("Tick all").check()
    boss.locator(f"#note_{plan.pk}").fill("太少")
    boss.get_by_label("A word for all that are ticked").fill("都改")
    boss.get_by_label("A word for all that are ticked").press("Enter")
    boss.get_by_role("button", name="Return the ticked").click()
    expect(boss.locator("h1")).to_contain_text("Several plans decided")
    plan.refresh_from_db()
    other.refresh_from_db()
    assert (plan.state, other.state) == ("returned", "returned")
    assert plan.remarks.get().text == "太少"
    assert other.remarks.get().text == "都改"


def test_enter_in_the_remark_of_an_exemption_decides_nothing(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, person: Person
) -> None:
    exemption = request_exemption(
        actor=manager,
        customer=customer,
        cadence=Cadence.CONTACT,
        reason=Exemption.Reason.ABROAD,
        ends_on=clock.today(),
    )
    boss = person(supervisor.staff_number)
    boss.goto(reverse("contacts:exemption_list"))
    boss.locator(f"#note_{exemption.pk}").fill("不同意")
    boss.keyboard.press("Enter")
    boss.wait_for_timeout(300)
    exemption.refresh_from_db()
    assert exemption.state == "requested"
    boss.get_by_role("button", name="Refuse").click()
    expect(boss.locator(".toast")).to_contain_text("was refused")
    boss.locator(".toast").get_by_role("button", name="Undo").click()
    expect(boss.locator(f"#note_{exemption.pk}")).to_be_visible()
    exemption.refresh_from_db()
    assert exemption.state == "requested"


def test_my_day_renews_itself_but_never_under_ones_hands(
    customer: Customer, manager: StaffUser, supervisor: StaffUser, person: Person
) -> None:
    CustomerFactory(name="李大明", manager=manager, last_contact_on=customer.last_contact_on)
    page = person(manager.staff_number)
    expect(page.locator("#_day_list [data-row]")).to_have_count(2)
    page.wait_for_timeout(3500)
    # The panel is open: the list stays, and is drawn anew once it is closed.
    row = page.locator("#_day_list [data-row]").filter(has_text="李大明")
    row.get_by_role("link", name="Log").click()
    expect(page.locator("#drawer.show")).to_be_visible()
    log_contact(
        actor=supervisor,
        customer=customer,
        contact=Contact(channel=Channel.PHONE, outcome=Outcome.REACHED),
    )
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_timeout(500)
    expect(page.locator("#_day_list [data-row]")).to_have_count(2)
    page.locator("#drawer .btn-close").click()
    expect(page.locator("#_day_list [data-row]")).to_have_count(1)
    expect(row.get_by_role("link", name="Log")).to_be_focused()
