"""From the customer's page to the departure, its review, and the charts that follow from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from core import clock
from customers.models import Customer
from retention.models import Departure, DepartureReview
from retention.services.goals import freeze_base
from staff.models import StaffUser
from tests.factories import CustomerFactory


def test_a_departure_is_reported_reviewed_and_shows_in_the_charts(
    person: Callable[..., Page], manager: StaffUser, supervisor: StaffUser
) -> None:
    since = clock.today() - timedelta(days=800)
    customer: Customer = CustomerFactory(manager=manager, name="王离网", vip_since=since)
    for _number in range(60):
        CustomerFactory(manager=manager, vip_since=since)
    freeze_base(year=clock.today().year)
    page = person(supervisor.staff_number)
    page.goto(f"/customers/{customer.pk}/standing/")
    page.get_by_role("link", name="Record the departure").click()
    page.get_by_label("Ported out").check()
    page.get_by_label("Went to which competitor").fill("电信")
    page.get_by_label("The customer has left").check()
    page.get_by_role("button", name="Record the departure").click()
    expect(page.get_by_text("The departure is recorded.")).to_be_visible()
    assert Departure.objects.get().customer == customer
    page.locator("select[name=cause]").select_option(label="A cheaper plan elsewhere")
    page.get_by_label("Yes, but nobody saw it").check()
    page.get_by_label("Lesson").fill("到期前两个月谈套餐")
    page.get_by_role("button", name="Save the review").click()
    expect(page.get_by_text("The review is saved.")).to_be_visible()
    assert DepartureReview.objects.get().cause.code == "price-plan"

    page.get_by_role("link", name="Churn").first.click()
    expect(page.get_by_text("1 more may be lost").first).to_be_visible()
    expect(page.locator("[data-chart-picture] canvas")).to_be_visible()
    page.get_by_role("link", name="Causes", exact=True).click()
    figure = page.locator("figure.chart")
    expect(figure.locator("canvas")).to_be_visible()
    expect(figure.locator("tbody tr").first).to_contain_text("Price")
    with page.expect_download() as picture:
        figure.get_by_role("button", name="PNG").click()
    assert picture.value.suggested_filename == "churn-causes.png"
    with page.expect_download() as book:
        figure.get_by_role("link", name="XLSX").click()
    assert book.value.suggested_filename == "churn-causes.xlsx"
    figure.get_by_role("link", name="Price").click()
    expect(page.get_by_role("link", name="王离网")).to_be_visible()


def test_charts_follow_the_theme_and_fit_a_phone(
    person: Callable[..., Page], manager: StaffUser
) -> None:
    for _number in range(40):
        CustomerFactory(manager=manager, vip_since=clock.today() - timedelta(days=800))
    freeze_base(year=clock.today().year)
    page = person(manager.staff_number, width=375)
    page.goto("/retention/goals/")
    picture = page.locator("[data-chart-picture] canvas")
    expect(picture).to_be_visible()

    light = picture.evaluate("(canvas) => canvas.toDataURL()")
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    page.wait_for_function(
        "(light) => document.querySelector('[data-chart-picture] canvas').toDataURL() !== light",
        arg=light,
    )
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 375
