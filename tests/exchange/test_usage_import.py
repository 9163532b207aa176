"""Monthly usage from a file: read through, shown, taken in once, and only where one may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from python_calamine import CalamineWorkbook

from customers.models import Customer
from exchange.models import UsageImport
from exchange.rules.reasons import CellRejectedError, Reason
from exchange.rules.usage_rows import (
    Unreadable,
    UsageField,
    read_amount,
    read_month,
    read_usage_row,
)
from exchange.services.usage_import import commit_usage
from retention.models import UsageSnapshot
from retention.models.usage import Source
from retention.services.usage import take_snapshots
from staff.models import StaffUser, Unit
from tests.factories import CustomerFactory

HEADINGS = ["客户编号", "月份", "账单金额（元）", "语音分钟", "流量MB", "余额", "合约到期", "备注"]

SignIn = Callable[[StaffUser], Client]
Workbook = Callable[..., Path]


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(number="V1001", manager=manager)


@pytest.fixture
def stranger(outsider: StaffUser) -> Customer:
    return CustomerFactory(number="V9001", manager=outsider)


def month(number: str, **changed: Any) -> list[Any]:
    cells = {
        "客户编号": number,
        "月份": "2026-09",
        "账单金额（元）": 188.5,
        "语音分钟": 320,
        "流量MB": "20,480",
        "余额": "-12.30",
        "合约到期": "2027-01-31",
        "备注": "",
    }
    return list((cells | changed).values())


def upload(client: Client, path: Path) -> Any:
    with path.open("rb") as stream:
        return client.post("/exchange/usage/", {"file": stream})


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["#N/A", "2026-09", 1.0, ""], ("number", Reason.FORMULA_ERROR, "#N/A")),
        (
            [110101198001025678, "2026-09", 1.0, ""],
            ("number", Reason.LOST_DIGITS, "110101198001025678"),
        ),
        (["V1", "2026-09", "#DIV/0!", ""], ("bill", Reason.FORMULA_ERROR, "#DIV/0!")),
        (
            ["V1", "2026-09", {"formula": "B1*2"}, ""],
            ("bill", Reason.FORMULA_WITHOUT_VALUE, "=B1*2"),
        ),
        (["V1", "2026-09", 1.0, "NULL"], ("plan", Reason.NO_VALUE, "NULL")),
        (["V1", "\\N", 1.0, ""], ("month", Reason.NO_VALUE, "\\N")),
    ],
)
def test_an_error_is_no_figure_and_no_text(cells: list[Any], why: tuple[str, Reason, str]) -> None:
    places = {UsageField.NUMBER: 0, UsageField.MONTH: 1, UsageField.BILL: 2, UsageField.PLAN: 3}
    row = read_usage_row(2, cells, places, date(2026, 11, 1))
    assert isinstance(row, Unreadable)
    assert row.reasons == [why]


def test_marks_of_text_are_no_part_of_a_usage_row() -> None:
    places = {UsageField.NUMBER: 0, UsageField.MONTH: 1, UsageField.BILL: 2, UsageField.PLAN: 3}
    cells: list[Any] = ['="0012341"', "'202609", "'188.20", "'畅享"]
    row = read_usage_row(2, cells, places, date(2026, 11, 1))
    assert not isinstance(row, Unreadable)
    assert (row.number, row.month) == ("0012341", date(2026, 9, 1))
    assert row.figures == {"bill": Decimal("188.20"), "plan": "畅享"}


@pytest.mark.parametrize("cell", ["2026-09", "202609", "2026年9月", "2026/9", "2026-09-17", 46266])
def test_a_month_is_read_however_it_is_written(cell: Any) -> None:
    assert read_month(cell) == date(2026, 9, 1)


@pytest.mark.parametrize("cell", ["2026-13", "九月", ""])
def test_what_is_no_month_is_refused(cell: str) -> None:
    with pytest.raises(CellRejectedError):
        read_month(cell)


@pytest.mark.parametrize(
    ("cell", "amount"), [(188.456, "188.46"), ("1,288.5", "1288.50"), ("¥12", "12.00"), (-3, "-3")]
)
def test_an_amount_is_read_to_the_fen(cell: Any, amount: str) -> None:
    assert read_amount(cell) == Decimal(amount)


def test_a_row_says_everything_that_is_wrong_with_it() -> None:
    places = {UsageField.NUMBER: 0, UsageField.MONTH: 1, UsageField.ROAMING_DAYS: 2}
    read = read_usage_row(7, ["", "2027-01", 40], places, date(2026, 11, 1))
    assert isinstance(read, Unreadable)
    assert {(field, reason) for field, reason, _text in read.reasons} == {
        ("number", Reason.EMPTY),
        ("month", Reason.IN_THE_FUTURE),
        ("roaming_days", Reason.NOT_A_NUMBER),
    }


def test_a_supervisor_takes_the_usage_of_the_unit_in(
    signed_in: SignIn,
    supervisor: StaffUser,
    customer: Customer,
    stranger: Customer,
    workbook: Workbook,
) -> None:
    client = signed_in(supervisor)
    rows = [HEADINGS, month("V1001"), month("V9001"), month("V1001", 月份="2099-01")]
    sent = upload(client, workbook(rows))
    usage_import = UsageImport.objects.get()
    assert sent.headers["Location"] == f"/exchange/usage/{usage_import.pk}/"
    assert (usage_import.rows_total, usage_import.rejected_rows) == (3, 2)
    assert not UsageSnapshot.objects.exists()

    client.post(f"/exchange/usage/{usage_import.pk}/confirm/")
    commit_usage(usage_import_id=usage_import.pk)
    usage_import.refresh_from_db()
    assert (usage_import.state, usage_import.new_rows) == (UsageImport.State.DONE, 1)
    row = UsageSnapshot.objects.get()
    assert (row.customer, row.month, row.source) == (customer, date(2026, 9, 1), Source.IMPORT)
    assert (row.bill, row.data_mb, row.balance) == (Decimal("188.50"), 20480, Decimal("-12.30"))
    assert row.contract_end == date(2027, 1, 31)
    assert row.sms_count is None


@pytest.mark.parametrize(("zone", "rejected"), [("Asia/Shanghai", 0), ("Asia/Urumqi", 1)])
def test_a_month_begins_with_the_day_of_the_customers_own_unit(
    signed_in: SignIn,
    supervisor: StaffUser,
    customer: Customer,
    workbook: Workbook,
    zone: str,
    rejected: int,
) -> None:
    Unit.objects.filter(pk=customer.unit_id).update(time_zone=zone)
    # 1 December in Shanghai, 30 November in Urumqi.
    with time_machine.travel(datetime(2026, 11, 30, 17, tzinfo=UTC), tick=False):
        upload(signed_in(supervisor), workbook([HEADINGS, month("V1001", 月份="2026-12")]))
    assert UsageImport.objects.get().rejected_rows == rejected


def test_the_same_file_again_changes_nothing(
    signed_in: SignIn, supervisor: StaffUser, customer: Customer, workbook: Workbook
) -> None:
    client, path = signed_in(supervisor), workbook([HEADINGS, month("V1001")])
    for _ in range(2):
        upload(client, path)
        usage_import = UsageImport.objects.latest("pk")
        client.post(f"/exchange/usage/{usage_import.pk}/confirm/")
        client.post(f"/exchange/usage/{usage_import.pk}/confirm/")
        commit_usage(usage_import_id=usage_import.pk)
        commit_usage(usage_import_id=usage_import.pk)
    usage_import.refresh_from_db()
    assert (usage_import.new_rows, usage_import.unchanged_rows) == (0, 1)
    assert UsageSnapshot.objects.count() == 1


def test_an_import_that_was_stopped_goes_on_where_it_was(
    signed_in: SignIn,
    supervisor: StaffUser,
    manager: StaffUser,
    workbook: Workbook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = [CustomerFactory(manager=manager).number for _ in range(5)]
    monkeypatch.setattr("exchange.services.usage_import.PIECE", 2)
    client = signed_in(supervisor)
    upload(client, workbook([HEADINGS, *(month(number) for number in numbers)]))
    usage_import = UsageImport.objects.get()
    client.post(f"/exchange/usage/{usage_import.pk}/confirm/")

    taken: list[Any] = []

    def dies_in_the_second_piece(**piece: Any) -> Any:
        if taken:
            raise MemoryError
        taken.append(piece)
        return take_snapshots(**piece)

    with monkeypatch.context() as broken:
        broken.setattr("exchange.services.usage_import.take_snapshots", dies_in_the_second_piece)
        with pytest.raises(MemoryError):
            commit_usage(usage_import_id=usage_import.pk)
    assert UsageSnapshot.objects.count() == 2
    commit_usage(usage_import_id=usage_import.pk)
    usage_import.refresh_from_db()
    assert (usage_import.rows_done, usage_import.new_rows) == (5, 5)
    assert UsageSnapshot.objects.count() == 5


def test_rejected_rows_come_back_with_the_reason_last(
    signed_in: SignIn, supervisor: StaffUser, stranger: Customer, workbook: Workbook, tmp_path: Path
) -> None:
    client = signed_in(supervisor)
    upload(client, workbook([HEADINGS, month("V9001"), month("NOBODY")]))
    usage_import = UsageImport.objects.get()
    answer = client.get(f"/exchange/usage/{usage_import.pk}/rejected/")
    path = tmp_path / "rejected.xlsx"
    path.write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    heading, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert heading[0] == "客户编号"
    assert [row[0] for row in rows] == ["V9001", "NOBODY"]
    assert rows[0][-1] == rows[1][-1] != ""


def test_a_file_without_months_is_asked_about_and_one_month_can_be_given(
    signed_in: SignIn,
    administrator: StaffUser,
    customer: Customer,
    workbook: Workbook,
    django_capture_on_commit_callbacks: Any,
) -> None:
    client = signed_in(administrator)
    answer = upload(client, workbook([["客户编号", "流量"], ["V1001", 3]]))
    usage_import = UsageImport.objects.get()
    url = f"/exchange/usage/{usage_import.pk}/columns/"
    assert (usage_import.state, answer.headers["Location"]) == (UsageImport.State.MAPPING, url)
    given = {"column_0": "number", "column_1": "data_mb"}
    refused = client.post(url, given)
    assert refused.status_code == 422
    assert "No column holds the month." in refused.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {**given, "all_month": "2026-06"})
    client.post(f"/exchange/usage/{usage_import.pk}/confirm/")
    commit_usage(usage_import_id=usage_import.pk)
    row = UsageSnapshot.objects.get()
    assert (row.month, row.data_mb) == (date(2026, 6, 1), 3)


def test_others_find_nothing_here(
    signed_in: SignIn, manager: StaffUser, head_office: StaffUser, supervisor: StaffUser
) -> None:
    answers = [signed_in(one).get("/exchange/usage/") for one in (manager, head_office, supervisor)]
    assert [answer.status_code for answer in answers] == [404, 404, 200]


def test_a_supervisor_does_not_see_what_another_sent(
    signed_in: SignIn, supervisor: StaffUser, city_supervisor: StaffUser, workbook: Workbook
) -> None:
    upload(signed_in(city_supervisor), workbook([HEADINGS, month("V1")]))
    usage_import = UsageImport.objects.get()
    url = f"/exchange/usage/{usage_import.pk}/"
    assert signed_in(supervisor).get(url).status_code == 404
    assert signed_in(supervisor).post(f"{url}confirm/").status_code == 404
    assert signed_in(city_supervisor).get(url).status_code == 200
