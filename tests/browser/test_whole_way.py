"""The main job from end to end: import the roster, see who is overdue, log, watch the board."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from contacts.models import CadenceFlag, ContactRecord
from contacts.services.flags import flag_overdue
from core import clock
from customers.models import Customer
from customers.rules import Cadence
from staff.models import Role, StaffUser, Unit
from tests.factories import PASSWORD, StaffUserFactory

ROSTER = Path(__file__).parent.parent / "data" / "roster-binjiang.xlsx"
MANAGER = "M1003"
UNIT = "滨江市分公司/城东区分公司"


def import_the_roster(page: Page) -> None:
    page.goto("/exchange/rosters/")
    page.locator("input[type=file]").set_input_files(ROSTER)
    page.get_by_role("button", name="Upload and preview").click()
    # Units and managers that nobody has are made only where somebody agrees.
    page.get_by_label("Make all of these").check()
    page.get_by_role("button", name="Decide and look again").click()
    # A heading it does not know goes by; the rest is recognised.
    expect(page.get_by_role("button", name="Import 1191 rows")).to_be_visible()
    expect(page.get_by_text("9", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Import 1191 rows").click()
    expect(page.get_by_text("1191").first).to_be_visible()


def let_in(staff_number: str) -> StaffUser:
    """Do what the invitation does: a manager made by the import sets a password."""
    user = StaffUser.objects.get(staff_number=staff_number)
    assert not user.has_usable_password()
    user.set_password(PASSWORD)
    user.save()
    return user


def first_overdue(manager: StaffUser) -> list[Customer]:
    overdue = Customer.objects.overdue(Cadence.CONTACT, clock.today()).filter(manager=manager)
    return list(overdue.order_by("contact_due_on", "pk")[:2])


def log(page: Page, customer: Customer, outcome: str) -> None:
    row = page.locator("[data-row]", has=page.get_by_role("link", name=customer.name)).first
    row.get_by_role("link", name="Log").or_(row.get_by_role("button", name="Log")).first.click()
    drawer = page.locator("#drawer")
    expect(drawer.locator("#_log_drawer")).to_be_visible()
    drawer.locator("label[for=channel_phone]").click()
    drawer.locator(f"label[for=outcome_{outcome}]").click()
    drawer.locator("input[name=summary], textarea[name=summary]").first.fill("一切都好")
    drawer.get_by_role("button", name="Save").click()
    expect(drawer.locator("#_log_drawer")).not_to_be_visible()


FIGURES = ("active", "contacted", "percent", "soon", "diamond", "gold", "silver", "excused")
"""What the board says first of a manager, from the left; overdue by tier."""


def figures_of(row: Locator) -> dict[str, int]:
    """Return the first figures of a row of the board."""
    # Figures of one cell stand side by side without a space, each in an element of its own.
    text = row.evaluate(
        """row => {
          const texts = document.createTreeWalker(row, NodeFilter.SHOW_TEXT), found = [];
          while (texts.nextNode()) found.push(texts.currentNode.data);
          return found.join(" ");
        }"""
    )
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    return dict(zip(FIGURES, numbers, strict=False))


def counted_for(manager: StaffUser) -> dict[str, int]:
    """Return what the board must say of ``manager``."""
    today = clock.today()
    mine = Customer.objects.active().filter(manager=manager)
    active = mine.count()
    contacted = mine.filter(last_contact_on__gte=today.replace(day=1)).count()
    overdue = mine.overdue(Cadence.CONTACT, today)
    return {
        "active": active,
        "contacted": contacted,
        "percent": round(100 * contacted / active),
        "soon": mine.due_soon(Cadence.CONTACT, today, 7).count(),
        **{tier: overdue.filter(tier=tier).count() for tier in ("diamond", "gold", "silver")},
        "excused": mine.exempt(Cadence.CONTACT, today).count(),
    }


def test_the_roster_comes_in_a_call_is_logged_the_flag_goes_and_the_board_shows_it(
    administrator: StaffUser, person: Callable[..., Page], tasks_at_once: None
) -> None:
    import_the_roster(person(administrator.staff_number))
    assert Customer.objects.count() == 1191
    flag_overdue()
    manager = let_in(MANAGER)
    supervisor = StaffUserFactory(
        staff_number="S1", role=Role.SUPERVISOR, unit=Unit.objects.get(full_name=UNIT)
    )
    reached, missed = first_overdue(manager)

    board = person(supervisor.staff_number)
    board.goto("/board/")
    of_manager = board.locator("tr", has=board.get_by_role("link", name=manager.name))
    before = figures_of(of_manager)
    assert before == counted_for(manager)

    page = person(MANAGER)
    page.goto("/?show=overdue")
    names = page.locator("[data-row] .row-name a")
    expect(names.filter(has_text=reached.name)).to_have_count(1)
    log(page, reached, "reached")
    expect(names.filter(has_text=reached.name)).to_have_count(0)
    assert not CadenceFlag.objects.open().filter(customer=reached, cadence="contact").exists()

    log(page, missed, "no_answer")
    expect(names.filter(has_text=missed.name)).to_have_count(1)
    assert CadenceFlag.objects.open().filter(customer=missed, cadence="contact").exists()

    board.reload()
    # One more was contacted this month and one is overdue no more, of that tier; the call that
    # reached nobody moved nothing.
    expected = {**before, "contacted": before["contacted"] + 1}
    expected[reached.tier] -= 1
    expected["percent"] = round(100 * expected["contacted"] / expected["active"])
    expect(of_manager.locator("td").nth(1)).to_contain_text(str(expected["contacted"]))
    assert figures_of(of_manager) == expected == counted_for(manager)

    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_text("Undone: the record is void.")).to_be_visible()
    expect(names.filter(has_text=missed.name)).to_have_count(1)
    assert ContactRecord.objects.filter(voided_at__isnull=False).count() == 1
