"""The API's page in a browser: everything is drawn, nothing is asked outside, requests work."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from staff.models import StaffUser

Person = Callable[..., Page]


def test_the_api_can_be_read_and_tried(manager: StaffUser, person: Person) -> None:
    page = person(manager.staff_number)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    # As the page got it: made or asked for a second time, the two would be in each other's way.
    with page.expect_response("**/api/v1/schema/**") as described:
        page.goto("/api/v1/docs/")
    paths = described.value.json()["paths"]
    operations = page.locator(".opblock")
    assert len(paths) > 8
    expect(operations).to_have_count(sum(len(methods) for methods in paths.values()))
    units = page.locator("#operations-units-unit_list")
    units.locator(".opblock-summary-control").click()
    units.get_by_role("button", name="Try it out").click()
    units.get_by_role("button", name="Execute").click()
    expect(units.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    origin = page.url.split("/api/")[0]
    assert [url for url in asked if not url.startswith((origin, "data:", "blob:"))] == []
