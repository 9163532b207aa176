"""What every page does: search by keyboard, notices, light and dark, passkeys, small screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Page, Route, expect

from core.models import AuditEntry
from staff.models import Cover, StaffUser
from tests.factories import PASSWORD, CoverFactory, CustomerFactory

AXE = Path(settings.NODE_MODULES_DIR) / "axe-core" / "axe.min.js"
STAFF_PAGES = (
    "/staff/covers/",
    "/staff/covers/new/",
    "/staff/profile/",
    "/staff/sessions/",
    "/accounts/2fa/",
    "/accounts/password/change/",
    "/nothing/here/",
)
Person = Callable[..., Page]


@pytest.fixture
def covers(supervisor: StaffUser, manager: StaffUser, colleague: StaffUser) -> Cover:
    return CoverFactory(manager=manager, stand_in=colleague, arranged_by=supervisor)


def serious_faults(page: Page) -> list[str]:
    """What axe finds and calls serious or critical."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:120]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def is_wider_than_the_screen(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    covers: Cover, supervisor: StaffUser, person: Person, theme: str
) -> None:
    page = person(supervisor.staff_number)
    cookie = {"name": "theme", "value": theme, "domain": "localhost", "path": "/"}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    for address in STAFF_PAGES:
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        assert serious_faults(page) == [], address


@pytest.mark.parametrize("text_size", ["100%", "200%"])
def test_nothing_is_wider_than_a_small_phone(
    covers: Cover, supervisor: StaffUser, person: Person, text_size: str
) -> None:
    page = person(supervisor.staff_number, width=360)
    for address in STAFF_PAGES:
        page.goto(address)
        page.evaluate(f"document.documentElement.style.fontSize = '{text_size}'")
        assert not is_wider_than_the_screen(page), address


def test_a_slash_comes_to_the_search_and_escape_leaves_it(
    manager: StaffUser, person: Person
) -> None:
    page = person(manager.staff_number)
    page.goto("/staff/profile/")
    page.keyboard.press("/")
    search = page.locator("#search")
    expect(search).to_be_focused()
    expect(search).to_have_value("")
    with page.expect_response("**/customers/search/**"):
        page.keyboard.type("zz")
    expect(search).to_have_value("zz")
    page.keyboard.press("Escape")
    expect(search).not_to_be_focused()
    expect(page.locator("#search_suggestions")).to_be_hidden()


def test_a_number_that_is_searched_never_stands_in_an_address(
    manager: StaffUser, person: Person
) -> None:
    customer = CustomerFactory(name="王伟芳", manager=manager, phone="13900005101")
    page = person(manager.staff_number)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/staff/profile/")
    page.keyboard.press("/")
    page.keyboard.type("139-0000-5101")
    expect(page.locator("#search_suggestions")).to_contain_text(customer.name)
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/?q=~*")
    table = page.locator("#_customer_table")
    expect(table).to_contain_text(customer.name)
    page.locator("#id_q").fill("+86 13900005101")
    page.locator("label[for=id_tier_1]").click()
    page.wait_for_url("**tier=gold**")
    expect(table).to_contain_text(customer.name)
    page.reload()
    expect(page.locator("#id_q")).to_have_value("139****5101")
    page.locator("label[for=id_tier_0]").click()
    page.wait_for_url("**tier=diamond&tier=gold**")
    expect(table).to_contain_text(customer.name)
    assert not [url for url in asked if "5101" in url]


def test_the_first_key_offers_to_skip_to_the_content(manager: StaffUser, person: Person) -> None:
    page = person(manager.staff_number)
    page.goto("/staff/profile/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_light_and_dark_are_chosen_at_once_and_kept(manager: StaffUser, person: Person) -> None:
    page = person(manager.staff_number)
    page.goto("/staff/profile/")
    root = page.locator("html")
    page.locator("main").get_by_role("button", name="Dark", exact=True).click()
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.locator("main").get_by_role("button", name="As the device").click()
    page.emulate_media(color_scheme="light")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-bs-theme", "dark")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "No connection"),
        (403, "The page is out of date"),
        (404, "no longer there"),
        (429, "Too many tries"),
        (500, "Something went wrong on the server"),
    ],
)
def test_a_request_that_fails_says_why_and_keeps_what_was_typed(
    supervisor: StaffUser, person: Person, answer: int | None, words: str
) -> None:
    page = person(supervisor.staff_number)
    page.goto("/staff/covers/new/")

    def fail(route: Route) -> None:
        route.abort() if answer is None else route.fulfill(status=answer)

    page.route("**/staff/search/**", fail)
    page.get_by_label("Who is away").fill("王")
    expect(page.locator("#toasts")).to_contain_text(words)
    expect(page.get_by_label("Who is away")).to_have_value("王")
    page.locator("#toasts").get_by_role("button", name="Close").first.click()


def test_a_person_is_chosen_from_the_suggestions(
    manager: StaffUser, colleague: StaffUser, supervisor: StaffUser, person: Person
) -> None:
    page = person(supervisor.staff_number)
    page.goto("/staff/covers/new/")
    page.get_by_label("Who is away").fill("王")
    option = page.locator("datalist option")
    expect(option).to_have_count(1)
    expect(option).to_have_attribute("value", "王经理 (2001)")
    page.get_by_label("Who is away").fill("王经理 (2001)")
    page.get_by_label("Stand-in").fill("2002")
    page.get_by_label("Last day").fill(page.get_by_label("First day").input_value())
    page.get_by_role("button", name="Arrange cover").dblclick()
    expect(page.get_by_text("李经理 stands in for 王经理.")).to_be_visible()
    assert Cover.objects.count() == 1


@pytest.fixture
def passkeys(person: Person, supervisor: StaffUser) -> Iterator[Page]:
    """A page whose browser has a fingerprint reader that always agrees."""
    with override_settings(MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN=True):
        page = person(supervisor.staff_number)
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        yield page


def test_a_passkey_is_added_and_then_signs_in_alone(passkeys: Page, supervisor: StaffUser) -> None:
    page = passkeys
    page.goto("/accounts/2fa/webauthn/add/")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Sign in without a password").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert AuditEntry.objects.filter(actor=supervisor, verb="staff.webauthn_added").exists()
    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda address: "/accounts/" not in address)
    page.goto("/staff/profile/")
    expect(page.locator("main")).to_contain_text("陈主管")
