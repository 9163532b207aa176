"""The page of columns and the choice of a sheet, the same for rosters, usage and departures."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.exceptions import ValidationError
from django.core.files import File
from django.test import Client

from core.models import AuditEntry
from customers.models import Customer
from exchange.models import DepartureImport, FileImport, RosterImport, UsageImport
from exchange.services.departure_import import DEPARTURES, commit_departures, confirm_departures
from exchange.services.receiving import Kind, choose_sheet, map_columns, prepare, receive
from exchange.services.roster_import import ROSTER
from exchange.services.usage_import import USAGE, commit_usage, confirm_usage
from retention.models import Departure, UsageSnapshot
from staff.models import StaffUser
from tests.conftest import Company
from tests.factories import CustomerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
SignIn = Callable[[StaffUser], Client]
KINDS: dict[str, tuple[Kind[Any, Any], list[str], list[Any], dict[str, str]]] = {
    "rosters": (
        ROSTER,
        ["甲", "乙"],
        ["V1", "王"],
        {"column_0": "number", "column_1": "name"},
    ),
    "usage": (
        USAGE,
        ["甲", "乙", "丙"],
        ["V1", "2026-06", 3],
        {"column_0": "number", "column_1": "month", "column_2": "data_mb"},
    ),
    "departures": (
        DEPARTURES,
        ["甲", "乙", "丙"],
        ["V1", "2026-05-01", "销号"],
        {"column_0": "number", "column_1": "left_on", "column_2": "kind"},
    ),
}


@pytest.fixture
def customer(manager: StaffUser) -> Customer:
    return CustomerFactory(number="V1", manager=manager)


def read(kind: Kind[Any, Any], path: Path, actor: StaffUser) -> Any:
    with path.open("rb") as stream:
        one = receive(kind, actor=actor, file=File(stream), name=path.name)
    prepare(kind, one)
    one.refresh_from_db()
    return one


@pytest.mark.parametrize("place", KINDS)
def test_every_kind_asks_where_no_heading_is_known_and_remembers_what_was_said(
    place: str,
    signed_in: SignIn,
    supervisor: StaffUser,
    administrator: StaffUser,
    customer: Customer,
    workbook: Callable[..., Path],
    django_capture_on_commit_callbacks: Any,
) -> None:
    kind, headings, cells, given = KINDS[place]
    path = workbook([headings, [*cells[:1], *cells[1:]], ["13812340001", *cells[1:]]])
    client, one = signed_in(supervisor), read(kind, path, supervisor)
    url = f"/exchange/{place}/{one.pk}/columns/"
    page = client.get(url)
    text = page.content.decode()
    assert (one.state, page.status_code) == ("mapping", 200)
    assert "138****0001" in text
    assert "13812340001" not in text
    assert client.post(url, {"column_0": ""}).status_code == 422
    assert client.post(url, {**given, "column_0": "password"}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(url, given).status_code == 302
    one.refresh_from_db()
    assert (one.state, one.rows_total) == ("previewed", 2)
    entry = AuditEntry.objects.get(verb=f"{kind.verb}.mapped")
    assert entry.changes["甲"] == ["", "number"]
    again = read(kind, path, supervisor)
    form = client.get(f"/exchange/{place}/{again.pk}/columns/").context["form"]
    assert {name: form.fields[name].initial for name in given} == given
    # Another sender said nothing yet; and sees nothing of the first one's file.
    other = read(kind, path, administrator)
    form = signed_in(administrator).get(f"/exchange/{place}/{other.pk}/columns/").context["form"]
    assert {form.fields[name].initial for name in given} == {""}
    assert client.get(f"/exchange/{place}/{other.pk}/columns/").status_code == 404


def test_a_unit_that_is_not_known_is_asked_for_and_cannot_be_passed_over(
    signed_in: SignIn,
    administrator: StaffUser,
    customer: Customer,
    workbook: Callable[..., Path],
    django_capture_on_commit_callbacks: Any,
) -> None:
    path = workbook([["客户编号", "月份", "流量(PB)", "余额(分)"], ["V1", "2026-06", 3, 1234]])
    one = read(USAGE, path, administrator)
    assert one.state == UsageImport.State.MAPPING
    client, url = signed_in(administrator), f"/exchange/usage/{one.pk}/columns/"
    page = client.get(url)
    assert "“PB” is not known here" in page.content.decode()
    assert page.context["form"].fields["unit_3"].initial == "fen"
    given = {"column_0": "number", "column_1": "month", "column_2": "data_mb"}
    refused = client.post(url, {**given, "column_3": "balance"})
    assert "In which unit is the column" in refused.content.decode()
    wrong = client.post(url, {**given, "unit_2": "fen"})
    assert "cannot be in this unit" in wrong.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {**given, "column_3": "balance", "unit_2": "TB", "unit_3": "jiao"})
    one.refresh_from_db()
    confirm_usage(actor=administrator, usage_import=one)
    commit_usage(usage_import_id=one.pk)
    row = UsageSnapshot.objects.get()
    assert (row.data_mb, row.balance) == (3 * 1024 * 1024, Decimal("123.40"))


def test_a_known_unit_needs_no_question_and_is_told(
    signed_in: SignIn, administrator: StaffUser, customer: Customer, workbook: Callable[..., Path]
) -> None:
    path = workbook([["客户编号", "月份", "出账金额(分)"], ["V1", "2026-06", 18800]])
    one = read(USAGE, path, administrator)
    assert one.state == UsageImport.State.PREVIEWED
    text = signed_in(administrator).get(f"/exchange/usage/{one.pk}/").content.decode()
    assert "converted: “出账金额(分)” in fen" in text
    confirm_usage(actor=administrator, usage_import=one)
    commit_usage(usage_import_id=one.pk)
    assert UsageSnapshot.objects.get().bill == Decimal("188.00")


def test_what_the_heading_of_the_birthdays_says_is_their_calendar(
    administrator: StaffUser, customer: Customer, workbook: Callable[..., Path]
) -> None:
    rows = [["客户编号", "出生日期(农历)", "生日历法"], ["V1", "1980-02-30", ""]]
    one = read(ROSTER, workbook(rows), administrator)
    assert one.state == RosterImport.State.PREVIEWED
    row = one.rows.get()
    assert row.reasons == [["birthday", "no_such_date", "1980-02-30"]]
    one = read(
        ROSTER, workbook([["客户编号", "生日（阴历）"], ["V1", "1980-01-30"]]), administrator
    )
    assert one.rows.get().values["birth_calendar"] == "lunar"


def test_dates_in_days_are_refused_in_words(
    administrator: StaffUser, customer: Customer, workbook: Callable[..., Path]
) -> None:
    rows = [["客户编号", "离网时间(天)", "离网类型"], ["V1", "30", "销号"]]
    one = read(DEPARTURES, workbook(rows), administrator)
    assert one.state == DepartureImport.State.MAPPING
    with pytest.raises(ValidationError, match="cannot be a date"):
        map_columns(
            DEPARTURES, actor=administrator, one=one, fields={0: "number", 1: "left_on", 2: "kind"}
        )


def test_a_departure_of_nobody_known_takes_the_unit_and_tier_of_all(
    administrator: StaffUser,
    customer: Customer,
    company: Company,
    workbook: Callable[..., Path],
    django_capture_on_commit_callbacks: Any,
) -> None:
    rows = [
        ["客户编号", "离网日期", "离网类型", "客户姓名"],
        ["Z1", "2026-05-01", "销号", "钱早走"],
        ["v1", "2026-05-01", "销号", ""],
    ]
    one = read(DEPARTURES, workbook(rows), administrator)
    assert (one.new_rows, one.rejected_rows) == (1, 1)
    with django_capture_on_commit_callbacks(execute=True):
        map_columns(
            DEPARTURES,
            actor=administrator,
            one=one,
            fields={0: "number", 1: "left_on", 2: "kind", 3: "name"},
            for_all={"unit": company.far_district.full_name, "tier": "silver"},
        )
    one.refresh_from_db()
    assert (one.new_rows, one.rejected_rows) == (2, 0)
    confirm_departures(actor=administrator, departure_import=one)
    commit_departures(departure_import_id=one.pk)
    early = Customer.objects.get(number="Z1")
    assert (early.unit, early.tier) == (company.far_district, "silver")
    assert Departure.objects.filter(customer=customer).exists()
    assert Customer.objects.count() == 2


@pytest.mark.parametrize(
    "for_all", [{"unit": "不在"}, {"tier": "铜"}, {"month": "2026-06"}, {"name": "王"}]
)
def test_what_cannot_be_given_for_all_rows_is_refused(
    administrator: StaffUser,
    customer: Customer,
    workbook: Callable[..., Path],
    for_all: dict[str, str],
) -> None:
    one = read(ROSTER, workbook([["客户编号", "姓名"], ["V1", "王"]]), administrator)
    with pytest.raises(ValidationError, match="cannot be given for all rows"):
        map_columns(ROSTER, actor=administrator, one=one, fields={0: "number"}, for_all=for_all)


# --- Sheets -----------------------------------------------------------------------------------


@pytest.fixture
def three_sheets(tmp_path: Path) -> Path:
    path = tmp_path / "三张表.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, number in (("六月", "V1"), ("七月", "V2"), ("底稿", "V3"), ("空", "")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["客户编号", "姓名"] if number else [])
            sheet.write_row(1, 0, [number, "王"] if number else [])
            if name == "底稿":
                sheet.hide()
    return path


def test_other_sheets_with_rows_are_named_and_one_can_be_read_instead(
    signed_in: SignIn,
    administrator: StaffUser,
    manager: StaffUser,
    three_sheets: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    for number in ("V1", "V2", "V3"):
        CustomerFactory(number=number, manager=manager)
    one = read(ROSTER, three_sheets, administrator)
    client = signed_in(administrator)
    text = client.get(f"/exchange/rosters/{one.pk}/preview/").content.decode()
    assert "The sheet “六月” is read" in text
    assert "“七月”" in text
    assert "Read “七月” instead" in text
    assert "Read “底稿” instead" in text
    assert text.count("<strong>hidden</strong>") == 1
    assert "“空”" not in text
    for sheet, number in (("七月", "V2"), ("底稿", "V3")):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(f"/exchange/rosters/{one.pk}/sheet/", {"sheet": sheet})
        one.refresh_from_db()
        assert (one.state, one.sheet) == ("previewed", sheet)
        assert one.rows.get().number == number
    entry = AuditEntry.objects.filter(verb="roster.sheet_chosen").latest("pk")
    assert entry.changes["sheet"] == ["七月", "底稿"]


def test_what_was_said_of_one_sheet_holds_for_the_next(
    administrator: StaffUser,
    customer: Customer,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    path = tmp_path / "两张表.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name in ("六月", "七月"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["用户编码", "账期", "流量(PB)"])
            sheet.write_row(1, 0, ["V1", "2026-06", 2])
    one = read(USAGE, path, administrator)
    with django_capture_on_commit_callbacks(execute=True):
        map_columns(
            USAGE,
            actor=administrator,
            one=one,
            fields={0: "number", 1: "month", 2: "data_mb"},
            units={2: "GB"},
        )
    with django_capture_on_commit_callbacks(execute=True):
        choose_sheet(USAGE, actor=administrator, one=one, sheet="七月")
    one.refresh_from_db()
    assert (one.state, one.sheet, one.rows_to_import) == ("previewed", "七月", 1)
    assert [column["unit"] for column in one.columns] == ["", "", "GB"]


def test_a_sheet_that_is_not_there_changes_nothing(
    signed_in: SignIn, administrator: StaffUser, three_sheets: Path
) -> None:
    one = read(ROSTER, three_sheets, administrator)
    client, url = signed_in(administrator), f"/exchange/rosters/{one.pk}/sheet/"
    for data in ({"sheet": "八月"}, {}, {"sheet": "x" * 300}):
        assert client.post(url, data).status_code == 302
    RosterImport.objects.filter(pk=one.pk).update(state="committing")
    with pytest.raises(ValidationError, match="can no longer be changed"):
        choose_sheet(ROSTER, actor=administrator, one=one, sheet="七月")
    one.refresh_from_db()
    assert (one.sheet, one.rows.count()) == ("六月", 1)


def test_columns_that_are_left_out_are_named(
    signed_in: SignIn, administrator: StaffUser, customer: Customer, workbook: Callable[..., Path]
) -> None:
    rows = [["客户编号", "月份", "流量", "备注", "序号"], ["V1", "2026-06", 3, "好", 1]]
    one: FileImport = read(USAGE, workbook(rows), administrator)
    assert one.state == UsageImport.State.PREVIEWED
    text = signed_in(administrator).get(f"/exchange/usage/{one.pk}/").content.decode()
    assert "Columns that are left out: 备注 · 序号" in text
