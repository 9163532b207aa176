"""A file on its way in, in a real browser: columns, sheets, what would be made, the result."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from playwright.sync_api import Page, expect

from customers.models import Customer
from exchange.models import RosterImport, UsageImport
from exchange.services.roster_commit import commit_roster
from staff.models import StaffUser
from tests.browser.test_daily_work import PHONE, is_wider_than_the_screen, serious_faults
from tests.factories import CustomerFactory

ROSTER = Path(__file__).parent.parent / "data" / "roster-binjiang.xlsx"
LONG_HEADING = "一个很长的谁也不认识的表头名称" * 3
PICTURES = os.environ.get("VIPCRM_TEST_PICTURES")
"""A folder for pictures of the pages, for somebody who wants to look at them."""


def looks_right(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
    assert serious_faults(page) == []
    assert not is_wider_than_the_screen(page)


@pytest.mark.parametrize(("language", "width"), [("zh-CN", PHONE), ("en-US", 1280)])
def test_a_roster_is_decided_about_and_imported(
    administrator: StaffUser,
    person: Any,
    language: str,
    width: int,
) -> None:
    page = person(administrator.staff_number, language=language, width=width)
    page.goto("/exchange/rosters/")
    page.locator("input[type=file]").set_input_files(ROSTER)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/preview/")
    expect(page.locator("#_makings fieldset")).not_to_have_count(0)
    looks_right(page, f"makings-{language}-{width}")
    page.locator("#_makings [name=everything]").check()
    page.locator("#_makings button[type=submit]").click()
    expect(page.locator("#_makings .alert-warning")).to_have_count(0)
    one = RosterImport.objects.get()
    assert (one.new_rows, one.rejected_rows) == (1191, 9)
    page.goto(f"/exchange/rosters/{one.pk}/columns/")
    looks_right(page, f"columns-{language}-{width}")
    page.goto(f"/exchange/rosters/{one.pk}/preview/")
    page.locator(f"form[action='/exchange/rosters/{one.pk}/preview/'] button").click()
    expect(page.locator("#_roster_import_progress progress")).to_be_visible()
    commit_roster(roster_import_id=one.pk)
    expect(page.locator("#_roster_import_progress .alert-success")).to_be_visible()
    looks_right(page, f"done-{language}-{width}")
    assert Customer.objects.count() == 1191


@pytest.mark.parametrize(("language", "width"), [("zh-CN", PHONE), ("en-US", 1280)])
def test_usage_is_asked_about_sheet_by_sheet(
    administrator: StaffUser,
    manager: StaffUser,
    person: Any,
    tmp_path: Path,
    language: str,
    width: int,
) -> None:
    CustomerFactory(number="BJ70000003", manager=manager)
    path = tmp_path / "六月用量.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name in ("六月", "七月"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["用户编码", "账期", "流量(PB)", LONG_HEADING])
            sheet.write_row(1, 0, ["bj70000003", "2026-06", 2, "13812340001"])
    page = person(administrator.staff_number, language=language, width=width)
    page.goto("/exchange/usage/")
    page.locator("input[type=file]").set_input_files(path)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/columns/")
    looks_right(page, f"usage-columns-{language}-{width}")
    page.locator("#id_column_0").select_option("number")
    page.locator("main form.card button[type=submit]").click()
    expect(page.locator(".alert-danger")).to_be_visible()
    expect(page.locator("#id_column_0")).to_have_value("number")
    looks_right(page, f"usage-refused-{language}-{width}")
    page.locator("#id_unit_2").select_option("TB")
    page.locator("main form.card button[type=submit]").click()
    page.wait_for_url("**/exchange/usage/*/")
    looks_right(page, f"usage-preview-{language}-{width}")
    one = UsageImport.objects.get()
    assert (one.sheet, one.rows_to_import) == ("六月", 1)
    page.locator(f"form[action='/exchange/usage/{one.pk}/sheet/'] button").click()
    page.wait_for_url("**/columns/")
    one.refresh_from_db()
    assert one.sheet == "七月"
    # What was said of the other sheet is filled in already.
    expect(page.locator("#id_column_0")).to_have_value("number")
