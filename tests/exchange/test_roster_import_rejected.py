"""Rejected rows come back as a spreadsheet that can be corrected and sent again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from core.models import AuditEntry
from customers.models import Customer
from exchange.models import RosterImport
from exchange.rules.values import read_date
from exchange.services.files import open_roster
from staff.models import StaffUser
from tests.exchange import workbooks
from tests.exchange.rosters import HEADINGS, ROSTER, reasons, receive, row_of, take_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
SignIn = Callable[[StaffUser], Client]


def download(client: Client, roster_import: RosterImport) -> bytes:
    answer: Any = client.get(reverse("exchange:roster_import_rejected", args=[roster_import.pk]))
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content)


def rows_of(content: bytes) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


def test_the_original_columns_come_back_with_the_reason_in_the_last(
    signed_in: SignIn, administrator: StaffUser
) -> None:
    received = receive(ROSTER, administrator)
    headings, *rows = rows_of(download(signed_in(administrator), received))
    assert headings[:4] == ["客户编号", "客户姓名", "性别", "手机号码"]
    assert headings[-1] == "Why it was rejected"
    assert len(rows) == 9
    assert rows[0][:4] == ["BJ70000017", "王波", "男", "1380013800"]
    assert rows[0][-1].startswith("Mobile number: “1380013800” is not a mobile number.")
    entry = AuditEntry.objects.get(verb="roster.rejected_rows_exported")
    assert (entry.actor, entry.changes) == (administrator, {"rows": [None, 9]})


def test_corrected_and_sent_again_the_row_is_taken(
    signed_in: SignIn, administrator: StaffUser, workbook: Callable[..., Path]
) -> None:
    done = take_in(ROSTER, administrator)
    rows = rows_of(download(signed_in(administrator), done))
    rows[1][3] = "13800138000"
    again = receive(workbook(rows, "corrected.xlsx"), administrator)
    assert again.state == RosterImport.State.PREVIEWED
    # The repeated row stands alone now, so it counts.
    assert again.counts() == {"new": 1, "changed": 1, "unchanged": 0, "rejected": 7}
    take_in(workbook(rows, "corrected.xlsx"), administrator)
    assert Customer.objects.get(number="BJ70000017").phones.get().number == "13800138000"


def test_nothing_in_it_is_a_formula_and_what_comes_back_means_the_same(
    signed_in: SignIn, administrator: StaffUser, workbook: Callable[..., Path]
) -> None:
    evil = "=cmd|' /C calc'!A0"
    bad = [*row_of("B1", VIP级别="铜卡", 手机号码="+86 138 1234 0001"), evil]
    received = receive(workbook([[*HEADINGS, "性格"], bad]), administrator)
    rows = rows_of(download(signed_in(administrator), received))
    assert rows[1][2] == "'+86 138 1234 0001"
    assert rows[1][9] == f"'{evil}"
    rows[1][3] = "金卡"
    take_in(workbook(rows, "corrected.xlsx"), administrator)
    customer = Customer.objects.get(number="B1")
    assert customer.profile.character == evil
    assert customer.phones.get().number == "13812340001"


def test_without_rejected_rows_there_is_nothing_to_download(
    signed_in: SignIn, administrator: StaffUser, workbook: Callable[..., Path]
) -> None:
    received = receive(workbook([HEADINGS, row_of("B1")]), administrator)
    url = reverse("exchange:roster_import_rejected", args=[received.pk])
    assert signed_in(administrator).get(url).status_code == 404


def test_what_was_no_value_comes_back_as_it_stood_and_is_none_when_sent_again(
    signed_in: SignIn, administrator: StaffUser, tmp_path: Path
) -> None:
    cells = (
        '<c r="A{0}" t="e"><v>#REF!</v></c>',
        '<c r="A{0}"><f>A1&amp;"1"</f></c>',
        '<c r="A{0}"><v>110101198001025678</v></c>',
        '<c r="A{0}" t="inlineStr"><is><t>NULL</t></is></c>',
    )
    rows = workbooks.row(1, "客户编号", "客户姓名", "出生日期") + "".join(
        f'<row r="{n}">{cell.format(n)}<c r="C{n}"><v>27760</v></c></row>'
        for n, cell in enumerate(cells, start=2)
    )
    parts = workbooks.xlsx_parts(rows, properties='<workbookPr date1904="1"/>')
    first = receive(workbooks.packed(tmp_path / "first.xlsx", parts), administrator)
    expected = [
        [["number", "formula_error"]],
        [["number", "formula_without_value"]],
        [["number", "lost_digits"]],
        [["number", "no_value"]],
    ]
    assert list(reasons(first).values()) == expected
    content = download(signed_in(administrator), first)
    (tmp_path / "again.xlsx").write_bytes(content)
    with open_roster(tmp_path / "again.xlsx") as table:
        days = [read_date(cells[2]) for _number, cells in table.rows]
    assert days == [date(1980, 1, 2)] * 4
    again = receive(tmp_path / "again.xlsx", administrator)
    assert list(reasons(again).values()) == expected
